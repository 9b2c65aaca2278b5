"""Which identities are held out for validation."""

import hashlib
from collections.abc import Iterable

from common.errors import UserError

MIN_IDENTITIES = 4  # two to train on, two to validate on: fewer give no pair of strangers


def held_out_identities(names: Iterable[str], share: float, seed: int) -> set[str]:
    """A share of the identities, at least two, chosen by the hash of seed and name.

    The choice does not depend on order, on the machine or on the Python version, and adding people hardly
    moves those who are already there.

    Raises UserError for fewer than four identities.
    """
    distinct = sorted(set(names), key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())
    if len(distinct) < MIN_IDENTITIES:
        raise UserError(
            f"{len(distinct)} people are too few to train and validate on; "
            f"{MIN_IDENTITIES} or more are needed"
        )
    count = min(max(2, round(share * len(distinct))), len(distinct) - 2)
    return set(distinct[:count])
