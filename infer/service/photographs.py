"""Examination of the photographs of a request, within the limits of the service."""

from collections.abc import Callable, Sequence

from align.media.pillow_images import stated_size
from align.media.unreadable import UnreadableImageError
from infer.examine import Examined, Examiner
from infer.service.turns import GivenUpError


def examine_uploads(
    examiner: Examiner, sources: Sequence[bytes], max_pixels: int, given_up: Callable[[], bool]
) -> list[Examined]:
    """Findings in each encoded image; one is examined at a time, so that one decoded image lies in memory.

    One of more than `max_pixels` has that as its problem. Raises GivenUpError, between two photographs, once
    `given_up` is true, and UserError as `Examiner.examine`.
    """
    examined = []
    for source in sources:
        if given_up():
            raise GivenUpError
        problem = too_many_pixels(source, max_pixels)
        examined.append(
            Examined(None, None, problem, 0, None, ()) if problem else examiner.examine([source])[0]
        )
    return examined


def too_many_pixels(source: bytes, max_pixels: int) -> str | None:
    """Why the header speaks against an image; None where it cannot be read, for `align` has better words."""
    try:
        width, height = stated_size(source)
    except UnreadableImageError:
        return None
    if width * height <= max_pixels:
        return None
    return (
        f"{width}x{height} is more than the {max_pixels / 1e6:g} megapixels that the service takes; send it "
        "smaller"
    )
