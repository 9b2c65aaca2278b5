"""Image files that are damaged, mislabelled or made to do harm: several hundred, the same ones every time."""

import gzip
import io
import itertools
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from align.media.pillow_images import HAS_AVIF

Pixels = NDArray[np.uint8]
Files = Iterator[tuple[str, bytes]]
Tag = int | tuple[int, int, int]  # a LONG, or type, count and value

LIMIT = (10_900, 10_900)  # pixels, just below what align decodes
EXIF_ORIENTATION = 0x0112
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def damaged_files(face: Pixels) -> Files:
    """Path, one folder deep, and content of every file; whatever holds a picture holds this face."""
    whole = whole_files(face)
    kinds = {
        "bmp": hostile_bmp(whole),
        "exif": malformed_exif(whole["baseline.jpg"]),
        "flipped": flipped_bits(whole),
        "heads": impossible_sizes(whole),
        "jpeg": hostile_jpeg(whole),
        "mislabelled": mislabelled(face, whole),
        "pgm": hostile_pgm(),
        "png": hostile_png(whole["rgb.png"]),
        "scrambled": scrambled(whole),
        "small": small(),
        "tiff": hostile_tiff(face),
        "truncated": truncated(whole),
        "webp": hostile_webp(whole),
        "whole": iter(whole.items()),
    }
    return ((f"{kind}/{name}", content) for kind, files in kinds.items() for name, content in files)


def whole_files(face: Pixels) -> dict[str, bytes]:
    """The face in every format and variety, undamaged."""
    image, other = Image.fromarray(face), Image.fromarray(face[:, ::-1])
    grey = np.asarray(image.convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    exif = Image.Exif()
    exif.update({EXIF_ORIENTATION: 1, 0x010F: "maker", 0x0132: "2020:01:01 00:00:00"})
    return (
        {
            "baseline.jpg": _encoded(image, "JPEG", quality=92),
            "progressive.jpg": _encoded(image, "JPEG", quality=92, progressive=True),
            "exif.jpg": _encoded(image, "JPEG", quality=92, exif=exif),
            "cmyk.jpg": _encoded(image.convert("CMYK"), "JPEG", quality=92),
            "rgb.png": _encoded(image, "PNG"),
            "deep.png": _encoded(deep, "PNG"),
            "palette.png": _encoded(image.quantize(64), "PNG"),
            "interlaced.png": _interlaced_png(face),
            "lossy.webp": _encoded(image, "WEBP", quality=92),
            "lossless.webp": _encoded(image, "WEBP", lossless=True),
            "animated.webp": _encoded(image, "WEBP", save_all=True, append_images=[other], duration=50),
            "rgb.bmp": _encoded(image, "BMP"),
            "palette.bmp": _encoded(image.quantize(64), "BMP"),
            "rle.bmp": _rle_bmp(grey),
            "raw.tif": _encoded(image, "TIFF"),
            "lzw.tif": _encoded(image, "TIFF", compression="tiff_lzw"),
            "deflate.tif": _encoded(image, "TIFF", compression="tiff_adobe_deflate"),
            "pages.tif": _encoded(image, "TIFF", save_all=True, append_images=[other]),
            "deep.tif": _encoded(deep, "TIFF"),
            "float.tif": _encoded(Image.fromarray(grey.astype(np.float32)), "TIFF"),
            "grey.pgm": _encoded(image.convert("L"), "PPM"),
            "deep.pgm": b"P5 %d %d 65535\n" % image.size + (grey.astype(">u2") * 257).tobytes(),
            "colour.ppm": _encoded(image, "PPM"),
            "still.gif": _encoded(image.quantize(64), "GIF"),
            "animated.gif": _encoded(
                image.quantize(64), "GIF", save_all=True, append_images=[other.quantize(64)], duration=50
            ),
            "unit.tif": _float_tiff(grey),
        }
        | ({"colour.avif": _encoded(image, "AVIF", quality=92)} if HAS_AVIF else {})
        | _heic(image)
    )


def truncated(whole: dict[str, bytes]) -> Files:
    """Cut at the length in bytes, or at the percentage, that the name ends in."""
    for name, content in whole.items():
        for length in (0, 1, 2, 10, 40):
            yield _named(name, f"{length}b"), content[:length]
        for percent in (25, 50, 75, 99):
            yield _named(name, f"{percent}p"), content[: len(content) * percent // 100]
        yield _named(name, "last"), content[:-1]


def flipped_bits(whole: dict[str, bytes]) -> Files:
    for (name, content), seed in itertools.product(whole.items(), range(4)):
        first, last = ((2, 64), (2, 400), (64, len(content)), (len(content) // 2, len(content)))[seed]
        rng = np.random.default_rng([seed, len(content)])
        changed = bytearray(content)
        for place in rng.integers(first, min(last, len(content)), 1 + 2 * seed):
            changed[place] ^= 1 << int(rng.integers(8))
        yield _named(name, f"seed{seed}"), bytes(changed)


def scrambled(whole: dict[str, bytes]) -> Files:
    """Stretches zeroed, shuffled, doubled or cut out, and garbage before, behind and in between."""
    for name, content in whole.items():
        rng = np.random.default_rng(len(content))
        start = int(rng.integers(len(content) // 4, len(content) // 2))
        end = start + len(content) // 8
        head, middle, tail = content[:start], content[start:end], content[end:]
        garbage = rng.bytes(500)
        yield _named(name, "zeroed"), head + bytes(len(middle)) + tail
        yield _named(name, "zeroed-head"), content[:12] + bytes(20) + content[32:]
        yield _named(name, "shuffled"), head + rng.permutation(bytearray(middle)).tobytes() + tail
        yield _named(name, "doubled"), head + middle + middle + tail
        yield _named(name, "cut-out"), head + tail
        yield _named(name, "inserted"), head + garbage + middle + tail
        yield _named(name, "appended"), content + garbage
        yield _named(name, "prepended"), garbage + content


def mislabelled(face: Pixels, whole: dict[str, bytes]) -> Files:
    """No file of a format that align reads, under the names of those that it does."""
    image = Image.fromarray(face)
    archive, bomb, ball, array = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("0.jpg"), whole["baseline.jpg"])
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("0.png"), bytes(50 << 20), zipfile.ZIP_DEFLATED, 9)
    with tarfile.open(fileobj=ball, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("0.jpg"), io.BytesIO())
    np.save(array, face)
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    contents = {
        "text.jpg": b"no image\n" * 100,
        "html.jpg": b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>",
        "json.jpeg": json.dumps({"error": "rate limited"}).encode(),
        "utf16.png": "no image".encode("utf-16"),
        "pdf.jpg": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
        "postscript.tif": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n{} loop\n",
        "elf.png": b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(40),
        "program.jpg": b"MZ\x90\0" + bytes(60),
        "gzip.jpg": gzip.compress(whole["baseline.jpg"], mtime=0),
        "gzip_bomb.png": b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + _zeros(500)[2:],
        "tar.bmp": ball.getvalue(),
        "zip.webp": archive.getvalue(),
        "zip_bomb.png": bomb.getvalue(),
        "mp4.jpg": _box(b"ftypisom", b"\0\0\2\0isomiso2avc1mp41") + _box(b"mdat", bytes(100)),
        "heic.jpg": _box(b"ftypheic", b"\0\0\0\0mif1heic") + _box(b"meta", bytes(100)),
        "heic.jpeg": _box(b"ftypmif1", b"\0\0\0\0mif1heic") + struct.pack(">I", 2**32 - 1) + b"meta",
        "avif.jpg": _box(b"ftypavif", b"\0\0\0\0avifmif1miaf") + _box(b"meta", bytes(100)),
        "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>',
        "xml_bomb.png": f'<!DOCTYPE x [<!ENTITY e0 "x">{entities}]><svg>&e9;</svg>'.encode(),
        "icon.png": _encoded(image, "ICO", sizes=[(64, 64)]),
        "jpeg2000.jpg": b"\0\0\0\x0cjP  \r\n\x87\n" + _box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        "photoshop.tif": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + bytes(99),
        "hdr.jpg": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 99 +X 99\n" + bytes(99),
        "exr.tif": b"v/1\x01\2\0\0\0channels\0chlist\0" + bytes(99),
        "array.png": array.getvalue(),
        "hdf5.png": b"\x89HDF\r\n\x1a\n" + bytes(100),
        "pickle.jpg": b"\x80\x04cos\nsystem\n(X\x04\0\0\0truetR.",
        "database.jpg": b"SQLite format 3\0" + bytes(100),
        "zeros.jpg": bytes(5000),
        "ones.png": b"\xff" * 5000,
        "noise.tif": b"\0" + np.random.default_rng(0).bytes(5000),
        'odd\nname, "quoted".jpg': b"no image",
    }
    yield from contents.items()


def impossible_sizes(whole: dict[str, bytes]) -> Files:
    """Heads that claim more pixels than there can be, none, fewer than none, or all that are allowed."""
    sizes = {
        "large": (65_535, 65_535),
        "largest": (2**31 - 1, 2**31 - 1),
        "wraps": (65_536, 65_536),  # the product is 0 in 32 bits
        "wide": (2**31 - 1, 1),
        "high": (16, 2**31 - 1),
        "nothing": (0, 0),
        "no-height": (64, 0),
        "negative": (-64, -64),
        "limit": LIMIT,
    }
    for name, (width, height) in sizes.items():
        yield f"{name}.png", _png(width, height, _zeros(1)[:2000])
        yield f"{name}.bmp", _bmp(width, height, 24, 0, bytes(2000))
        yield f"{name}.tif", _tiff(_grey_tiff(width, height, 2000), bytes(2000))
        yield f"{name}.pgm", b"P5 %d %d 255\n" % (width, height) + bytes(2000)
        yield f"{name}-plain.ppm", b"P3 %d %d 255\n" % (width, height) + b"1 2 3 " * 300
        yield f"{name}-gif.png", b"GIF89a" + struct.pack("<HH", width & 0xFFFF, height & 0xFFFF) + bytes(99)
        for kind in ("baseline", "progressive"):
            yield f"{name}-{kind}.jpg", _resized_jpeg(whole[f"{kind}.jpg"], width, height)
    yield "lowest.bmp", _bmp(64, -(2**31), 24, 0, bytes(2000))
    yield "upside-down.bmp", _bmp(64, -64, 24, 0, bytes(64 * 64 * 3))
    yield "digits.pgm", b"P5 " + b"9" * 5000 + b" 9 255\n"
    for width, height in ((1, 1), (16_383, 16_383), (16_383, 7_000)):
        frame = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(200)
        yield f"lossy-{width}x{height}.webp", _webp(_chunk(b"VP8 ", frame))
        bits = struct.pack("<I", (width - 1) | (height - 1) << 14)
        yield f"lossless-{width}x{height}.webp", _webp(_chunk(b"VP8L", b"\x2f" + bits + bytes(200)))
    for width, height in ((1 << 24, 1 << 24), (1 << 24, 255), LIMIT):
        still = whole["lossy.webp"][12:]
        yield f"canvas-{width}x{height}.webp", _webp(_canvas(0, width, height) + still)
        loop = _chunk(b"ANIM", bytes(6)) + _chunk(b"ANMF", bytes(6) + b"\x5f\0\0\x6f\0\0" + bytes(4) + still)
        yield f"animated-{width}x{height}.webp", _webp(_canvas(2, width, height) + loop)


def malformed_exif(jpeg: bytes) -> Files:
    """EXIF data that no camera writes, in front of a JPEG that is whole."""

    def with_exif(body: bytes) -> bytes:
        return _with_segments(jpeg, _segment(0xE1, b"Exif\0\0" + body))

    for value in (0, 9, 65_535):
        yield f"orientation-{value}.jpg", with_exif(_tiff({EXIF_ORIENTATION: (3, 1, value)}))
    kinds = {"text": (2, 2, 0x36), "rational": (5, 1, 8), "many": (3, 4000, 8), "unknown": (99, 1, 6)}
    for name, tag in kinds.items():
        yield f"orientation-{name}.jpg", with_exif(_tiff({EXIF_ORIENTATION: tag}))
    valid = _tiff({EXIF_ORIENTATION: (3, 1, 1), 0x8769: 8, 0x8825: 8})  # further IFDs that are this one
    yield "loop.jpg", with_exif(valid)
    yield "endless.jpg", with_exif(_tiff({EXIF_ORIENTATION: (3, 1, 1)}, following=8))
    yield "beyond.jpg", with_exif(b"II*\0" + struct.pack("<I", 2**32 - 1))
    yield "many.jpg", with_exif(_tiff({EXIF_ORIENTATION: (3, 1, 1)}, claimed=65_535))
    yield "huge-value.jpg", with_exif(_tiff({EXIF_ORIENTATION: (3, 1, 1), 0x927C: (7, 2**32 - 1, 8)}))
    yield "cut.jpg", with_exif(valid[:20])
    yield "empty.jpg", with_exif(b"")
    yield "no-tiff.jpg", with_exif(b"QQ" + valid[2:])
    yield "noise.jpg", with_exif(np.random.default_rng(1).bytes(3000))
    yield "twice.jpg", _with_segments(with_exif(valid), _segment(0xE1, b"Exif\0\0" + valid))
    yield "length.jpg", jpeg[:2] + b"\xff\xe1\xff\xffExif\0\0" + valid + jpeg[2:]
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + b"<x tiff:Orientation='99999'>" * 500
    yield "xmp.jpg", _with_segments(jpeg, _segment(0xE1, xmp))


def hostile_jpeg(whole: dict[str, bytes]) -> Files:
    jpeg = whole["baseline.jpg"]
    table = _segment(0xC4, b"\0\x01" + bytes(15) + b"\0")
    profile = b"ICC_PROFILE\0"
    segments = {
        "tables": table * 5000,
        "application": _segment(0xE5, b"x" * 20) * 5000,
        "application-long": _segment(0xED, b"Photoshop 3.0\0" + bytes(60_000)) * 100,
        "comments": _segment(0xFE, b"x") * 5000,
        "icc-missing": _segment(0xE2, profile + b"\x01\xff" + bytes(100)),
        "icc-zero": _segment(0xE2, profile + b"\0\0" + bytes(100)),
        "icc-noise": _segment(0xE2, profile + b"\x01\x01" + np.random.default_rng(2).bytes(3000)),
        "mpf-noise": _segment(0xE2, b"MPF\0" + np.random.default_rng(3).bytes(300)),
        "mpf-many": _segment(0xE2, b"MPF\0" + _tiff({0xB001: 2**32 - 1, 0xB002: (7, 2**32 - 1, 8)})),
        "mpf-pages": _segment(0xE2, b"MPF\0" + _tiff({0xB001: 2, 0xB002: (7, 32, 50)}) + b"\xff" * 32),
        "adobe": _segment(0xEE, b"Adobe\0\x64\xff\xff\xff\xff\xff"),
        "photoshop": _segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x03\xed\0\0\xff\xff\xff\xff" * 50),
        "fill": b"\xff" * 100_000,
        "restart": _segment(0xDD, b"\xff\xff"),
        "restart-1": _segment(0xDD, b"\0\x01"),
        "arithmetic": _segment(0xCC, b"\0\x10"),
        "zero-length": b"\xff\xe0\0\0",
        "quantised": _segment(0xDB, bytes(65)),
        "second-head": _segment(0xC0, struct.pack(">BHHB", 8, 9000, 9000, 3) + b"\1\x11\0\2\x11\0\3\x11\0"),
        "nested": _segment(0xE0, b"JFXX\0\x10" + jpeg),
    }
    for name, content in segments.items():
        yield f"{name}.jpg", _with_segments(jpeg, content)
    for name, (width, height) in {"taller": (96, 4000), "flatter": (96, 40), "wider": (4000, 112)}.items():
        for kind in ("baseline", "progressive"):
            yield f"{name}-{kind}.jpg", _resized_jpeg(whole[f"{kind}.jpg"], width, height)
    for marker in (0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCA, 0xCF):
        yield f"process-{marker:x}.jpg", jpeg.replace(b"\xff\xc0", bytes((0xFF, marker)), 1)
    start = jpeg.index(b"\xff\xc0")
    yield "components-255.jpg", jpeg[: start + 9] + b"\xff" + jpeg[start + 10 :]
    yield "components-2.jpg", jpeg[: start + 9] + b"\x02" + jpeg[start + 10 :]
    yield "sampling.jpg", jpeg[: start + 11] + b"\x00" + jpeg[start + 12 :]
    yield "sampling-4x4.jpg", jpeg[: start + 11] + b"\x44" + jpeg[start + 12 :]
    yield "12-bit.jpg", jpeg[: start + 4] + b"\x0c" + jpeg[start + 5 :]
    scan = jpeg.index(b"\xff\xda")
    yield "no-scan.jpg", jpeg[:scan] + b"\xff\xd9"
    yield "no-tables.jpg", jpeg[: jpeg.index(b"\xff\xc4")] + jpeg[scan:]
    yield "restarts.jpg", jpeg[: scan + 14] + b"\xff\xd0\xff\xd1" * 50_000
    yield "no-end.jpg", jpeg[:-2]
    yield "only-start.jpg", b"\xff\xd8\xff"
    yield "scans.jpg", _many_scans(1024, 2500)


def hostile_png(png: bytes) -> Files:
    start, image = png[:33], png[33:]  # the signature and IHDR, and the rest

    def before(*chunks: tuple[bytes, bytes]) -> bytes:
        return start + b"".join(_png_chunk(kind, data) for kind, data in chunks) + image

    yield "inflates.png", _png(64, 64, _zeros(500))
    yield "text-bomb.png", before((b"zTXt", b"Comment\0\0" + _zeros(300)))
    yield "unicode-bomb.png", before((b"iTXt", b"Comment\0\1\0\0\0" + _zeros(300)))
    yield "profile-bomb.png", before((b"iCCP", b"icc\0\0" + _zeros(300)))
    yield "exif-profile-bomb.png", before((b"zTXt", b"Raw profile type exif\0\0" + _zeros(300)))
    yield "many-texts.png", before(*[(b"zTXt", b"k%d\0\0" % i + _zeros(1)) for i in range(100)])
    yield "many-chunks.png", before(*[(b"tEXt", b"k\0v")] * 5000)
    yield "exif-noise.png", before((b"eXIf", np.random.default_rng(4).bytes(2000)))
    yield "exif-loop.png", before((b"eXIf", _tiff({EXIF_ORIENTATION: (3, 1, 1), 0x8769: 8}, following=8)))
    yield "exif-text.png", before((b"tEXt", b"Raw profile type exif\0\nexif\n99999999\nzz"))
    yield "xmp.png", before((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='77777'/>"))
    yield "frames.png", before((b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    yield (
        "frame-size.png",
        before(
            (b"acTL", struct.pack(">II", 2, 0)),
            (b"fcTL", struct.pack(">IIIIIHHBB", 0, 2**31 - 1, 2**31 - 1, 0, 0, 0, 0, 0, 0)),
        ),
    )
    yield "empty-data.png", before(*[(b"IDAT", b"")] * 5000)
    yield "second-head.png", before((b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 2, 0, 0, 0)))
    yield "palette.png", before((b"PLTE", bytes(7)))
    yield "transparency.png", before((b"tRNS", b"\xff"))
    yield "gamma.png", before((b"gAMA", bytes(4)), (b"cHRM", bytes(3)), (b"pHYs", b"\xff"))
    yield "unknown.png", before((b"ABCD", bytes(100)))
    yield "wrong-sum.png", start[:-1] + bytes((start[-1] ^ 1,)) + image
    yield "length.png", start + b"\xff\xff\xff\xffIDAT" + image[8:]
    yield "no-data.png", start + _png_chunk(b"IEND", b"")
    yield "no-end.png", png[:-12]
    yield "twice.png", png + png
    for depth, colour, method in ((3, 2, 0), (8, 5, 0), (1, 2, 0), (32, 0, 0), (8, 2, 7), (8, 3, 0)):
        head = struct.pack(">IIBBBBB", 96, 112, depth, colour, 0, 0, method)
        yield (
            f"depth{depth}-colour{colour}-method{method}.png",
            (PNG_SIGNATURE + _png_chunk(b"IHDR", head) + image),
        )
    # these decode: a small file that comes to as many pixels as are allowed
    for depth, colour, mebibytes in ((1, 0, 15), (16, 0, 227), (8, 4, 227)):
        yield f"limit-depth{depth}-colour{colour}.png", _png(*LIMIT, _zeros(mebibytes), depth, colour)


def hostile_bmp(whole: dict[str, bytes]) -> Files:
    bmp = whole["rgb.bmp"]
    fields = {  # place and value, 32 bits
        "offset-beyond": (10, 2**32 - 1),
        "offset-zero": (10, 0),
        "head-size": (14, 2**32 - 1),
        "head-size-zero": (14, 0),
        "depth": (26, 7 << 16 | 1),
        "compression": (30, 99),
        "jpeg-inside": (30, 4),
        "fields": (30, 3),
        "colours": (46, 2**32 - 1),
    }
    for name, (place, value) in fields.items():
        yield f"{name}.bmp", bmp[:place] + struct.pack("<I", value) + bmp[place + 4 :]
    yield "palette-missing.bmp", whole["palette.bmp"][:54]
    yield "rle-ends.bmp", _bmp(96, 112, 8, 1, bytes(1024) + b"\0\1")
    yield "rle-jumps.bmp", _bmp(96, 112, 8, 1, bytes(1024) + b"\0\2\xff\xff" * 500)
    yield "rle-far.bmp", _bmp(1_000_000, 16, 8, 1, bytes(1024) + b"\0\2\xff\xff" * 500)
    yield "rle-lines.bmp", _bmp(1_000_000, 16, 8, 1, bytes(1024) + b"\1\0\0\0" * 16)
    yield "rle-absolute.bmp", _bmp(96, 112, 8, 1, bytes(1024) + b"\0\xff" * 500)
    yield "rle-4.bmp", _bmp(96, 112, 4, 2, bytes(64) + b"\xff\x12" * 500)


def hostile_tiff(face: Pixels) -> Files:
    grey = np.ascontiguousarray(face[:64, :64, 0]).tobytes()
    basic = _grey_tiff(64, 64, len(grey))
    changes: dict[str, dict[int, Tag]] = {
        "strip-beyond": {273: 2**32 - 1},
        "strip-long": {279: 2**32 - 1},
        "strip-empty": {279: 0},
        "rows-zero": {278: 0},
        "rows-many": {278: 2**32 - 1},
        "strips-many": {273: (4, 2**32 - 1, 8)},
        "strips-more": {273: (4, 1000, 8), 279: (4, 1000, 8)},
        "tile-zero": {322: 0, 323: 0, 324: 8, 325: len(grey)},
        "tile-huge": {322: 2**31 - 16, 323: 2**31 - 16, 324: 8, 325: len(grey)},
        "tile-odd": {322: 7, 323: 7, 324: 8, 325: len(grey)},
        "depth-zero": {258: 0},
        "depth-huge": {258: 65_535},
        "depth-many": {258: (3, 2**32 - 1, 8)},
        "samples-zero": {277: 0},
        "samples-huge": {277: 65_535},
        "planes": {284: 7},
        "photometric": {262: 99},
        "palette-missing": {262: 3},
        "fill-order": {266: 9},
        "sample-format": {339: 99},
        "orientation": {274: (3, 1, 65_535)},
        "predictor": {259: 5, 317: 9},
        "text-long": {270: (2, 2**32 - 1, 8)},
        "profile-long": {34_675: (7, 2**31, 8)},
        "sub-loop": {330: 8 + len(grey), 34_665: 8 + len(grey)},
        "unknown-type": {40_000: (99, 5, 5)},
    }
    for name, tags in changes.items():
        yield f"{name}.tif", _tiff(basic | tags, grey)
    # every compression of libtiff, over data that is something else
    for method in (2, 3, 4, 5, 6, 7, 8, 32_773, 32_809, 32_946, 34_676, 34_887, 34_925, 50_000, 50_001):
        yield f"compression-{method}.tif", _tiff(basic | {259: method}, grey)
    yield "endless.tif", _tiff(basic, grey, following=8 + len(grey))
    yield "many-tags.tif", _tiff(basic, grey, claimed=65_535)
    unknown: dict[int, Tag] = dict.fromkeys(range(40_000, 60_000), 1)
    yield "unknown-tags.tif", _tiff(basic | unknown, grey)
    yield "beyond.tif", b"II*\0" + struct.pack("<I", 2**32 - 1)
    yield "nowhere.tif", b"II*\0" + bytes(100)
    yield "big-endian.tif", b"MM\0*" + _tiff(basic, grey)[4:]
    yield "big.tif", b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63) + bytes(200)
    for value in (np.nan, np.inf, 1e38, -1.0):
        data = np.full((64, 64), value, "<f4").tobytes()
        tags = _grey_tiff(64, 64, len(data)) | {258: 32, 339: 3}
        yield f"float-{value}.tif", _tiff(tags, data)
    bomb = _zeros(500)
    yield "inflates.tif", _tiff(_grey_tiff(64, 64, len(bomb)) | {259: 8}, bomb)
    tile: dict[int, Tag] = {322: 20_000, 323: 20_000, 324: 8, 325: len(bomb), 259: 8}
    yield "inflating-tile.tif", _tiff(_grey_tiff(64, 64, len(bomb)) | tile, bomb)


def hostile_pgm() -> Files:
    contents = {
        "no-maximum.pgm": b"P5 64 64\n" + bytes(4096),
        "maximum-0.pgm": b"P5 64 64 0\n" + bytes(4096),
        "maximum-70000.pgm": b"P5 64 64 70000\n" + bytes(8192),
        "comment.pgm": b"P5 #" + b"x" * 200_000,
        "comments.pgm": b"P5 " + b"#x\n" * 50_000 + b"64 64 255\n" + bytes(4096),
        "spaces.pgm": b"P5" + b" " * 200_000 + b"64 64 255\n" + bytes(4096),
        "letters.pgm": b"P5 sixty four 255\n" + bytes(4096),
        "fraction.pgm": b"P5 64.5 64.5 255\n" + bytes(4096),
        "above.pgm": b"P2 64 64 255\n" + b"256 " * 4096,
        "below.pgm": b"P2 64 64 255\n" + b"-1 " * 4096,
        "long-number.pgm": b"P2 64 64 255\n" + b"1" * 200_000,
        "plain-comments.ppm": b"P3 64 64 255\n" + b"1 2 3 #\n" * 4096,
        "plain-comment.ppm": b"P3 64 64 255\n1 2 3 #" + b"x" * 200_000,
        "bits.pgm": b"P1 64 64\n" + b"2" * 4096,
        "float.pgm": b"Pf 64 64 -1.0\n" + b"\xff" * (4 * 4096),
        "float-zero.pgm": b"Pf 64 64 0\n" + bytes(4 * 4096),
        "map.ppm": b"P7\nWIDTH 64\nHEIGHT 64\nDEPTH 9\nMAXVAL 255\nTUPLTYPE X\nENDHDR\n" + bytes(99),
    }
    yield from contents.items()


def hostile_webp(whole: dict[str, bytes]) -> Files:
    webp = whole["lossy.webp"]
    still = webp[12:]
    yield "size-small.webp", webp[:4] + bytes(4) + webp[8:]
    yield "size-huge.webp", webp[:4] + b"\xff" * 4 + webp[8:]
    yield "chunk-huge.webp", webp[:16] + b"\xff" * 4 + webp[20:]
    yield "no-image.webp", _webp(_canvas(0, 96, 112))
    yield "audio.webp", webp[:8] + b"WAVE" + webp[12:]
    yield "unknown.webp", _webp(_canvas(0, 96, 112) + _chunk(b"ABCD", bytes(10)) * 5000 + still)
    noise = np.random.default_rng(5).bytes(2000)
    for flag, kind in ((0x20, b"ICCP"), (0x08, b"EXIF"), (0x04, b"XMP "), (0x10, b"ALPH")):
        first, last = (b"", still) if kind in (b"ICCP", b"ALPH") else (still, b"")
        yield (
            f"{kind.decode().strip()}-noise.webp",
            _webp(_canvas(flag, 96, 112) + first + _chunk(kind, noise) + last),
        )
    loop = _tiff({EXIF_ORIENTATION: (3, 1, 9), 0x8769: 8}, following=8)
    yield "exif-loop.webp", _webp(_canvas(0x08, 96, 112) + still + _chunk(b"EXIF", loop))
    frame = _chunk(b"ANMF", bytes(6) + b"\x5f\0\0\x6f\0\0" + bytes(4) + still)
    yield "frames.webp", _webp(_canvas(2, 96, 112) + _chunk(b"ANIM", bytes(6)) + frame * 500)
    outside = _chunk(b"ANMF", b"\xff" * 6 + b"\x5f\0\0\x6f\0\0" + bytes(4) + still)
    yield "frame-outside.webp", _webp(_canvas(2, 96, 112) + _chunk(b"ANIM", bytes(6)) + outside)


def small() -> Files:
    """Too small to hold a face, and long strips."""
    formats = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "tif": "TIFF", "ppm": "PPM"}
    for (suffix, kind), (width, height) in itertools.product(
        formats.items(), ((1, 1), (1, 5000), (5000, 1), (15, 15), (16, 16_000))
    ):
        yield f"{width}x{height}.{suffix}", _encoded(Image.new("RGB", (width, height), "brown"), kind)
    for size in ((16, 40_000), (40_000, 16)):  # less than a pixel wide at the size of detection
        yield f"{size[0]}x{size[1]}.png", _encoded(Image.new("RGB", size, "brown"), "PNG")
        yield f"{size[0]}x{size[1]}.jpg", _encoded(Image.new("RGB", size, "brown"), "JPEG")


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _named(name: str, change: str) -> str:
    stem, suffix = name.split(".")
    return f"{stem}-{suffix}-{change}.{suffix}"


def _zeros(mebibytes: int) -> bytes:
    """A zlib stream of a thousandth of what it inflates to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # complete in itself
    checksum = ((mebibytes << 20) % 65_521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * mebibytes + packer.flush() + struct.pack(">I", checksum)


def _box(kind: bytes, body: bytes) -> bytes:
    """Of an ISO media file."""
    return struct.pack(">I", 4 + len(kind) + len(body)) + kind + body


def _segment(marker: int, body: bytes) -> bytes:
    """Of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


def _with_segments(jpeg: bytes, segments: bytes) -> bytes:
    return jpeg[:2] + segments + jpeg[2:]


def _resized_jpeg(jpeg: bytes, width: int, height: int) -> bytes:
    start = next(jpeg.index(bytes((0xFF, kind))) for kind in (0xC0, 0xC2) if bytes((0xFF, kind)) in jpeg)
    return jpeg[: start + 5] + struct.pack(">HH", height & 0xFFFF, width & 0xFFFF) + jpeg[start + 9 :]


def _many_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG in which 18 bytes or so have the decoder go over all its blocks once more."""
    head = (
        _segment(0xDB, b"\0" + b"\1" * 64)
        + _segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
        + _segment(0xC4, b"\0\1" + bytes(15) + b"\0")
        + _segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")  # its only symbol: 16384 blocks without change
    )
    blocks = (side // 8) ** 2
    first = _segment(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8))
    further = _segment(0xDA, b"\1\1\0\1\x3f\0") + bytes(-(-15 * -(-blocks // 16_384) // 8))
    return b"\xff\xd8" + head + first + further * scans + b"\xff\xd9"


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(
    width: int, height: int, data: bytes, depth: int = 8, colour: int = 2, interlaced: bool = False
) -> bytes:
    size = struct.pack(">II", width & 0xFFFFFFFF, height & 0xFFFFFFFF)
    head = size + bytes((depth, colour, 0, 0, interlaced))
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _float_tiff(grey: Pixels) -> bytes:
    """Of floats of 64 bits up to 1, which Pillow does not know."""
    data = (grey / 255).astype("<f8").tobytes()
    return _tiff(_grey_tiff(grey.shape[1], grey.shape[0], len(data)) | {258: 64, 339: 3}, data)


def _heic(image: Image.Image) -> dict[str, bytes]:
    """A HEIC, where there is an encoder."""
    try:
        from pillow_heif import from_pillow
    except ImportError:
        return {}
    file = io.BytesIO()
    from_pillow(image).save(file, quality=92)
    return {"colour.heic": file.getvalue()}


def _interlaced_png(face: Pixels) -> bytes:
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    rows = (row for y, x, down, right in passes for row in face[y::down, x::right])
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return _png(face.shape[1], face.shape[0], zlib.compress(data), interlaced=True)


def _bmp(width: int, height: int, depth: int, compression: int, body: bytes) -> bytes:
    colours = 1 << depth if depth <= 8 else 0
    head = struct.pack("<IIIHHIIIIII", 40, width & 0xFFFFFFFF, height & 0xFFFFFFFF, 1, depth, compression,
                       len(body), 0, 0, colours, 0)  # fmt: skip
    return b"BM" + struct.pack("<III", 54 + len(body), 0, 54 + 4 * colours) + head + body


def _rle_bmp(grey: Pixels) -> bytes:
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    rows = (b"".join(bytes((len(list(run)), level)) for level, run in itertools.groupby(row)) + b"\0\0"
            for row in grey[::-1].tolist())  # fmt: skip
    return _bmp(grey.shape[1], grey.shape[0], 8, 1, palette + b"".join(rows) + b"\0\1")


def _tiff(tags: dict[int, Tag], data: bytes = b"", following: int = 0, claimed: int | None = None) -> bytes:
    """One IFD behind the data, which lies at 8; `claimed` is the number of tags that it says it has."""
    entries = [(tag, *(value if isinstance(value, tuple) else (4, 1, value))) for tag, value in tags.items()]
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    count = struct.pack("<H", len(entries) if claimed is None else claimed)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + count + body + struct.pack("<I", following)


def _grey_tiff(width: int, height: int, length: int) -> dict[int, Tag]:
    width, height = width & 0xFFFFFFFF, height & 0xFFFFFFFF
    return {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: length}


def _chunk(kind: bytes, body: bytes) -> bytes:
    """Of a WebP file."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _webp(chunks: bytes) -> bytes:
    return _chunk(b"RIFF", b"WEBP" + chunks)


def _canvas(flags: int, width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return _chunk(b"VP8X", struct.pack("<I", flags) + size)
