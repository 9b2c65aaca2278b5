"""The photographs of a request through the examiner, within the limits of the service."""

from collections.abc import Callable, Sequence

from align.media.pillow_images import stated_size
from align.media.unreadable import UnreadableImageError
from infer.examine import Examined, Examiner
from infer.service.turns import GivenUpError


def examine_uploads(
    examiner: Examiner, sources: Sequence[bytes], max_pixels: int, given_up: Callable[[], bool]
) -> list[Examined]:
    """Each encoded image in order, one at a time, so that one decoded photograph lies in memory.

    One of more than `max_pixels` has that as its problem. Raises GivenUpError, between two photographs, once
    `given_up` is true, and UserError as `Examiner.examine`.
    """
    examined = []
    for source in sources:
        if given_up():
            raise GivenUpError
        problem = _too_many_pixels(source, max_pixels)
        examined.append(
            Examined(None, None, problem, 0, None, ()) if problem else examiner.examine([source])[0]
        )
    return examined


def _too_many_pixels(source: bytes, max_pixels: int) -> str | None:
    """Judged by the header: `align` has its own bound, which is meant for files of one's own."""
    size = _stated_size(source)
    if size is None or size[0] * size[1] <= max_pixels:
        return None
    return (
        f"{size[0]}x{size[1]} is more than the {max_pixels / 1e6:g} megapixels that the service takes; "
        "send it smaller"
    )


def _stated_size(source: bytes) -> tuple[int, int] | None:
    """Width and height, or None where the header cannot be read: then `align` has the better words."""
    try:
        return stated_size(source)
    except UnreadableImageError:
        return None
