import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import AlignedFace, Aligner
from align.media.read import ImageFile, UnreadableImageError, read_image

Array = NDArray[np.uint8]
TRANSPOSE = Image.Transpose
# what a camera held that way does to an upright picture before it notes the EXIF orientation
STORED = {
    1: None,
    2: TRANSPOSE.FLIP_LEFT_RIGHT,
    3: TRANSPOSE.ROTATE_180,
    4: TRANSPOSE.FLIP_TOP_BOTTOM,
    5: TRANSPOSE.TRANSPOSE,
    6: TRANSPOSE.ROTATE_90,
    7: TRANSPOSE.TRANSVERSE,
    8: TRANSPOSE.ROTATE_270,
}


@pytest.fixture(scope="session")
def face(portraits: list[Array]) -> Array:
    return portraits[2]


@pytest.fixture(scope="session")
def aligner() -> Aligner:
    return Aligner()


def crop_of(aligner: Aligner, path: Path) -> Array:
    outcome = aligner.align(path)
    assert isinstance(outcome, AlignedFace), f"{path.name}: {outcome}"
    return outcome.image


def grey_levels_apart(first: Array, second: Array) -> float:
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
def test_lossless_formats_give_the_very_pixels(face: Array, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"face.{suffix}"
    Image.fromarray(face).save(path, **({"lossless": True} if suffix == "webp" else {}))
    found = read_image(path)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, face)


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_lossy_formats_give_nearly_the_same_crop(
    face: Array, tmp_path: Path, suffix: str, aligner: Aligner
) -> None:
    Image.fromarray(face).save(tmp_path / "exact.png")
    Image.fromarray(face).save(tmp_path / f"face.{suffix}", quality=95)
    exact = crop_of(aligner, tmp_path / "exact.png")
    assert grey_levels_apart(crop_of(aligner, tmp_path / f"face.{suffix}"), exact) < 6


@pytest.mark.parametrize(
    "name", ["grey.pgm", "grey.jpg", "grey.png", "16bit.png", "16bit.pgm", "1-alpha.png"]
)
def test_grey_images_become_rgb_of_equal_channels(
    face: Array, tmp_path: Path, name: str, aligner: Aligner
) -> None:
    grey = Image.fromarray(face).convert("L")
    path = tmp_path / name
    if name == "16bit.png":
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(path)
    elif name == "16bit.pgm":
        values = (np.asarray(grey).astype(">u2") * 257).astype(">u2")
        path.write_bytes(b"P5 %d %d 65535\n" % grey.size + values.tobytes())
    elif "alpha" in name:
        grey.convert("LA").save(path)
    else:
        grey.save(path)
    found = read_image(path)
    assert found.shape == face.shape
    assert (found[..., 0] == found[..., 1]).all() and (found[..., 1] == found[..., 2]).all()
    assert grey_levels_apart(found[..., 0], np.asarray(grey)) < (2 if name == "grey.jpg" else 0.01)
    assert crop_of(aligner, path).shape == (112, 112, 3)


def test_cmyk_palette_and_opaque_alpha_keep_the_colours(
    face: Array, tmp_path: Path, aligner: Aligner
) -> None:
    image = Image.fromarray(face)
    image.save(tmp_path / "exact.png")
    image.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    image.convert("CMYK").save(tmp_path / "cmyk.tif")
    image.quantize(256).save(tmp_path / "palette.png")
    image.convert("RGBA").save(tmp_path / "alpha.png")
    exact = crop_of(aligner, tmp_path / "exact.png")
    for name, apart in {"cmyk.jpg": 8, "cmyk.tif": 4, "palette.png": 12, "alpha.png": 0}.items():
        assert grey_levels_apart(crop_of(aligner, tmp_path / name), exact) <= apart, name


def test_transparent_parts_are_laid_over_white(tmp_path: Path) -> None:
    pixels = np.zeros((40, 30, 4), np.uint8)
    pixels[:20] = (200, 10, 30, 255)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    found = read_image(tmp_path / "x.png")
    assert (found[:20] == (200, 10, 30)).all() and (found[20:] == 255).all()
    palette = Image.fromarray(np.repeat([[0] * 30, [1] * 30], 20, axis=0).astype(np.uint8), "P")
    palette.putpalette([9, 8, 7, 0, 0, 0])
    palette.save(tmp_path / "p.png", transparency=1)
    found = read_image(tmp_path / "p.png")
    assert (found[:20] == (9, 8, 7)).all() and (found[20:] == 255).all()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_every_exif_orientation_gives_the_same_upright_face(
    face: Array, tmp_path: Path, aligner: Aligner, suffix: str
) -> None:
    Image.fromarray(face).save(tmp_path / "upright.png")
    upright = crop_of(aligner, tmp_path / "upright.png")
    for orientation, turn in STORED.items():
        stored = Image.fromarray(face)
        if turn is not None:
            stored = stored.transpose(turn)
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"orientation{orientation}.{suffix}"
        stored.save(path, exif=exif, **({"quality": 97, "subsampling": 0} if suffix == "jpg" else {}))
        if suffix == "jpg":
            assert grey_levels_apart(read_image(path), face) < 3, orientation
            assert grey_levels_apart(crop_of(aligner, path), upright) < 5, orientation
        else:
            np.testing.assert_array_equal(read_image(path), face, err_msg=str(orientation))
            np.testing.assert_array_equal(crop_of(aligner, path), upright)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has hardly any pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def test_files_that_are_no_photographs_are_refused_with_their_reason(face: Array, tmp_path: Path) -> None:
    Image.fromarray(face).save(tmp_path / "whole.jpg", quality=95)
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "header.jpg").write_bytes(whole[:100])
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    Image.new("RGB", (500, 15)).save(tmp_path / "strip.png")
    (tmp_path / "huge.png").write_bytes(png_header(30_000, 30_000))
    (tmp_path / "large.png").write_bytes(png_header(12_000, 11_000))
    (tmp_path / "vector.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n")
    reasons = {
        "half.jpg": "damaged image",
        "text.jpg": "not an image",
        "empty.jpg": "not an image",
        "dot.png": "1x1 is too small",
        "strip.png": "500x15 is too small",
        "huge.png": "more than 120,000,000 pixels",
        "large.png": "12000x11000 is more than 120,000,000 pixels",
        "absent.jpg": "no such file",
        "vector.eps": "not an image",
        "header.jpg": "",
        "folder.jpg": "",
    }
    for name, reason in reasons.items():
        with pytest.raises(UnreadableImageError) as caught:
            read_image(tmp_path / name)
        told = str(caught.value)
        assert reason in told and told and "\n" not in told, (name, told)


def test_an_image_of_the_wrong_size_is_not_called_damaged(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    (tmp_path / "large.png").write_bytes(png_header(12_000, 11_000))
    for name in ("dot.png", "large.png"):
        with pytest.raises(UnreadableImageError) as caught:
            read_image(tmp_path / name)
        assert "damaged" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["Åsa Öberg.jpg", "王小明.jpg", "🙂.jpg", "a b'c\"d.jpg", "[red].jpg", "JPEG.JPG"]
)
def test_any_name_will_do(
    face: Array, tmp_path: Path, name: str, save_jpeg: Callable[[Path, Array], Path]
) -> None:
    assert read_image(save_jpeg(tmp_path / name, face)).shape == face.shape


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tif", "pgm"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_never_raises_anything_else(
    face: Array, tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path / f"damaged.{suffix}"
    image = Image.fromarray(face[:64, :64])
    exif = Image.Exif()
    exif[0x0112] = 6
    (image.convert("L") if suffix == "pgm" else image).save(path, exif=exif)
    content = bytearray(path.read_bytes())
    flips = data.draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 7)), min_size=1, max_size=6))
    for place, bit in flips:
        content[place % len(content)] ^= 1 << bit
    path.write_bytes(content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])
    try:
        found = read_image(path)
    except UnreadableImageError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_that_of_the_upright_photograph(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (40, 64)).save(tmp_path / f"a.{suffix}", exif=exif)
    file = ImageFile(tmp_path / f"a.{suffix}")
    assert (file.height, file.width, 3) == file.decode().shape
