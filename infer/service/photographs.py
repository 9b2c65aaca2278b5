"""Examination of the photographs of a request, within the limits of the service."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from align.media.pillow_images import stated_size
from align.media.unreadable import UnreadableImageError
from infer.examine import Examined, Examiner
from infer.service.turns import GivenUpError

Found = TypeVar("Found")


def look_at_uploads(
    look: Callable[[bytes], Found],
    refused: Callable[[str], Found],
    sources: Sequence[bytes],
    max_pixels: int,
    given_up: Callable[[], bool],
) -> list[Found]:
    """What is found in each encoded image; one is looked at at a time, so that one lies decoded in memory.

    Args:
        look: what finds it.
        refused: what stands for an image that is not decoded, made of the reason in words for people.
        sources: the images.
        max_pixels: one of more is refused.
        given_up: whether nobody waits for the answer any more.

    Raises GivenUpError, between two photographs, once `given_up` is true, and as `look`.
    """
    found = []
    for source in sources:
        if given_up():
            raise GivenUpError
        problem = too_many_pixels(source, max_pixels)
        found.append(refused(problem) if problem else look(source))
    return found


def examine_uploads(
    examiner: Examiner, sources: Sequence[bytes], max_pixels: int, given_up: Callable[[], bool]
) -> list[Examined]:
    """Findings in each encoded image. Raises as `look_at_uploads` and `Examiner.examine`."""
    return look_at_uploads(
        lambda source: examiner.examine([source])[0],
        lambda problem: Examined(None, None, problem, 0, None, ()),
        sources,
        max_pixels,
        given_up,
    )


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
