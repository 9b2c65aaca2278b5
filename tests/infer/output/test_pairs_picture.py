from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infer.hard_pairs import crops_of, rank_pairs
from infer.models.model import Model
from infer.output.pairs_picture import WRONG, draw_results, pictured_pairs
from infer.output.results import HardPairs, Results
from infer.pair_sets.find import find_pair_set

Draw = Callable[..., Path]


@pytest.fixture
def draw(pair_folder: Path, model: Model, tmp_path: Path) -> Draw:
    """Draws the pairs a, c and missing, with these similarities, at the threshold 0.5."""
    pair_set = find_pair_set(pair_folder)

    def make(similarity: dict[str, float], categories: dict[str, int], threshold: float | None = 0.5) -> Path:
        rows = np.array([pair_set.ids.index(name) for name in similarity])
        results = Results(
            name="x",
            source="x",
            ids=list(similarity),
            image_names=pair_set.image_names,
            members=pair_set.members[rows],
            categories=np.array([categories.get(name, -1) for name in similarity], np.int8),
            has_labels=bool(categories),
            similarity=np.array(list(similarity.values())),
            rejected={},
            threshold=threshold,
            threshold_source="as asked",
            card=model.card,
            hard=HardPairs(np.zeros(0, np.int64), crops_of(pair_set, np.zeros(0, np.int64), model)),
        )
        chosen = type(pair_set)(
            name="x",
            source="x",
            images=pair_set.images,
            image_names=pair_set.image_names,
            ids=list(similarity),
            members=results.members,
            categories=results.categories,
        )
        pictured = pictured_pairs(rank_pairs(results.categories, results.similarity))
        crops = crops_of(chosen, np.concatenate(list(pictured.values())), model)
        draw_results(tmp_path / "x.png", results, pictured, crops)
        return tmp_path / "x.png"

    return make


def reddish(path: Path) -> int:
    """Pixels of the colour of wrong verdicts."""
    with Image.open(path) as picture:
        assert picture.format == "PNG" and min(picture.size) > 200
        pixels = np.asarray(picture.convert("RGB"))
    return int((pixels == tuple(bytes.fromhex(WRONG[1:]))).all(axis=2).sum())


@pytest.mark.parametrize("categories", [{"a": 0, "c": 1}, {}])
def test_it_is_a_png_with_green_and_red_frames_as_the_verdicts_are(
    draw: Draw, categories: dict[str, int]
) -> None:
    assert reddish(draw({"a": 0.9, "c": 0.1}, categories)) == 0
    assert (reddish(draw({"a": 0.1, "c": 0.9}, categories)) > 500) == bool(categories)


def test_a_pair_that_was_not_compared_is_not_drawn(draw: Draw) -> None:
    alone = draw({"a": 0.9}, {"a": 0}).read_bytes()
    assert draw({"missing": np.nan, "a": 0.9}, {"missing": 0, "a": 0}).read_bytes() == alone
    assert draw({"missing": np.nan, "a": 0.9}, {"missing": 1, "a": 0}).read_bytes() == alone


def test_without_a_threshold_nothing_is_right_or_wrong(draw: Draw) -> None:
    assert reddish(draw({"a": 0.1, "c": 0.9}, {"a": 0, "c": 1}, threshold=None)) == 0
