"""The one reading of what a file says of a face: 1 for synthetic, 0 for bona fide."""

from common.formats.labels.kinds import Kind, kind_of

FLAGS = "0, 1, true, false, real or fake"  # for messages: what may be written

_TEXTS = {"1": True, "1.0": True, "true": True, "yes": True, "0": False, "0.0": False, "false": False}
_TEXTS |= {"no": False}


def read_flag(value: object) -> bool | None:
    """What a cell or a JSON value says; None where it is neither yes nor no, also where it is empty.

    It may be a Boolean, 0 or 1 as a number, or a text: 0, 1, 0.0, 1.0, true, false, yes, no, in any case and
    with spaces around it.
    """
    if isinstance(value, str):
        return _TEXTS.get(value.strip().lower())
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    return None


def read_synthetic(value: object) -> bool | None:
    """Whether a value calls a face synthetic: `read_flag`, or a word of `kinds` such as FAKE."""
    flag = read_flag(value)
    if flag is None and isinstance(value, str) and (kind := kind_of(value)) is not None:
        return kind is Kind.SYNTHETIC
    return flag
