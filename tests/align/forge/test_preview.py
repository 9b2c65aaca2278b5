import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from align.forge.crops import SourceCrops
from align.forge.options import ForgeOptions
from align.forge.preview import COLUMNS, GAP, LABEL_HEIGHT, forging_preview

Finished = subprocess.CompletedProcess[str]
WriteFaces = Callable[..., Path]

WIDTH = COLUMNS * 112 + (COLUMNS // 2 - 1) * GAP
LINE = 112 + GAP


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.mode == "RGB"
        return np.asarray(picture)


def test_originals_lie_beside_their_forgeries(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures" / "grid.png"
    assert forging_preview(faces, out, ForgeOptions(("self-blend", "swap"))) == 14
    picture, crops = pixels(out), SourceCrops(faces)
    assert picture.shape == (2 * LABEL_HEIGHT + 3 * LINE, WIDTH, 3)  # 7 pairs, then 6 + 1 triples
    for place, row in enumerate(crops.usable):
        left = place * (2 * 112 + GAP)
        original, forgery = np.hsplit(picture[LABEL_HEIGHT:][:112, left : left + 224], 2)
        np.testing.assert_array_equal(original, crops.image(int(row)))
        assert (forgery != original).any()
    below = picture[LABEL_HEIGHT + LINE :]
    shown, photograph, forgery = np.hsplit(below[LABEL_HEIGHT:][:112, :336], 3)
    np.testing.assert_array_equal(shown, crops.image(0))
    assert any((photograph == crops.image(int(row))).all() for row in crops.usable[2:])
    assert (forgery != photograph).any() and (forgery != shown).any()


@pytest.mark.slow
def test_of_many_crops_sixty_four_are_shown(write_faces: WriteFaces, tmp_path: Path) -> None:
    folder = write_faces(tmp_path / "in", [[n % 6 for n in range(70)]])
    out = tmp_path / "grid.png"
    assert forging_preview(folder, out, ForgeOptions(("reenactment",))) == 64
    assert pixels(out).shape == (LABEL_HEIGHT + 8 * LINE, WIDTH, 3)
    assert forging_preview(folder, tmp_path / "again.png", ForgeOptions(("reenactment",))) == 64
    assert (tmp_path / "again.png").read_bytes() == out.read_bytes()
    forging_preview(folder, tmp_path / "seed.png", ForgeOptions(("reenactment",), seed=1))
    assert (pixels(tmp_path / "seed.png") != pixels(out)).any()


def test_a_swap_of_nobody_else_is_an_empty_section(write_faces: WriteFaces, tmp_path: Path) -> None:
    folder = write_faces(tmp_path / "in", [[0, 0]])
    assert forging_preview(folder, tmp_path / "grid.png", ForgeOptions(("swap",))) == 0
    assert pixels(tmp_path / "grid.png").shape == (LABEL_HEIGHT, WIDTH, 3)


def test_the_command_writes_a_picture_and_no_shards(
    faces: Path, tmp_path: Path, run_commands: Callable[..., list[Finished]]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    (done,) = run_commands([["align", "forge", faces, "--preview", "grid.png"]], tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "28 forgeries drawn: grid.png" in done.stdout
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "grid.png"])
    assert pixels(tmp_path / "grid.png").shape == (4 * LABEL_HEIGHT + 5 * LINE, WIDTH, 3)


def test_help_names_every_method(tmp_path: Path, run_commands: Callable[..., list[Finished]]) -> None:
    from common.forge.method_names import METHODS

    (done,) = run_commands([["align", "forge", "--help"]], tmp_path, COLUMNS="200")
    assert done.returncode == 0 and "python -m align forge" in done.stdout
    assert all(name in done.stdout for name in METHODS)
