import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.embed import Embeddings
from infer.score import CHUNK, Verdict, ranks, similarities, verdicts

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
    similarity = np.array([0.5, np.nextafter(0.5, 0), np.nan])
    assert verdicts(similarity, 0.5) == [Verdict.MATCH, Verdict.NO_MATCH, Verdict.NO_FACE]


@given(st.floats(-1, 1))
def test_a_pair_without_faces_ranks_below_every_threshold(threshold: float) -> None:
    below, lowest = ranks(np.array([np.nan, -1.0]))
    assert below < threshold and below < lowest == -1
