"""The methods of forging by name; `common.forge.methods` has their functions, and imports what they need."""

import difflib
from collections.abc import Collection, Iterable

from common.runtime.errors import UserError

METHODS: tuple[str, ...] = ("self-blend", "swap", "generator-traces", "reenactment")


def check_methods(names: Collection[str]) -> None:
    """Raises UserError for an unknown name, or none."""
    known = f"known: {', '.join(METHODS)}"
    if not names:
        raise UserError(f"no method to forge by; {known}")
    for name in names:
        if name not in METHODS:
            near = difflib.get_close_matches(name, METHODS, n=1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            raise UserError(f"no method '{name}' to forge by{meant}; {known}")


def parse_methods(texts: Iterable[str]) -> tuple[str, ...]:
    """Names, each text one or several parted by commas, in the order of `METHODS`.

    `swap,self-blend` means what `self-blend,swap` does. Raises UserError for an unknown name, or none.
    """
    named = [name for text in texts for part in text.split(",") if (name := part.strip())]
    check_methods(named)
    return tuple(name for name in METHODS if name in named)
