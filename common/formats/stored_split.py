"""Stored split of a training: the identities that it holds out."""

import json
from pathlib import Path

from common.runtime.errors import UserError

LONGEST = 1 << 28  # bytes; a million names take less


def read_held_out(path: Path) -> set[str]:
    """The people that a stored split holds out. Raises UserError when the file is no split."""
    try:
        if not path.is_file() or path.stat().st_size > LONGEST:  # a pipe or a device has no end
            raise ValueError("no file of names")
        held_out = json.loads(path.read_text(encoding="utf-8"))["held_out"]
        if not isinstance(held_out, list) or not all(isinstance(name, str) for name in held_out):
            raise ValueError("held_out must list names")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f'{path} is not a stored split: {{"held_out": [names]}}') from error
    return set(held_out)
