"""Search among embeddings, for a library's users."""

import numpy as np
from numpy.typing import ArrayLike

from infer.search.nearest import Nearest, nearest


def search(gallery: ArrayLike, probes: ArrayLike, *, count: int = 10, exact: bool = False) -> Nearest:
    """The most similar embeddings of a gallery for each probe: `rows` and `similarity`, (P, count) each.

    Args:
        gallery: (N, D) of unit length, as `embed(…).vectors`; rows of zeros, without a face, are like nobody.
        probes: (P, D) likewise.
        count: how many for each; all where the gallery has fewer.
        exact: do without FAISS also above 100,000 rows of the gallery, where it is needed otherwise.

    Raises UserError where FAISS is needed and not installed, and for arrays that do not fit.

    >>> found = ft.search([[1, 0], [0, 1], [0.6, 0.8]], [[0.8, 0.6]], count=2)
    >>> found.rows.tolist(), found.similarity.round(2).tolist()
    ([[2, 0]], [[0.96, 0.8]])
    """
    enrolled, searched = (np.asarray(each, np.float32) for each in (gallery, probes))
    return nearest(enrolled, searched, count, exact=exact)
