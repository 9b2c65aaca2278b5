import sys

import numpy as np
import pytest

import infer.search.nearest as searching
from common.runtime.errors import ParameterError, UserError
from infer.search.nearest import nearest


def unit(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("indexed", [False, True])
def test_the_nearest_are_those_of_all_products_also_by_faiss(
    monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    if indexed:
        pytest.importorskip("faiss")
        monkeypatch.setattr(searching, "MOST_EXACT", 10)
    gallery, probes = unit(300, 0), unit(40, 1)
    gallery[7] = gallery[3]  # of equal ones the first row is first
    probes[0] = gallery[3]
    products = probes.astype(np.float64) @ gallery.T.astype(np.float64)
    order = np.argsort(-products, axis=1, kind="stable")[:, :12]
    found = nearest(gallery, probes, 12)
    np.testing.assert_array_equal(found.rows, order)
    np.testing.assert_allclose(found.similarity, np.take_along_axis(products, order, 1), atol=1e-12)
    assert found.rows[0, :2].tolist() == [3, 7]
    monkeypatch.setattr(searching, "MOST_SIMILARITIES", 1000)
    calls: list[tuple[int, int]] = []
    again = nearest(gallery, probes, 12, exact=True, progress=lambda *call: calls.append(call))
    np.testing.assert_array_equal(again.rows, order)
    assert calls[-1] == (40, 40) and len(calls) == 14


def test_nothing_is_compared_with_itself_and_a_small_gallery_gives_all() -> None:
    gallery = unit(5, 0)
    probes, itself = np.concatenate([gallery[[4, 1]], unit(1, 2)]), np.array([4, 1, -1])
    found = nearest(gallery, probes, 10, itself)
    assert sorted(found.rows[0].tolist()) == [0, 1, 2, 3] and sorted(found.rows[1].tolist()) == [0, 2, 3, 4]
    assert nearest(gallery, probes, 10).rows.shape == (3, 5)


def test_what_cannot_be_searched_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="nobody to compare with"):
        nearest(unit(1, 0), unit(1, 0), 1, np.array([0]))
    with pytest.raises(ParameterError, match="of different length"):
        nearest(unit(3, 0), unit(3, 0)[:, :8], 1)
    monkeypatch.setattr(searching, "MOST_EXACT", 2)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(UserError, match=r"facetrust\[faiss\].*--exact"):
        nearest(unit(3, 0), unit(3, 0), 1)
    assert len(nearest(unit(3, 0), unit(3, 0), 1, exact=True).rows) == 3
