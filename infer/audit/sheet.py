"""A contact sheet of findings: each photograph beside its own person, and beside the one it may be."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from common.runtime.atomic import write_atomically
from common.runtime.command_line import printable
from infer.audit.audit import Audit
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Finding

SIDE = 96  # pixels of a crop
GAP, MARGIN = 14, 3
CAPTION = 20  # pixels of a line of text
BESIDE = 4  # photographs of each person
EACH = 12  # findings of a kind, at most
FONT_SIZE = 13
LONGEST = 118  # characters of a caption
CERTAIN, LIKELY, TEXT = (190, 40, 35), (215, 140, 25), (30, 36, 42)


def write_sheet(path: Path, crops: AuditedCrops, audit: Audit) -> int:
    """Write a PNG, up to `EACH` findings of each kind; returns how many are shown.

    Left the photograph, framed red where the finding is certain and orange where it is likely; in the middle
    the most typical photographs of its own person; on the right those of the person it may be, or the other
    copies of the picture. Raises OSError when it cannot be written.
    """
    chosen = _chosen(crops, audit.findings)
    row_height = CAPTION + SIDE + 2 * MARGIN + GAP // 2
    width = (1 + 2 * BESIDE) * (SIDE + MARGIN) + 2 * GAP + 2 * MARGIN
    sheet = Image.new("RGB", (width, max(1, len(chosen)) * row_height + CAPTION), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    legend = "the photograph; its person's most typical; those of the person it may be, or the other copies"
    draw.text((MARGIN, 2), legend if chosen else "nothing was found", fill=TEXT, font=font)
    for number, finding in enumerate(chosen):
        top = CAPTION + number * row_height
        draw.text((MARGIN, top + 2), _caption(crops, finding), fill=TEXT, font=font)
        top += CAPTION
        frame = CERTAIN if finding.certain else LIKELY
        draw.rectangle((0, top, SIDE + 2 * MARGIN - 1, top + SIDE + 2 * MARGIN - 1), fill=frame)
        own = typical_rows(audit.typical, crops.labels, int(crops.labels[finding.row]), finding.row)
        columns = [[finding.row], own, _beside(crops, audit, finding)]
        left = MARGIN
        for rows, room in zip(columns, (1, BESIDE, BESIDE), strict=True):
            for place, row in enumerate(rows[:room]):
                sheet.paste(_small(crops.images(row)), (left + place * (SIDE + MARGIN), top + MARGIN))
            left += room * (SIDE + MARGIN) + GAP
    write_atomically(path, lambda temporary: sheet.save(temporary, format="PNG"))
    return len(chosen)


def typical_rows(
    typical: NDArray[np.float64], labels: NDArray[np.int64], person: int, without: int
) -> list[int]:
    """Up to `BESIDE` photographs of a person, the most typical first; those not judged come last."""
    rows = np.flatnonzero(labels == person)
    rows = rows[rows != without]
    order = np.argsort(-np.nan_to_num(typical[rows], nan=-2.0), kind="stable")
    return [int(row) for row in rows[order][:BESIDE]]


def _chosen(crops: AuditedCrops, findings: Sequence[Finding]) -> list[Finding]:
    """The first findings of each kind; of those that concern many photographs at once, one."""
    chosen = []
    for _, group in groupby(findings, key=lambda finding: finding.kind):
        seen: set[object] = set()
        for finding in group:
            same: object = frozenset((finding.row, *finding.beside)) if finding.note else finding.row
            if finding.kind.is_of_many:
                same = (crops.name(finding.row), finding.suggested)
            if same not in seen and len(seen) < EACH:
                seen.add(same)
                chosen.append(finding)
    return chosen


def _beside(crops: AuditedCrops, audit: Audit, finding: Finding) -> list[int]:
    if finding.beside:
        return [row for row in finding.beside if row != finding.row]
    if finding.suggested is None:
        return []
    return typical_rows(audit.typical, crops.labels, crops.names.index(finding.suggested), finding.row)


def _caption(crops: AuditedCrops, finding: Finding) -> str:
    words = [f"{finding.kind.value}, {'certain' if finding.certain else 'likely'}:", crops.paths[finding.row]]
    if finding.suggested is not None:
        words.append(f"to {finding.suggested}")
    similarities = [
        f"{name} {value:.2f}"
        for name, value in (("own", finding.own), ("other", finding.other))
        if not np.isnan(value)
    ]
    text = printable("  ".join([*words, ", ".join(similarities) or finding.note]))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _small(crop: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8))
