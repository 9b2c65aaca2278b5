"""The split into people to train on and people held out for validation."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from common.formats.stored_split import read_held_out
from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError

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


def write_split(path: Path, held_out: Iterable[str]) -> None:
    """Store the people held out, atomically."""
    write_text_atomically(path, json.dumps({"held_out": sorted(held_out)}, indent=1) + "\n")


def read_split(path: Path, names: Iterable[str]) -> set[str]:
    """The people of `names` that a stored split holds out; those who came since train.

    Raises UserError when the file is no split, or when fewer than two people would be left on either side.
    """
    held_out = read_held_out(path)
    known = set(names)
    found = known & held_out
    if len(found) < 2 or len(known - found) < 2:
        raise UserError(
            f"{path} holds out {len(found)} of these {len(known)} people; "
            "two or more are needed on both sides"
        )
    return found
