"""Formats beyond the usual ones, and files that are no photographs, named by their first bytes."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import AlignedFace, Aligner, Rejection
from align.crops.reasons import ReasonKind, kind_of
from align.media.formats import NO_AVIF
from align.media.pillow_images import HAS_AVIF, stated_size
from align.media.read import ImageFile, UnreadableImageError, read_image
from common.formats.shards import Alignment

from .test_read import STORED, grey_levels_apart

Array = NDArray[np.uint8]
needs_avif = pytest.mark.skipif(not HAS_AVIF, reason="this Pillow has no AVIF")


@pytest.fixture(scope="module")
def face(portraits: list[Array]) -> Array:
    return portraits[2][: portraits[2].shape[0] // 2 * 2, : portraits[2].shape[1] // 2 * 2]


def refused(path: Path) -> str:
    with pytest.raises(UnreadableImageError) as told:
        ImageFile(path).decode()
    return str(told.value)


def test_of_a_gif_the_first_frame_is_read(face: Array, tmp_path: Path) -> None:
    first, second = Image.fromarray(face).quantize(256), Image.fromarray(face[::-1]).quantize(256)
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second], duration=40)
    assert grey_levels_apart(read_image(tmp_path / "a.gif"), face) < 8
    pixels = Image.fromarray(np.repeat([[0] * 30, [1] * 30], 20, axis=0).astype(np.uint8), "P")
    pixels.putpalette([9, 8, 7, 0, 0, 0])
    pixels.save(tmp_path / "b.gif", transparency=1)
    found = read_image(tmp_path / "b.gif")
    assert (found[:20] == (9, 8, 7)).all() and (found[20:] == 255).all()


@pytest.mark.parametrize("name", ["a.tif", "a.webp", "a.png"])
def test_of_several_frames_the_first_is_read(face: Array, tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {}
    Image.fromarray(face).save(
        tmp_path / name, save_all=True, append_images=[Image.fromarray(face[::-1])], **options
    )
    np.testing.assert_array_equal(read_image(tmp_path / name), face)


@needs_avif
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_avif_is_read_upright(face: Array, tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = STORED[orientation]
    stored = Image.fromarray(face) if turn is None else Image.fromarray(face).transpose(turn)
    stored.save(tmp_path / "a.avif", quality=95, exif=exif)
    file = ImageFile(tmp_path / "a.avif")
    assert (file.height, file.width) == face.shape[:2]
    assert grey_levels_apart(file.decode(), face) < 4


@pytest.mark.slow
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_turned_once_and_nothing_is_registered(face: Array, tmp_path: Path, orientation: int) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = STORED[orientation]
    stored = Image.fromarray(face) if turn is None else Image.fromarray(face).transpose(turn)
    heif = pillow_heif.from_bytes("RGB", stored.size, stored.tobytes())
    heif.info["exif"] = exif.tobytes()
    heif.save(tmp_path / "a.jpg", quality=95)  # whatever it is called
    file = ImageFile(tmp_path / "a.jpg")
    assert (file.height, file.width) == face.shape[:2]
    assert grey_levels_apart(file.decode(), face) < 4
    assert "HEIF" not in Image.OPEN and stated_size((tmp_path / "a.jpg").read_bytes()) == face.shape[1::-1]


def test_heic_without_the_extra_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "0.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(2000))
    assert refused(tmp_path / "0.heic") == "HEIC is not read without an extra; pip install 'facetrust[heic]'"


def test_a_damaged_heic_is_called_one(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    (tmp_path / "0.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(2000))
    assert refused(tmp_path / "0.heic").startswith("damaged image (HEIC: ")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "an empty file, not an image"),
        (bytes(5000), "not an image"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "a Git LFS pointer, not an image"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomavc1" + bytes(99), "not an image but a video (MP4)"),
        (b"\0\0\0\x18ftypmp42\0\0\2\0isommp42" + bytes(99), "not an image but a video (MP4)"),
        (b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + bytes(99), "not an image but a video (QuickTime)"),
        (b"\0\0\0\x18ftyp3gp5\0\0\2\x003gp53gp4" + bytes(99), "not an image but a video (3GP)"),
        (b"\0\0\4\0moov" + bytes(99), "not an image but a video (QuickTime)"),
        (b"\x1aE\xdf\xa3" + bytes(99), "not an image but a video (Matroska or WebM)"),
        (b"RIFF\0\1\0\0AVI LIST" + bytes(99), "not an image but a video (AVI)"),
        (b"%PDF-1.7\n", "not an image but a PDF document"),
        (b"PK\3\4" + bytes(99), "not an image but a packed archive"),
        (b"\r\n<!DOCTYPE HTML><html><body>404</body>", "not an image but a web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "not an image but an XML text"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG is not read; convert it to JPEG or PNG"),
        (b'{"error": "rate limited"}', "not an image but a JSON text"),
        ("Kein Bild, Grüße".encode(), "not an image"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "JPEG XL is not read; convert it to JPEG or PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "damaged image (the head of this JPEG cannot be read)"),
        (b"\0\0\0\x18ftyphe", "damaged image (the head of this HEIC cannot be read)"),
        (b"\x89PNG\r\n\x1a\n\0\0", "damaged image (the head of this PNG cannot be read)"),
        (b"\xde\xad\xbe\xef" * 99, "not an image"),
        (b"qoif\0\0\0\x10\0\0\0\x10\3\0" + bytes(99), "QOI is not read; convert it to JPEG or PNG"),
        (bytes(99) + b"TRUEVISION-XFILE.\0", "Targa is not read; convert it to JPEG or PNG"),
        (b"II+\0\x08\0\0\0" + bytes(9), "damaged image (the head of this BigTIFF cannot be read)"),
    ],
)
def test_what_is_no_photograph_is_called_what_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "0.jpg").write_bytes(content)
    reason = refused(tmp_path / "0.jpg")
    assert reason.startswith(told) and kind_of(reason) is ReasonKind.NO_IMAGE


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.99])
@pytest.mark.parametrize("name", ["a.avif", "a.tif", "a.webp", "a.png", "a.bmp", "a.gif"])
def test_a_cut_file_is_called_damaged(face: Array, tmp_path: Path, name: str, kept: float) -> None:
    if name == "a.avif" and not HAS_AVIF:
        pytest.skip("this Pillow has no AVIF")
    options = {"compression": "tiff_lzw"} if name == "a.tif" else {}
    Image.fromarray(face).save(tmp_path / name, **options)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * kept)])
    assert refused(tmp_path / name).startswith("damaged image")


def test_what_the_system_says_of_a_file_is_the_reason(tmp_path: Path) -> None:
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "file").write_bytes(b"")
    for path in ("circle.jpg", "x" * 300 + ".jpg", "a\0b.jpg", "file/0.jpg", "absent.jpg"):
        reason = refused(tmp_path / path)
        assert reason.startswith("no such file") and kind_of(reason) is ReasonKind.NO_SUCH_FILE, path
    if os.geteuid() != 0:
        (tmp_path / "private.jpg").write_bytes(b"")
        (tmp_path / "private.jpg").chmod(0)
        assert kind_of(refused(tmp_path / "private.jpg")) is ReasonKind.CANNOT_BE_READ


@pytest.mark.shared
def test_the_kinds_of_the_cases_are_read_and_the_cut_one_is_marked(shared: Path) -> None:
    aligner = Aligner()
    found = {path.name: aligner.align(path) for path in sorted((shared / "cases" / "kinds").iterdir())}
    if not HAS_AVIF:
        assert found.pop("photo.avif") == Rejection(NO_AVIF)
    marks = {
        name: face.alignment if isinstance(face, AlignedFace) else face.reason for name, face in found.items()
    }
    assert len(marks) >= 5 and marks == dict.fromkeys(marks, Alignment.LANDMARKS) | {
        "lacks_nine_bytes.jpg": Alignment.TRUNCATED
    }


@pytest.mark.shared
def test_the_heic_of_the_cases_is_found_and_named(shared: Path) -> None:
    reason = refused(shared / "cases" / "heic-pair" / "1" / "0.heic")
    assert "HEIC" in reason and kind_of(reason) is ReasonKind.NO_IMAGE
