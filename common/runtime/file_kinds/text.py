"""The kind of a text; servers and version control leave some in the place of a file."""

import re

from common.runtime.file_kinds.kind import Content, Kind

LFS_START = "version https://git-lfs.github.com/spec/"
WEB_STARTS = ("<!doctype html", "<html", "<head", "<body")
LONGEST_QUOTE = 80  # characters of the file, in an error

_BINARY = re.compile(r"[^\t\n\r\f\x1b\x20-\x7e\x80-\U0010ffff]|[\x80-\x9f]")
_LFS_SIZE = re.compile(r"^size (\d{1,15})$", re.MULTILINE)
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)


def inspect_text(start: bytes, size: int) -> Content | None:
    """What a text is, by its first bytes; None for what is no text in UTF-8 or UTF-16."""
    text = _decoded(start)
    if text is None:
        return None
    text = text.removeprefix("\ufeff").strip()
    lowered = text.lower()
    if text.startswith(LFS_START):
        found = _LFS_SIZE.search(text)
        return Content(Kind.LFS_POINTER, f"to {int(found[1]):,} bytes" if found else "")
    if lowered.startswith(WEB_STARTS) or (lowered.startswith(("<?xml", "<!--")) and "<html" in lowered):
        title = _TITLE.search(text)
        return Content(Kind.WEB_PAGE, _quoted(title[1]) if title and title[1].strip() else "")
    if lowered.startswith("<") and "<svg" in lowered:
        return Content(Kind.IMAGE, "SVG")
    if lowered.startswith("<"):
        return Content(Kind.XML, _quoted(text))
    if lowered.startswith(("{", "[")):
        return Content(Kind.JSON, _quoted(text))
    return Content(Kind.TEXT, _quoted(text) if text else f"{size:,} bytes of white space")


def _decoded(start: bytes) -> str | None:
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    for cut in range(4):  # the last character may lie across the end of what was read
        try:
            text = start[: len(start) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _BINARY.search(text) else text
    return None


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return f"'{words[:LONGEST_QUOTE]}{'…' if len(words) > LONGEST_QUOTE else ''}'"
