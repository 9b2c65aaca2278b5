from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.crops.aligner import NO_FACE, AlignedFace
from align.detectors.detection import Detection
from common.formats.shards import Alignment
from common.runtime.errors import UserError
from infer.examine import Examined
from infer.models.model import Model, Threshold
from infer.quality import QualityWarning
from infer.score import Verdict
from infer.verify import similarity_matrix, threshold_for, verdicts_of

FACE = AlignedFace(
    np.zeros((112, 112, 3), np.uint8), Detection(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 1.0)
)


def shown(*vector: float) -> Examined:
    embedding = np.array(vector, np.float32)
    return Examined(
        FACE, embedding / np.linalg.norm(embedding), None, 1, np.zeros((5, 2), np.float32), warnings=()
    )


def missing(problem: str) -> Examined:
    return Examined(None, None, problem, 0, None, ())


@given(st.lists(st.none() | st.integers(0, 2**32 - 1), max_size=10))
def test_matrix_and_verdicts_agree(seeds: list[int | None]) -> None:
    examined = [
        missing(NO_FACE) if seed is None else shown(*np.random.default_rng(seed).normal(size=8))
        for seed in seeds
    ]
    matrix = similarity_matrix(examined)
    count = len(seeds)
    assert matrix.shape == (count, count) and matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix, matrix.T)
    found = verdicts_of(examined, 0.2)
    assert [(pair.first, pair.second) for pair in found] == [
        (first, second) for first in range(count) for second in range(first + 1, count)
    ]
    for pair in found:
        entry = matrix[pair.first, pair.second]
        assert len(pair.reasons) >= 1
        if seeds[pair.first] is None or seeds[pair.second] is None:
            assert np.isnan(entry) and pair.similarity is None and pair.verdict is Verdict.NO_FACE
        else:
            assert pair.similarity == entry and -1 <= entry <= 1
            assert pair.verdict is (Verdict.MATCH if entry >= 0.2 else Verdict.NO_MATCH)
            if seeds[pair.first] == seeds[pair.second]:
                assert entry == pytest.approx(1, abs=1e-6)


def test_a_similarity_does_not_depend_on_the_others() -> None:
    rng = np.random.default_rng(0)
    examined = [shown(*rng.normal(size=128)) for _ in range(10)]
    alone = similarity_matrix(examined[3:5])[0, 1]
    assert similarity_matrix(examined)[3, 4] == similarity_matrix(examined[::-1])[5, 6] == alone


def test_the_threshold_itself_is_accepted() -> None:
    pair = [shown(1, 0), shown(3, 4)]
    at = float(similarity_matrix(pair)[0, 1])
    assert verdicts_of(pair, at)[0].verdict is Verdict.MATCH
    assert verdicts_of(pair, np.nextafter(at, 1))[0].verdict is Verdict.NO_MATCH


def test_reasons_are_words() -> None:
    alike, other = shown(1, 0), shown(0.6, 0.8)
    assert verdicts_of([alike, other], 0.35)[0].reasons == (
        "similarity 0.60 is at or above the threshold 0.35",
    )
    assert verdicts_of([alike, other], 0.9)[0].reasons == ("similarity 0.60 is below the threshold 0.90",)
    # as many digits as it takes to tell them apart
    assert verdicts_of([alike, other], 0.6004)[0].reasons == (
        "similarity 0.6000 is below the threshold 0.6004",
    )
    doubtful = replace(other, warnings=(QualityWarning.BLURRED, QualityWarning.DARK), faces_found=3)
    assert verdicts_of([alike, doubtful], 0.35)[0].reasons[1:] == (
        "in the second photograph the face is blurred",
        "in the second photograph the face is too dark",
        "the second photograph shows at least 3 faces; the most prominent one counts",
    )
    assert verdicts_of([missing(NO_FACE), missing("not an image")], 0.35)[0].reasons == (
        "no face was found in the first photograph",
        "the second photograph cannot be used: not an image",
    )
    assert verdicts_of([missing(NO_FACE), doubtful], 0.35)[0].reasons[:2] == (
        "no face was found in the first photograph",
        "in the second photograph the face is blurred",
    )


def test_photographs_beyond_the_tenth_are_numbered() -> None:
    reasons = verdicts_of([shown(1, 0)] * 10 + [missing(NO_FACE)], 0.3)[-1].reasons
    assert reasons == ("no face was found in photograph 11",)


def test_a_threshold_comes_from_somewhere(model: Model) -> None:
    assert threshold_for(model, 0.3).value == 0.3
    with pytest.raises(UserError, match="add --threshold"):
        threshold_for(model, None)
    for wrong in (1.5, float("nan")):
        with pytest.raises(UserError, match="from -1 to 1"):
            threshold_for(model, wrong)
    own = Threshold(0.41, "its own")

    class Settled(type(model)):  # type: ignore[misc]
        threshold = own

        def __init__(self) -> None:
            self.card = model.card

    assert threshold_for(Settled(), None) is own
    assert threshold_for(Settled(), -1).value == -1


def test_a_turned_photograph_and_a_file_without_its_end_are_told() -> None:
    turned = replace(shown(1, 0), face=replace(FACE, turned=270))
    cut = replace(shown(1, 0), face=replace(FACE, alignment=Alignment.TRUNCATED))
    assert verdicts_of([turned, cut], 0.35)[0].reasons[1:] == (
        "the first photograph was turned 270 degrees clockwise to stand upright",
        "the file of the second photograph lacks its end",
    )
