"""Forms of a path in which two ways to write the same one are equal."""

import re
import unicodedata
from collections.abc import Iterator

# What the sources of align read as images or videos, and what phones and the web write.
_SUFFIX = re.compile(
    r"\.(?:jpe?g|jpe|jfif|png|webp|bmp|tiff?|p[gp]m|gif|hei[cf]|avif|jxl|jp2|mp4|m4v|mov|mkv|webm|avi)\Z",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[!-.0-\[\]-~]+(?: +[!-.0-\[\]-~]+)*(?:/[!-.0-\[\]-~]+(?: +[!-.0-\[\]-~]+)*)*")
_DOTS = re.compile(r"(?:\A|/)\.\.?(?:/|\Z)")
_ZEROS = re.compile(r"(?<![^/])0+(?=[0-9]+(?:\.0+)?(?:\Z|/|\.[A-Za-z]))")
_POINT_ZERO = re.compile(r"(?<![^/])([0-9]+)\.0+(?=\Z|/|\.[A-Za-z])")
_NEUTRAL = re.compile(r"(?<![^/])(?:images?|imgs?|photos?|pictures?|pics?|data)/")
_DEEPEST = 32  # folders: a path with more is compared whole only
_WIDEST = 2  # folders in a row that one side may have in between


def spelled(path: str) -> str:
    """A path in Unicode's NFC with single forward slashes, without `.`, `..` and spaces around its parts."""
    if _PLAIN.fullmatch(path) and not _DOTS.search(path):
        return path
    parts: list[str] = []
    for given in unicodedata.normalize("NFC", path).replace("\\", "/").split("/"):
        part = given.strip()
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def with_lower_suffix(path: str) -> str:
    """A path whose image suffix is in lower case."""
    suffix = _SUFFIX.search(path)
    return path[: suffix.start()] + suffix[0].lower() if suffix else path


def without_image_suffix(path: str) -> str:
    """A path without the suffix of an image or a video; what else follows its last dot stays."""
    suffix = _SUFFIX.search(path)
    return path[: suffix.start()] if suffix and suffix.start() > path.rfind("/") + 1 else path


def folded(path: str) -> str:
    """A path in which capitals and small letters are the same."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())


def without_zeros(path: str) -> str:
    """A path whose parts that are numbers have lost what spreadsheets drop or add: `0007/1.0` is `7/1`."""
    return _ZEROS.sub("", _POINT_ZERO.sub(r"\1", path))


def without_neutral_folders(path: str) -> str:
    """A path in lower case without folders that say no more than that photographs lie in them (`images/`)."""
    return _NEUTRAL.sub("", path)


def with_folders_left_out(path: str) -> Iterator[str]:
    """A path without its first folders, or without one or two in a row in its middle; its name stays."""
    parts = path.split("/")
    count = len(parts)
    if count > _DEEPEST:
        return
    for first in range(1, count):
        yield "/".join(parts[first:])
    for first in range(1, count - 1):
        for last in range(first + 1, min(first + _WIDEST, count - 1) + 1):
            yield "/".join(parts[:first] + parts[last:])
