"""The split into people to train on and people held out for validation."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
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
    distinct = _by_hash(set(names), seed)
    if len(distinct) < MIN_IDENTITIES:
        raise UserError(
            f"{len(distinct)} people are too few to train and validate on; "
            f"{MIN_IDENTITIES} or more are needed"
        )
    count = min(max(2, round(share * len(distinct))), len(distinct) - 2)
    return set(distinct[:count])


def held_out_groups(kinds: Mapping[str, Collection[bool]], share: float, seed: int) -> set[str]:
    """A share of the groups of crops, chosen by the hash of seed and name, of each kind apart.

    Groups of bona fide crops alone, of synthetic ones alone, and of both are three kinds, so that both sides
    have both classes as far as the groups allow it; of a kind with two groups or more at least one is held
    out and one is not. See `held_out_identities` for what the choice does not depend on.

    Args:
        kinds: by the name of a group, whether its crops are synthetic: the values that occur.
        share: of the groups.
        seed: of the run.
    """
    held_out: set[str] = set()
    for kind in ({False}, {True}, {False, True}):
        own = [name for name, found in kinds.items() if set(found) == kind]
        ranked = _by_hash(own, seed)
        held_out.update(ranked[: min(max(1, round(share * len(ranked))), max(0, len(ranked) - 1))])
    return held_out


def write_split(path: Path, held_out: Iterable[str]) -> None:
    """Store the people held out, atomically."""
    write_text_atomically(path, json.dumps({"held_out": sorted(held_out)}, indent=1) + "\n")


def read_split(path: Path, names: Iterable[str], least: int = 2) -> set[str]:
    """The people of `names` that a stored split holds out; those who came since train.

    Raises UserError when the file is no split, or when fewer than `least` would be left on either side.
    """
    held_out = read_held_out(path)
    known = set(names)
    found = known & held_out
    if len(found) < least or len(known - found) < least:
        raise UserError(
            f"{path} holds out {len(found)} of these {len(known)} people; "
            f"{'two' if least == 2 else 'one'} or more are needed on both sides"
        )
    return found


def _by_hash(names: Iterable[str], seed: int) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())
