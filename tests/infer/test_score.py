from pathlib import Path

import numpy as np
import pytest

from infer.embed import Embeddings
from infer.pairs import Pair
from infer.score import ScoredPair, Verdict, score_pairs, write_rejects, write_scores

A, B, C = Path("a.jpg"), Path("b.jpg"), Path("c.jpg")
EMBEDDINGS = Embeddings(
    {A: np.array([1, 0], np.float32), B: np.array([0.6, 0.8], np.float32)}, {C: "no, face"}
)


def test_similarity_is_the_cosine_and_minus_one_without_a_face() -> None:
    pairs = [Pair("ab", A, B), Pair("aa", A, A), Pair("ac", A, C), Pair("cc", C, C)]
    scored = score_pairs(pairs, EMBEDDINGS)
    assert [entry.similarity for entry in scored] == pytest.approx([0.6, 1, -1, -1])
    assert [entry.has_faces for entry in scored] == [True, True, False, False]


def test_verdicts_accept_at_the_threshold() -> None:
    pair = Pair("x", A, B)
    assert ScoredPair(pair, 0.5, True).verdict(0.5) is Verdict.MATCH
    assert ScoredPair(pair, 0.499, True).verdict(0.5) is Verdict.NO_MATCH
    assert ScoredPair(pair, -1.0, False).verdict(-1.0) is Verdict.NO_FACE


def test_the_files_are_as_documented(tmp_path: Path) -> None:
    scored = score_pairs([Pair("a,b", A, B), Pair("cc", C, C)], EMBEDDINGS)
    write_scores(tmp_path / "s.csv", scored, 0.5)
    assert (tmp_path / "s.csv").read_text() == (
        'pair_id,similarity,verdict\n"a,b",0.600000,match\ncc,-1.000000,no_face\n'
    )
    write_rejects(tmp_path / "r.csv", scored, EMBEDDINGS)
    assert (tmp_path / "r.csv").read_text() == (
        'pair_id,image,reason\ncc,c.jpg,"no, face"\ncc,c.jpg,"no, face"\n'
    )
