"""Groups of crops that must not be parted by a split: of one person, video, picture or forgery source."""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from common.duplicates.near_duplicates import DuplicateGroup
from common.formats.groups import connected_groups, crop_ties
from train.data.dataset import CropDataset


def crop_groups(
    dataset: CropDataset, same: Iterable[DuplicateGroup] = ()
) -> tuple[NDArray[np.int64], list[str]]:
    """The group of each crop, (N,), and the names of the groups.

    The crops of an identity or a source video are one group; so are all people that a forgery is made of,
    the crops that are one picture, and whatever is tied to one of them: a face of a training person in a
    forgery to validate with would tell of the former. A group has the name of the first of its identities,
    in the order of their names, those of pseudo-labelled crops last: they change no split of the others.

    Args:
        dataset: N crops.
        same: rows that are one picture.
    """
    people = dataset.identity_names[dataset.identities].tolist()
    ties = [
        crop_ties(person, origin, forged.people if forged else ())
        for person, origin, forged in zip(people, dataset.origin_groups(), dataset.forgeries(), strict=True)
    ]
    for number, group in enumerate(same):
        for row in group.rows:
            ties[row].add(f"picture {number}")
    groups = connected_groups(ties)
    names: dict[int, tuple[bool, str]] = {}
    for group, name in zip(groups.tolist(), zip(dataset.pseudo.tolist(), people, strict=True), strict=True):
        names[group] = min(name, names.get(group, name))
    return groups, [names[group][1] for group in range(len(names))]


def crops_of_groups_with(
    people: Collection[str], dataset: CropDataset, groups: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each crop is of a group in which one of the people is, (N,); `groups` are `crop_groups`'."""
    own = np.isin(dataset.identity_names, sorted(people))[dataset.identities]
    return np.isin(groups, groups[own])
