"""The people that a fused encoder may be chosen by: none of those that its towers were trained on."""

from collections.abc import Collection, Mapping
from pathlib import Path

from common.formats.stored_split import read_held_out
from common.runtime.errors import UserError
from train.data.split import MIN_IDENTITIES


def people_to_choose_on(
    names: Collection[str], splits: Mapping[str, Path | None]
) -> tuple[set[str], list[str]]:
    """The people of some data whom each split holds out, and notes on what is not known.

    Args:
        names: of all people of the data.
        splits: by the name of a tower; None: not known. One that holds out none of these people is of other
            data, and so says nothing of them.

    Raises UserError where fewer than four are left.
    """
    left, notes = set(names), []
    for tower, path in splits.items():
        held_out = set() if path is None else set(names) & read_held_out(path)
        if held_out:
            left &= held_out
        else:
            notes.append(f"whether {tower} was trained on some of these people is not known")
    if len(left) < MIN_IDENTITIES:
        raise UserError(
            f"{len(left)} of these {len(names)} people were held out by {' and '.join(splits)}; "
            f"{MIN_IDENTITIES} or more are needed: add --data with others, or train both towers with one "
            "validation.split"
        )
    return left, notes
