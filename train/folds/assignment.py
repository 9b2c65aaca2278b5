"""The assignment of crops to folds: stratified by class, whole groups, each crop held out once."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from common.runtime.errors import UserError

CLASSES = ((False, "bona fide"), (True, "synthetic"))
SEEDS = 1 << 32  # that scikit-learn takes


def assign_folds(
    synthetic: NDArray[np.bool_], groups: NDArray[np.int64], folds: int, seed: int, *, forged: bool = False
) -> NDArray[np.int64]:
    """The fold that holds each crop out, (N,) from 0; the crops of a group share one.

    Each fold has about the same share of both classes. The same crops in the same order and the same seed
    give the same folds, on any machine.

    Args:
        synthetic: (N,).
        groups: (N,) what must not be parted, see `crop_groups`.
        folds: how many, 2 or more.
        seed: of the order in which groups are dealt.
        forged: whether forgeries stand in for synthetic crops where a part has none.

    Raises UserError where the groups do not suffice for both classes in both parts of every fold.
    """
    needed = CLASSES[:1] if forged else CLASSES
    for kind, name in needed:
        found = len(np.unique(groups[synthetic == kind]))
        if found < folds:
            raise UserError(
                f"{folds} folds need as many people, videos or sources with {name} crops, of which the data "
                f"has {found}; lower --folds, or add {name} faces of others"
            )
    dealer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % SEEDS)
    assigned = np.empty(len(synthetic), np.int64)
    # scikit-learn looks at labels and groups alone
    for fold, (_, held_out) in enumerate(dealer.split(np.empty((len(synthetic), 0)), synthetic, groups)):
        assigned[held_out] = fold
    for fold in range(folds):
        for kind, name in needed:
            if not (synthetic[assigned == fold] == kind).any():
                raise UserError(
                    f"fold {fold + 1} of {folds} would hold out no {name} crop, as a few people or sources "
                    "have most of them; lower --folds, or try another --seed"
                )
    return assigned
