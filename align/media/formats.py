"""Why a file is no photograph, by what its bytes show."""

from common.runtime.file_kinds import Content, Kind, by_signature, inspect_text

try:
    from PIL import AvifImagePlugin

    HAS_AVIF = AvifImagePlugin.SUPPORTED
except ImportError:  # before Pillow 11.3
    HAS_AVIF = False

HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
READ = ("JPEG", "PNG", "GIF", "TIFF", "BigTIFF", "WebP", "AVIF", "HEIC")  # come here if their head is damaged
TARGA_END = b"TRUEVISION-XFILE.\0"
NO_HEIC = "HEIC is not read without an extra; pip install 'facetrust[heic]'"
NO_AVIF = "AVIF is not read by this Pillow; install Pillow 11.3 or newer"
TEXT_BYTES = 4096  # that texts are told by


def is_heif(data: bytes) -> bool:
    """Whether a file is of the HEIF family, HEIC mostly; AVIF, which Pillow reads itself, is not."""
    brands = _brands(data)
    return not AVIF_BRANDS & brands and bool(HEIC_BRANDS & brands)


def why_no_image(data: bytes) -> str:
    """The reason for a file that no decoder took for an image; it quotes nothing of the file."""
    if not data:
        return "an empty file, not an image"
    signed, text = by_signature(data), inspect_text(data[:TEXT_BYTES], len(data))
    image = _image_format(data, signed or text)
    if image == "AVIF" and not HAS_AVIF:
        return NO_AVIF
    if image in READ:
        return f"damaged image (the head of this {image} cannot be read)"
    if image:
        return f"{image} is not read; convert it to JPEG or PNG"
    if signed:
        return f"not an image but {signed.text}"
    if text is None or text.kind is Kind.TEXT:
        return "not an image"
    if text.kind is Kind.LFS_POINTER:
        return "a Git LFS pointer, not an image; fetch the file itself with 'git lfs pull'"
    return f"not an image but {text.kind.value}"


def _image_format(data: bytes, content: Content | None) -> str:
    """The name of an image's format; empty for what is none."""
    if AVIF_BRANDS & _brands(data):
        return "AVIF"
    if data.endswith(TARGA_END):
        return "Targa"
    return content.detail if content and content.kind is Kind.IMAGE else ""


def _brands(data: bytes) -> frozenset[bytes]:
    """What a file of the ISO base media file format, ISO/IEC 14496-12, says it is; empty for any other."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return frozenset({data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))})
