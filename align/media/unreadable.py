"""The error of a file that yields no photograph, its reasons, and the bounds of size."""

MAX_PIXELS = 120_000_000  # above the largest phone cameras in common use; 360 MB decoded
MIN_SIDE = 16  # pixels; no detector finds a face in less
MAX_ASPECT = 50  # longer side over shorter

NO_SUCH_FILE = "no such file"
# the reasons of the machine and not of the file: the next run tries again
NO_PERMISSION, CANNOT_READ, NO_MEMORY = (
    "no permission to read",
    "cannot be read",
    "not enough memory to decode",
)
TRANSIENT = (NO_PERMISSION, CANNOT_READ, NO_MEMORY)


class UnreadableImageError(Exception):
    """An image file that yields no photograph; the text is the reason given in reports."""


def check_size(width: int, height: int) -> None:
    """Judge an image by its header. Raises UnreadableImageError for one too large, small or narrow."""
    if width * height > MAX_PIXELS:
        raise UnreadableImageError(f"{width}x{height} is more than {MAX_PIXELS:,} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnreadableImageError(f"{width}x{height} is too small for a face")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise UnreadableImageError(f"{width}x{height} is too narrow for a face")
