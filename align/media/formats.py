"""What a file is by its first bytes, so that a report names the true cause where it is no photograph."""

import re

try:
    from PIL import AvifImagePlugin

    HAS_AVIF = AvifImagePlugin.SUPPORTED
except ImportError:  # before Pillow 11.3
    HAS_AVIF = False

HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
QUICKTIME_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})

READ = (  # whose head is damaged if they come here
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "BigTIFF"),
    (b"MM\0+", "BigTIFF"),
)
UNREAD = (  # pictures all the same
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"FUJIFILMCCD-RAW", "Fujifilm raw"),
    (b"IIRO", "Olympus raw"),
    (b"IIU\x00", "Panasonic raw"),
    (b"\x00\x00\x01\x00", "Windows icon"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"gimp xcf", "GIMP"),
    (b"BPG\xfb", "BPG"),
    (b"qoif", "QOI"),
    (b"DDS ", "DirectDraw Surface"),
    (b"icns", "Apple icon"),
    (b"\x01\xda", "SGI"),
    (b"\x0a\x05\x01", "PCX"),
)
TARGA_END = b"TRUEVISION-XFILE.\0"
OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"FLV\x01", "a Flash video"),
    (b"OggS", "an Ogg file"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"\x00\x00\x01\xb3", "an MPEG video"),
    (b"0&\xb2u\x8ef\xcf\x11", "a Windows Media video"),
    (b"ID3", "an MP3 file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x00\x05\x16\x07", "a macOS companion file (._)"),
    (b"\x00\x05\x16\x00", "a macOS companion file (._)"),
)
JSON = re.compile(rb"\{\s*[\"}]|\[\s*[\"{\[\]]")
HEAD = 4096  # bytes that texts are told by
NO_HEIC = "HEIC is not read without an extra; pip install 'facetrust[heic]'"
CUT_HEAD = "damaged image (the head of this {} cannot be read)"
NO_AVIF = "AVIF is not read by this Pillow; install Pillow 11.3 or newer"


def is_heif(data: bytes) -> bool:
    """Whether a file is of the HEIF family, HEIC mostly; AVIF, which Pillow reads itself, is not."""
    brands = _brands(data)
    return not AVIF_BRANDS & brands and bool(HEIC_BRANDS & brands)


def why_no_image(data: bytes) -> str:
    """The reason for a file that no decoder took for an image, by what it is."""
    if not data:
        return "an empty file, not an image"
    if data.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not an image; fetch the file itself with 'git lfs pull'"
    is_avif = bool(AVIF_BRANDS & _brands(data))
    if is_avif and not HAS_AVIF:
        return NO_AVIF
    if is_avif:
        return CUT_HEAD.format("AVIF")
    if (read := _named(READ, data)) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return CUT_HEAD.format(read or "WebP")
    if unread := _unread(data):
        return f"{unread} is not read; convert it to JPEG or PNG"
    if other := _video(data) or _named(OTHERS, data) or _text(data[:HEAD]):
        return "SVG is not read; convert it to JPEG or PNG" if other == "SVG" else f"{other}, not an image"
    return "not an image"


def _unread(data: bytes) -> str | None:
    if b"crx " in _brands(data):
        return "Canon raw"
    return "Targa" if data.endswith(TARGA_END) else _named(UNREAD, data)


def _named(signatures: tuple[tuple[bytes, str], ...], data: bytes) -> str | None:
    return next((name for signature, name in signatures if data.startswith(signature)), None)


def _brands(data: bytes) -> frozenset[bytes]:
    """What a file of the ISO base media file format, ISO/IEC 14496-12, says it is; empty for any other."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return frozenset({data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))})


def _video(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return {b"AVI ": "an AVI video", b"WAVE": "a WAV file"}.get(data[8:12])
    if data[4:8] == b"ftyp":
        major = data[8:12]
        names = {b"qt  ": "a QuickTime video", b"M4A ": "an M4A file"}
        return names.get(major, "a 3GP video" if major.startswith(b"3g") else "an MP4 video")
    return "a QuickTime video" if data[4:8] in QUICKTIME_BOXES else None


def _text(head: bytes) -> str | None:
    """What kind of text, if it is one of those that servers send in the place of a file."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head[257:262] == b"ustar":
        return "a tar archive"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if start.startswith(b"<") and b"<svg" in start:
        return "SVG"
    if start.startswith(b"<?xml"):
        return "an XML document"
    return "a JSON document" if JSON.match(start) else None
