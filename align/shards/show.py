"""A contact sheet: aligned crops with their landmarks, one person a row."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from common.formats.crop_frame import landmarks_in_crop, shard_frame
from common.formats.shards import decode_strings, open_shard, read_header, shard_paths
from common.runtime.atomic import write_atomically

LABEL_WIDTH = 150  # pixels
MARGIN = 4
MAX_SIDE = 224  # pixels; larger crops are drawn at this size
BONA_FIDE, SYNTHETIC, MARK = (70, 160, 90), (210, 60, 50), (90, 230, 255)


@dataclass(frozen=True)
class _Crop:
    image: NDArray[np.uint8]
    landmarks: NDArray[np.float64]  # (5, 2) in pixels of the crop; NaN where it was not taken by landmarks
    synthetic: bool


def contact_sheet(shards: Path, out: Path, people: int = 10, per_person: int = 10) -> int:
    """Write a PNG with up to `per_person` crops of each of the first `people` identities.

    Bona fide crops are framed green, synthetic ones red; landmarks are dots. Returns the number of crops
    shown. Raises UserError for a folder without readable shards.
    """
    rows = _collect(shards, people, per_person)
    side = max((crop.image.shape[0] for crops in rows.values() for crop in crops), default=112)
    cell = side + 2 * MARGIN
    sheet = Image.new("RGB", (LABEL_WIDTH + per_person * cell, max(1, len(rows)) * cell), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    for row, (identity, crops) in enumerate(rows.items()):
        draw.text((MARGIN, row * cell + cell // 2 - 8), identity[:20], fill="black", font=font)
        for column, crop in enumerate(crops):
            left, top = LABEL_WIDTH + column * cell, row * cell
            draw.rectangle(
                (left + 1, top + 1, left + cell - 2, top + cell - 2),
                fill=SYNTHETIC if crop.synthetic else BONA_FIDE,
            )
            sheet.paste(Image.fromarray(_mark(crop)), (left + MARGIN, top + MARGIN))
    write_atomically(out, lambda temporary: sheet.save(temporary, format="PNG"))
    return sum(len(crops) for crops in rows.values())


def _collect(folder: Path, people: int, per_person: int) -> dict[str, list[_Crop]]:
    rows: dict[str, list[_Crop]] = defaultdict(list)
    for path in shard_paths(folder):
        with open_shard(path) as shard:
            frame = shard_frame(read_header(shard))
            landmarks, boxes, synthetic = (shard[name][:] for name in ("landmarks", "box", "synthetic"))
            for index, identity in enumerate(decode_strings(shard["identity"][:])):
                if (identity not in rows and len(rows) == people) or len(
                    rows.get(identity, ())
                ) == per_person:
                    continue
                points = landmarks_in_crop(landmarks[index], boxes[index], frame)
                crop = _Crop(shard["images"][index], points, bool(synthetic[index]))
                rows[identity].append(_drawable(crop))
    return dict(rows)


def _drawable(crop: _Crop) -> _Crop:
    side = crop.image.shape[0]
    if side <= MAX_SIDE:
        return crop
    image = cv2.resize(crop.image, (MAX_SIDE, MAX_SIDE), interpolation=cv2.INTER_AREA)
    return _Crop(image, crop.landmarks * (MAX_SIDE / side), crop.synthetic)  # type: ignore[arg-type]


def _mark(crop: _Crop) -> NDArray[np.uint8]:
    marked = np.ascontiguousarray(crop.image)
    for x, y in crop.landmarks[np.isfinite(crop.landmarks).all(axis=1)]:
        cv2.circle(marked, (round(float(x)), round(float(y))), 2, MARK, -1, cv2.LINE_AA)
    return marked
