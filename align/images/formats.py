"""Formats of photographs that are recognised by their first bytes so that a report can name them."""

ISO_BRANDS = {  # of the ISO base media file format, ISO/IEC 14496-12
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"hevx": "HEIC",
    b"heim": "HEIC",
    b"heis": "HEIC",
    b"mif1": "HEIF",
    b"msf1": "HEIF",
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"crx ": "Canon raw",
}
SIGNATURES = (
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"FUJIFILMCCD-RAW", "Fujifilm raw"),
    (b"IIRO", "Olympus raw"),
    (b"IIU\x00", "Panasonic raw"),
    (b"<svg", "SVG"),
)


def name_unread_format(data: bytes) -> str | None:
    """The name of a format that is not read, from the first bytes of a file; None for any other file."""
    if data[4:8] == b"ftyp":
        return ISO_BRANDS.get(data[8:12])
    return next((name for signature, name in SIGNATURES if data.startswith(signature)), None)
