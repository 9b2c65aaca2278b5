from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from align.shards.show import contact_sheet
from common.runtime.errors import UserError


def test_people_and_crops_are_limited_and_synthetic_ones_framed_red(
    tiny_shards: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sheets" / "sheet.png"
    assert contact_sheet(tiny_shards, out, people=4, per_person=8) == 4 * 8
    sheet = np.asarray(Image.open(out).convert("RGB")).astype(int)
    assert sheet.shape == (4 * 120, 150 + 8 * 120, 3)
    for row in range(4):
        for column in range(8):
            red, green, _ = sheet[row * 120 + 2, 150 + column * 120 + 60]
            assert (red > green) == (column >= 6)


def test_all_of_them(tiny_shards: Path, tmp_path: Path) -> None:
    assert contact_sheet(tiny_shards, tmp_path / "sheet.png", people=99, per_person=99) == 54


def test_no_shards(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no shards"):
        contact_sheet(tmp_path, tmp_path / "sheet.png")
