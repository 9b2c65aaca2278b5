"""Which crop sizes a backbone can be made for."""

from common.runtime.errors import UserError

MULTIPLE = 16  # the published face networks halve their input four times
SMALLEST = 16  # pixels
LARGEST = 1024  # pixels; the head of most networks grows with the square


def check_size(size: int) -> None:
    """Raises UserError unless `size`, the pixels of a crop's side, is in 16..1024."""
    if not SMALLEST <= size <= LARGEST:
        raise UserError(f"no backbone takes crops of {size} pixels; choose from {SMALLEST} to {LARGEST}")


def check_multiple(size: int) -> None:
    """Raises UserError unless `size` is a multiple of 16 in 16..1024."""
    check_size(size)
    if size % MULTIPLE:
        lower = size // MULTIPLE * MULTIPLE
        raise UserError(
            f"this backbone cannot take crops of {size} pixels; choose a multiple of {MULTIPLE}, "
            f"such as {lower} or {lower + MULTIPLE}"
        )
