"""The most similar embeddings of a gallery: by every product, or by FAISS where there are many."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.runtime.errors import ParameterError, UserError
from infer.score import cosines

MOST_EXACT = 100_000  # embeddings of a gallery that are all multiplied unless FAISS is insisted on
MOST_SIMILARITIES = 1 << 24  # held at once: 64 MB, and twice as much for their order
MOST_PRODUCTS = 1 << 22  # numbers side by side while similarities are computed: 32 MB a side
INDEXED_AT_ONCE = 4096  # probes; of a few hundred at a time FAISS takes six times as long
SPARE = 8  # candidates more, among which the last bits of a similarity decide

Progress = Callable[[int, int], None]
_Find = Callable[[NDArray[np.float32], int], NDArray[np.int64]]


@dataclass(frozen=True)
class Nearest:
    """The most similar embeddings of a gallery, for each of P probes, by falling similarity.

    Attributes:
        rows: (P, K) int64, of the gallery; of equal similarities the first row is first.
        similarity: (P, K) float64, cosines in [-1, 1].
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float64]


def nearest(
    gallery: NDArray[np.float32],
    probes: NDArray[np.float32],
    count: int,
    itself: NDArray[np.int64] | None = None,
    exact: bool = False,
    progress: Progress = lambda done, total: None,
) -> Nearest:
    """The `count` most similar rows of a gallery for each probe, or all where it has fewer.

    Up to 100,000 rows are multiplied with each other; above, FAISS does that (Douze et al., "The Faiss
    library", 2024; its flat index of inner products, which leaves nothing out), unless `exact`. Both give
    the same rows: similarities are computed again in float64 and put in order here.

    Args:
        gallery: (N, D) of unit length.
        probes: (P, D) of unit length.
        count: at least 1.
        itself: (P,) the row of the gallery that a probe is and that it is not compared with; -1 for none.
        exact: whether to do without FAISS.
        progress: is called with probes done and in all.

    Raises UserError where FAISS is needed and not installed, ParameterError for arrays that do not fit.
    """
    if count < 1:
        raise ParameterError("{count} must be 1 or more, not {}", count)
    if gallery.ndim != 2 or probes.ndim != 2 or gallery.shape[1] != probes.shape[1]:
        raise ParameterError("{gallery} and {probes} hold embeddings of different length")
    others = len(gallery) - (itself is not None and bool((itself >= 0).any()))
    count = min(count, others)
    if count < 1:
        raise UserError("there is nobody to compare with: the gallery holds no other photograph")
    wanted = min(count + (itself is not None) + SPARE, len(gallery))
    many = len(gallery) > MOST_EXACT and not exact
    find: _Find = _indexed(gallery) if many else lambda part, most: _by_all_products(gallery, part, most)
    rows = np.empty((len(probes), count), np.int64)
    similarity = np.empty((len(probes), count), np.float64)
    at_once = INDEXED_AT_ONCE if many else max(1, MOST_SIMILARITIES // len(gallery))
    for start in range(0, len(probes), at_once):
        part = slice(start, start + at_once)
        found = find(probes[part], wanted)
        own = None if itself is None else itself[part]
        rows[part], similarity[part] = _in_order(gallery, probes[part], found, count, own)
        progress(min(start + at_once, len(probes)), len(probes))
    return Nearest(rows, similarity)


def _by_all_products(
    gallery: NDArray[np.float32], probes: NDArray[np.float32], count: int
) -> NDArray[np.int64]:
    similarity = probes @ gallery.T
    if count == len(gallery):
        return np.broadcast_to(np.arange(count), similarity.shape).astype(np.int64)
    return np.argpartition(similarity, -count, axis=1)[:, -count:].astype(np.int64, copy=False)


def _indexed(gallery: NDArray[np.float32]) -> _Find:
    """The search of an index of FAISS. Raises UserError where that is not installed."""
    try:
        import faiss
    except ImportError as error:
        raise UserError(
            f"a gallery of {len(gallery):,} takes FAISS; install it with: pip install 'facetrust[faiss]', or "
            "add --exact, which is slower"
        ) from error
    index: Any = faiss.IndexFlatIP(gallery.shape[1])
    index.add(np.ascontiguousarray(gallery))

    def find(probes: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = index.search(np.ascontiguousarray(probes), count)[1]
        return rows

    return find


def _in_order(
    gallery: NDArray[np.float32],
    probes: NDArray[np.float32],
    rows: NDArray[np.int64],
    count: int,
    itself: NDArray[np.int64] | None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The first `count` of the rows (P, M) by their exact similarity, and these; never the probe itself."""
    similarity = np.empty(rows.shape, np.float64)
    at_once = max(1, MOST_PRODUCTS // (rows.shape[1] * gallery.shape[1]))
    for start in range(0, len(rows), at_once):
        part = slice(start, start + at_once)
        wide = np.repeat(probes[part], rows.shape[1], axis=0)
        similarity[part] = cosines(wide, gallery[rows[part].ravel()]).reshape(-1, rows.shape[1])
    shown = similarity if itself is None else np.where(rows == itself[:, None], -np.inf, similarity)
    order = np.lexsort((rows, -shown), axis=1)[:, :count]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarity, order, axis=1)
