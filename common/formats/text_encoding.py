"""Encoding of a text file, told from its first bytes."""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(head: bytes) -> str:
    """The name of the encoding of a text that begins with these bytes: by its mark (BOM), or UTF-16 without
    one where every second byte is NUL, as in Latin text; else UTF-8."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    head = head[: len(head) // 2 * 2]
    low, high = head[::2], head[1::2]
    if head and low.count(0) < len(low) / 10 and high.count(0) > len(high) / 2:
        return "utf-16-le"
    if head and high.count(0) < len(high) / 10 and low.count(0) > len(low) / 2:
        return "utf-16-be"
    return "utf-8"
