"""A contact sheet: aligned crops with their landmarks, a row for each person and each track of a clip."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from common.formats.crop_frame import landmarks_in_crop, shard_frame
from common.formats.shards import clip_columns, decode_strings, open_shard, read_header, shard_paths
from common.runtime.atomic import write_atomically

LABEL_WIDTH, LABEL_LETTERS = 150, 20  # pixels
MARGIN = 4
MAX_SIDE = 224  # pixels; larger crops are drawn at this size
BONA_FIDE, SYNTHETIC, MARK = (70, 160, 90), (210, 60, 50), (90, 230, 255)


@dataclass(frozen=True)
class _Crop:
    image: NDArray[np.uint8]
    landmarks: NDArray[np.float64]  # (5, 2) in pixels of the crop; NaN where it was not taken by landmarks
    synthetic: bool


def contact_sheet(shards: Path, out: Path, people: int = 10, per_person: int = 10) -> int:
    """Write a PNG with up to `per_person` crops of each of the first `people` identities or tracks of clips.

    Bona fide crops are framed green, synthetic ones red; landmarks are dots. Returns the number of crops
    shown. Raises UserError for a folder without readable shards.
    """
    rows = _collect(shards, people, per_person)
    side = max((crop.image.shape[0] for crops in rows.values() for crop in crops), default=112)
    cell = side + 2 * MARGIN
    sheet = Image.new("RGB", (LABEL_WIDTH + per_person * cell, max(1, len(rows)) * cell), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    for row, (name, crops) in enumerate(rows.items()):
        for line, text in enumerate(name.split("\n")[:2]):
            place = MARGIN, row * cell + cell // 2 - 8 + 16 * line
            draw.text(place, text[:LABEL_LETTERS], fill="black", font=font)
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
            for name, indices in _rows_of_sheet(shard, per_person).items():
                if name not in rows and len(rows) == people:
                    continue
                for index in indices[: per_person - len(rows[name])]:
                    points = landmarks_in_crop(landmarks[index], boxes[index], frame)
                    crop = _Crop(shard["images"][index], points, bool(synthetic[index]))
                    rows[name].append(_drawable(crop))
    return dict(rows)


def _rows_of_sheet(shard: h5py.File, most: int) -> dict[str, list[int]]:
    """Which crops of a shard belong in each row: all of a person, some of a track, evenly over its time."""
    people, clips = decode_strings(shard["identity"][:]), clip_columns(shard)
    found: dict[str, list[int]] = defaultdict(list)
    tracks: dict[str, list[int]] = defaultdict(list)
    for index, person in enumerate(people):
        if clips is None or not clips.clip[index]:
            found[person].append(index)
        else:
            name = PurePosixPath(clips.clip[index]).name
            track = f"{name[:LABEL_LETTERS]}\ntrack {clips.track[index]}\n{clips.clip[index]}"
            tracks[track].append(index)
    for track, own in tracks.items():
        places = np.unique(np.linspace(0, len(own) - 1, most).round().astype(int))
        found[track] = [own[place] for place in places]
    return found


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
