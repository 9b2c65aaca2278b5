"""The kinds of files that crops become."""

from enum import StrEnum

QUALITY = 95  # of JPEG and WebP where none is told


class ImageFormat(StrEnum):
    """The kind of file that a crop becomes."""

    JPEG = "jpeg"
    PNG = "png"  # the same pixels
    WEBP = "webp"


SUFFIXES = {ImageFormat.JPEG: ".jpg", ImageFormat.PNG: ".png", ImageFormat.WEBP: ".webp"}
