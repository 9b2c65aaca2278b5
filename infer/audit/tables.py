"""The findings as files: all of them in audit.csv, the certain ones as corrections in relabel.csv."""

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from common.formats.csv_file import csv_line, write_csv
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Finding

AUDIT_HEADER = "path,identity,finding,suggested,own,other,confidence,note"
RELABEL_HEADER = "path,identity,synthetic,drop,reason,own,other"


def write_audit(path: Path, crops: AuditedCrops, findings: Iterable[Finding]) -> None:
    """Write a line for each finding; `own` and `other` are similarities, empty where nothing was compared.

    Raises OSError when the file cannot be written.
    """
    write_csv(
        path,
        AUDIT_HEADER,
        (
            csv_line(
                crops.paths[finding.row],
                crops.name(finding.row),
                finding.kind.value,
                finding.suggested or "",
                _number(finding.own),
                _number(finding.other),
                "certain" if finding.certain else "likely",
                _note(crops, finding),
            )
            for finding in findings
        ),
    )


def write_relabel(path: Path, crops: AuditedCrops, findings: Iterable[Finding]) -> int:
    """Write what `align run --relabel` takes, a line for each photograph with a certain finding.

    An empty cell leaves what was; `drop` 1 leaves the photograph out. The first finding of a photograph
    counts, unless a later one drops it. Photographs of several faces are passed over: a path does not tell
    which. Returns the number of lines.

    Raises OSError when the file cannot be written.
    """
    times = Counter(crops.paths)
    chosen: dict[int, Finding] = {}
    for finding in findings:
        says_what = finding.drop or (finding.suggested is not None and finding.row not in chosen)
        if finding.certain and says_what and times[crops.paths[finding.row]] == 1:
            chosen[finding.row] = finding
    lines = (
        csv_line(
            crops.paths[row],
            "" if finding.drop else finding.suggested or "",
            "",
            "1" if finding.drop else "",
            finding.kind.value,
            _number(finding.own),
            _number(finding.other),
        )
        for row, finding in sorted(chosen.items())
    )
    write_csv(path, RELABEL_HEADER, lines)
    return len(chosen)


def _note(crops: AuditedCrops, finding: Finding) -> str:
    """What is said of a finding, and the other names of a picture."""
    if not finding.note:
        return ""
    others = "; ".join(crops.paths[row] for row in finding.beside[:5])
    more = len(finding.beside) - 5
    return f"{finding.note}: {others}" + (f" and {more} more" if more > 0 else "")


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"
