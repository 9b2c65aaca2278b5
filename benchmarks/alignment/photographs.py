"""Photographs to measure stage 1 with."""

from pathlib import Path

import cv2
import numpy as np

from align.media.read import read_image
from facetrust.sample.dataset import write_sample
from facetrust.sample.options import SampleOptions

LARGE_SIZES = ((1600, 1280), (2592, 1944), (4000, 3000))  # width and height, 2 to 12 megapixels


def small_photographs(folder: Path) -> Path:
    """100 rendered photographs of 250x250, ten people with ten each."""
    rendered = folder / "as_rendered"
    write_sample(rendered, folder / "pairs", SampleOptions(10, 10, 0, 2, 3, 0))
    out = folder / "photographs"
    for path in sorted(rendered.rglob("*.jpg")):
        image = cv2.resize(cv2.imread(str(path)), (250, 250), interpolation=cv2.INTER_AREA)
        target = out / path.relative_to(rendered)
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), image)
    return out


def repeated(base: Path, out: Path, count: int) -> Path:
    """`count` hard links to the photographs of a folder, which are read as files of their own."""
    paths = sorted(base.rglob("*.jpg"))
    for index in range(count):
        path = paths[index % len(paths)]
        target = out / path.parent.name / f"{index // len(paths):05d}_{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(path)
        except OSError:  # another file system
            target.write_bytes(path.read_bytes())
    return out


def large_photographs(base: Path, out: Path, count: int) -> Path:
    """Photographs of 2 to 12 megapixels, by turns filled by a face and with a 250x250 one in a scene."""
    paths = sorted(base.rglob("*.jpg"))
    rng = np.random.default_rng(0)
    for index in range(count):
        path = paths[index % len(paths)]
        size = LARGE_SIZES[index % len(LARGE_SIZES)]
        portrait = cv2.cvtColor(read_image(path), cv2.COLOR_RGB2BGR)
        scene = cv2.resize(portrait, size, interpolation=cv2.INTER_CUBIC)
        if index % 2:
            scene = cv2.GaussianBlur(scene[::-1], (0, 0), 25)  # upside down and blurred: nobody's face
            left, top = (size[0] - 250) // 2, (size[1] - 250) // 2
            scene[top : top + 250, left : left + 250] = portrait
        grain = rng.normal(0, 3, scene.shape[:2])[:, :, None]
        target = out / path.parent.name / f"{index:05d}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(
            str(target), (scene + grain).clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92]
        )
    return out
