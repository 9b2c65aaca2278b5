from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.pairs import PairCategory
from infer.pairs import Pair
from infer.picture import draw_results
from infer.score import ScoredPair


@pytest.mark.parametrize("labelled", [True, False])
def test_it_is_a_png_with_green_and_red_frames_as_the_verdicts_are(
    pair_folder: Path, tmp_path: Path, labelled: bool
) -> None:
    def pair(name: str, similarity: float) -> ScoredPair:
        return ScoredPair(
            Pair(name, pair_folder / name / "0.jpg", pair_folder / name / "1.jpg"), similarity, True
        )

    def reddish(path: Path) -> int:
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            pixels = np.asarray(picture.convert("RGB"))
        return int((pixels == (0xC8, 0x38, 0x2F)).all(axis=2).sum())

    labels = {"a": PairCategory.SAME_PERSON, "c": PairCategory.DIFFERENT_PERSON} if labelled else None
    draw_results(tmp_path / "right.png", [pair("a", 0.9), pair("c", 0.1)], labels, 0.5)
    draw_results(tmp_path / "wrong.png", [pair("a", 0.1), pair("c", 0.9)], labels, 0.5)
    assert reddish(tmp_path / "right.png") == 0
    assert (reddish(tmp_path / "wrong.png") > 500) == labelled


def test_a_pair_without_faces_is_drawn_all_the_same(pair_folder: Path, tmp_path: Path) -> None:
    missing = Pair("missing", pair_folder / "missing" / "0.jpg", pair_folder / "missing" / "1.jpg")
    draw_results(tmp_path / "x.png", [ScoredPair(missing, -1.0, False)], None, 0.5)
    with Image.open(tmp_path / "x.png") as picture:
        picture.load()
