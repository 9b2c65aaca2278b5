"""A picture of what the methods of forging make of a folder's faces: to look at before shards are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from align.forge.crops import SourceCrops
from align.forge.job import forgery_seed
from align.forge.options import ForgeOptions
from common.forge import face as forged_face
from common.forge.crop_forger import CropForger
from common.forge.forger import Forger
from common.runtime.atomic import write_atomically

EACH = 64  # forgeries of a method, at most
COLUMNS = 18  # crops beside each other, at most
MAX_SIDE = 224  # pixels; larger crops are drawn at this size
GAP = 6  # pixels between an example and the next
LABEL_HEIGHT = 26
FONT_SIZE = 15


@dataclass(frozen=True)
class _Section:
    """The examples of a method: crops side by side, the forgery last."""

    label: str
    examples: list[list[forged_face.Image]]


def forging_preview(folder: Path, out: Path, options: ForgeOptions) -> int:
    """Write a PNG with up to `EACH` forgeries of each method, what they were made from beside them.

    The crops are spread evenly over the folder. Of the options, the methods and the seed count. Returns how
    many forgeries are shown. Raises UserError for a folder without bona fide faces, OSError when `out` cannot
    be written.
    """
    crops = SourceCrops(folder)
    sections = [_section(crops, method, options.seed) for method in options.methods]
    picture = _picture(sections, min(crops.header.size, MAX_SIDE))
    write_atomically(out, lambda temporary: picture.save(temporary, format="PNG"))
    return sum(len(section.examples) for section in sections)


def _section(crops: SourceCrops, method: str, seed: int) -> _Section:
    examples = list(_examples(crops, method, seed))
    lengths = {len(example) for example in examples}
    legend = "whom it shows, the photograph, the forgery" if lengths == {3} else "the photograph, the forgery"
    return _Section(f"{method}: {legend}" if examples else f"{method}: there is nobody else", examples)


def _examples(crops: SourceCrops, method: str, seed: int) -> Iterator[list[forged_face.Image]]:
    forger = CropForger(Forger((method,)), crops.landmarks, crops.identities, crops.usable, crops.image)
    places = np.linspace(0, len(crops.usable) - 1, min(EACH, len(crops.usable))).round().astype(np.int64)
    for row in crops.usable[places].tolist():
        found = forger.forge(row, forgery_seed(seed, row, 0))
        if found.forgery.method != method:  # it wants somebody else, and there is nobody
            continue
        partner = [] if found.partner is None else [crops.image(found.partner)]
        yield [crops.image(row), *partner, found.forgery.image]


def _picture(sections: list[_Section], side: int) -> Image.Image:
    strips = [np.vstack([_label(section.label, side), *_lines(section, side)]) for section in sections]
    return Image.fromarray(np.vstack(strips))


def _label(text: str, side: int) -> forged_face.Image:
    strip = Image.new("RGB", (_width(side), LABEL_HEIGHT), "white")
    ImageDraw.Draw(strip).text((GAP, 4), text, fill="black", font=ImageFont.load_default(FONT_SIZE))
    return np.asarray(strip)


def _lines(section: _Section, side: int) -> Iterator[forged_face.Image]:
    if not section.examples:
        return
    length = len(section.examples[0])
    per_line = COLUMNS // length
    for start in range(0, len(section.examples), per_line):
        line = np.full((side + GAP, _width(side), 3), 255, np.uint8)
        for place, example in enumerate(section.examples[start : start + per_line]):
            left = place * (length * side + GAP)
            line[:side, left : left + length * side] = np.hstack([_drawable(crop, side) for crop in example])
        yield line


def _width(side: int) -> int:
    return COLUMNS * side + (COLUMNS // 2 - 1) * GAP  # the narrowest examples have the most gaps


def _drawable(crop: forged_face.Image, side: int) -> forged_face.Image:
    if crop.shape[0] == side:
        return crop
    return cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
