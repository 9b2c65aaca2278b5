import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.embeddings import Embeddings
from infer.score import (
    CHUNK,
    UNDECIDED,
    VERDICTS,
    Verdict,
    count_verdicts,
    similarities,
    verdict_codes,
    verdict_on,
)

EMBEDDINGS = Embeddings(np.array([[1, 0], [0.6, 0.8], [0, 0]], np.float32), {2: "no, face"})


def test_similarity_is_the_cosine_and_nothing_without_a_face() -> None:
    found = similarities(np.array([[0, 1], [0, 0], [0, 2], [2, 2]]), EMBEDDINGS)
    assert found == pytest.approx([0.6, 1, np.nan, np.nan], nan_ok=True)


def test_more_pairs_than_are_taken_at_one_time() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    members = rng.integers(0, 50, (CHUNK + 3, 2))
    expected = (vectors[members[:, 0]] * vectors[members[:, 1]]).sum(axis=1)
    np.testing.assert_allclose(similarities(members, Embeddings(vectors, {})), expected, atol=1e-6)
    assert len(similarities(members[:0], Embeddings(vectors, {}))) == 0


def test_rounding_never_leads_out_of_the_range() -> None:
    beyond = np.full((1, 4), np.sqrt(0.25 + 1e-6), np.float32)
    assert similarities(np.array([[0, 0]]), Embeddings(beyond, {})) == 1


def test_verdicts_accept_at_the_threshold() -> None:
    for similarity, expected in ((0.5, Verdict.MATCH), (np.nextafter(0.5, 0), Verdict.NO_MATCH)):
        assert verdict_on(similarity, 0.5, ()) is expected
        assert verdict_on(similarity, None, ()) is None
    assert verdict_on(np.nan, 0.5, ()) is verdict_on(np.nan, None, ()) is Verdict.NO_FACE


REASONS = {
    "no face found": Verdict.NO_FACE,
    "the landmarks coincide": Verdict.NO_FACE,
    "not an image": Verdict.NO_IMAGE,
    "damaged image (broken data stream)": Verdict.NO_IMAGE,
    "cannot be read (Permission denied)": Verdict.NO_IMAGE,
    "what nobody foresaw": Verdict.NO_IMAGE,
    "no such file": Verdict.NO_FILE,
}


def test_the_reason_of_a_pair_is_the_graver_one_of_its_photographs() -> None:
    for reason, verdict in REASONS.items():
        assert verdict_on(np.nan, 0.5, [reason]) is verdict
    assert verdict_on(np.nan, 0.5, ["no face found", "not an image"]) is Verdict.NO_IMAGE
    assert verdict_on(np.nan, 0.5, ["no such file", "not an image"]) is Verdict.NO_FILE


@given(
    st.lists(st.none() | st.sampled_from(sorted(REASONS)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.floats(-1, 1)), max_size=30),
    st.none() | st.floats(-1, 1),
)
def test_verdicts_on_many_pairs_are_those_on_each(
    photographs: list[str | None], pairs: list[tuple[int, int, float]], threshold: float | None
) -> None:
    rejected = {row: reason for row, reason in enumerate(photographs) if reason is not None}
    members = np.array([(a % len(photographs), b % len(photographs)) for a, b, _ in pairs]).reshape(-1, 2)
    lacking = [[rejected[row] for row in pair if row in rejected] for pair in members.tolist()]
    similarity = np.array([np.nan if lacks else pair[2] for lacks, pair in zip(lacking, pairs, strict=True)])
    codes = verdict_codes(similarity, members.astype(np.int64), rejected, threshold)
    expected = [verdict_on(score, threshold, lacks) for score, lacks in zip(similarity, lacking, strict=True)]
    assert [None if code == UNDECIDED else VERDICTS[code] for code in codes] == expected
    counts = count_verdicts(codes)
    assert sum(counts.values()) == sum(verdict is not None for verdict in expected)
    assert all(count == expected.count(verdict) > 0 for verdict, count in counts.items())
