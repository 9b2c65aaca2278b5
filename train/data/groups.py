"""Groups of crops that must not be parted by a split: of one person, one picture, one source of forgeries."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from common.duplicates.near_duplicates import DuplicateGroup
from train.data.dataset import CropDataset


def crop_groups(
    dataset: CropDataset, same: Iterable[DuplicateGroup] = ()
) -> tuple[NDArray[np.int64], list[str]]:
    """The group of each crop, (N,), and the names of the groups, sorted.

    The crops of an identity are one group; so are all identities that a forgery is made of, those of one
    picture, and whoever is tied to one of them: a face of a training person in a forgery to validate with
    would tell of the former. A group has the name of the first of its identities.

    Args:
        dataset: N crops.
        same: rows that are one picture.
    """
    names = dataset.identity_names.tolist()
    number = {name: place for place, name in enumerate(names)}
    ties = [
        (identity, other)
        for identity, forged in zip(dataset.identities.tolist(), dataset.forgeries(), strict=True)
        if forged is not None
        for person in forged.people
        if (other := number.get(person)) is not None
    ]
    ties += [
        (int(dataset.identities[one]), int(dataset.identities[other]))
        for group in same
        for one, other in pairwise(group.rows)
    ]
    ends = np.array(ties, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(ties), np.bool_), tuple(ends)), shape=(len(names), len(names)))
    component = connected_components(graph, directed=False)[1]
    _, first, of_identity = np.unique(component, return_index=True, return_inverse=True)
    return of_identity[dataset.identities].astype(np.int64), [names[place] for place in first]
