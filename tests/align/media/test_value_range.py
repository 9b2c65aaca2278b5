"""TIFF in every kind of value, and the rule that says which value is white."""

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from align.media.read import ImageFile, UnreadableImageError, read_image
from align.media.value_range import ValueRange

Array = NDArray[np.uint8]
FORMATS = {"u": 1, "i": 2, "f": 3}  # SampleFormat, by the kind of a dtype


def tiff(
    values: NDArray[np.generic], order: str = "<", photometric: int | None = None, turn: int = 1
) -> bytes:
    """An uncompressed TIFF of (H, W) or (H, W, C) values, as scientists' tools write them."""
    samples = values.shape[2] if values.ndim == 3 else 1
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    bits, kind = values.dtype.itemsize * 8, FORMATS[values.dtype.kind]
    if photometric is None:
        photometric = 2 if samples > 1 else 1
    entries = [(256, values.shape[1]), (257, values.shape[0]), (258, bits), (259, 1), (262, photometric)]
    entries += [(273, 8), (274, turn), (277, samples), (278, values.shape[0]), (279, len(data)), (339, kind)]
    extra = b""
    rows = []
    for tag, value in entries:
        if tag in (258, 339) and samples > 2:
            rows.append(struct.pack(order + "HHII", tag, 3, samples, 8 + len(data) + len(extra)))
            extra += struct.pack(order + "H", value) * samples
        else:
            rows.append(struct.pack(order + "HHII", tag, 4, 1, value))
    start = 8 + len(data) + len(extra)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return head + data + extra + struct.pack(order + "H", len(rows)) + b"".join(rows) + bytes(4)


GREYS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.generic]]] = {  # from greys of 0 to 255
    "float to 1": lambda grey: (grey / 255).astype(np.float32),
    "float to 255": lambda grey: grey.astype(np.float32),
    "float to 65535": lambda grey: (grey * 257).astype(np.float32),
    "float from -1 to 1": lambda grey: (grey / 127.5 - 1).astype(np.float32),
    "float with overshoot": lambda grey: (grey / 240 - 0.03).astype(np.float32),
    "double to 1": lambda grey: grey / 255,
    "8 in 16 bits": lambda grey: grey.astype(np.uint16),
    "12 in 16 bits": lambda grey: (grey * 16).astype(np.uint16),
    "16 bits": lambda grey: (grey * 257).astype(np.uint16),
    "8 in signed 16 bits": lambda grey: grey.astype(np.int16),
    "signed 16 bits": lambda grey: (grey * 257 - 32768).astype(np.int16),
    "signed 8 bits": lambda grey: (grey - 128).astype(np.int8),
    "8 in 32 bits": lambda grey: grey.astype(np.int32),
    "8 in unsigned 32 bits": lambda grey: grey.astype(np.uint32),
    "unsigned 32 bits": lambda grey: (grey * (2**32 - 1) / 255).astype(np.uint32),
    "signed 32 bits": lambda grey: (grey * (2**31 - 1) / 255).astype(np.int32),
}


@pytest.fixture(scope="module")
def face(portraits: list[Array]) -> Array:
    """With black and white in it, as photographs have."""
    face = portraits[2].copy()
    face[:2], face[2:4] = 0, 255
    return face


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", GREYS)
def test_greys_of_every_kind_of_value_are_those_of_8_bits(
    face: Array, tmp_path: Path, kind: str, order: str
) -> None:
    grey = np.asarray(Image.fromarray(face).convert("L"))
    (tmp_path / "a.tif").write_bytes(tiff(GREYS[kind](grey.astype(np.float64)), order))
    found = read_image(tmp_path / "a.tif")
    assert (found[..., 0] == found[..., 1]).all() and (found[..., 1] == found[..., 2]).all()
    apart = np.abs(found[..., 0].astype(int) - grey)
    assert apart.max() <= (30 if "overshoot" in kind else 1)
    if kind in ("16 bits", "float to 1", "float to 255", "8 in 16 bits", "8 in 32 bits"):
        assert apart.max() == 0


def test_floats_brighter_than_white_leave_the_rest_as_bright(face: Array, tmp_path: Path) -> None:
    values = (face / 255).astype(np.float32)
    values[:4] = 7.5
    (tmp_path / "a.tif").write_bytes(tiff(values))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[4:], face[4:])


def test_floats_of_zero_mean_keep_their_contrast(face: Array, tmp_path: Path) -> None:
    values = ((face - face.mean()) / face.std()).astype(np.float32)
    (tmp_path / "a.tif").write_bytes(tiff(values))
    found = read_image(tmp_path / "a.tif")
    assert np.ptp(found) > 150 and np.corrcoef(found.ravel(), face.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("factor", [1, 4, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_16_bits_that_hold_fewer_are_not_black(face: Array, kind: str, channels: int, factor: int) -> None:
    shown = face if channels == 3 else np.repeat(face[..., 1:2], 3, axis=2)
    values = shown[..., :channels].astype(np.uint16) * factor
    data = tiff(values.squeeze()) if kind == "tiff" else cv2.imencode(".png", values[..., ::-1])[1].tobytes()
    assert np.abs(ImageFile(data).decode().astype(int) - shown).max() <= 1


def test_a_png_of_16_bits_that_is_merely_dark_stays_so(face: Array) -> None:
    for values in (face.astype(np.uint16) * 80, face[..., 1].astype(np.uint16) * 80):
        found = ImageFile(cv2.imencode(".png", values)[1].tobytes()).decode()
        assert found.max() == 255 * 80 // 256 or found.max() == 255 * 80 // 257


@pytest.mark.parametrize(
    "kind", ["float to 1", "float to 255", "double to 1", "8 in 16 bits", "8 in 32 bits"]
)
def test_colours_of_every_kind_of_value_are_those_of_8_bits(face: Array, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(GREYS[kind](face.astype(np.float64))))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), face)


def test_a_tiff_that_pillow_does_not_know_is_turned_upright_once(face: Array, tmp_path: Path) -> None:
    stored = np.ascontiguousarray(np.rot90(face)).astype(np.float32)
    (tmp_path / "a.tif").write_bytes(tiff(stored, turn=6))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), face)


def test_a_negative_is_shown_as_a_viewer_shows_it(face: Array, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(65535 - face[..., 1].astype(np.uint16) * 257, photometric=0))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[..., 1], face[..., 1])


def test_a_kind_that_is_not_read_is_named(face: Array, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff((face / 255).astype(np.float16)))
    with pytest.raises(
        UnreadableImageError, match="a TIFF of 3 floats of 16 bits a pixel is not read; convert"
    ):
        read_image(tmp_path / "a.tif")


def test_the_bound_on_bytes_holds_before_decoding(tmp_path: Path) -> None:
    whole = tiff(np.zeros((20, 20, 3), np.float64))
    huge = whole.replace(struct.pack("<HHII", 256, 4, 1, 20), struct.pack("<HHII", 256, 4, 1, 9000))
    huge = huge.replace(struct.pack("<HHII", 257, 4, 1, 20), struct.pack("<HHII", 257, 4, 1, 9000))
    (tmp_path / "a.tif").write_bytes(huge)
    with pytest.raises(UnreadableImageError, match="9000x9000 is more than 360,000,000 bytes at 64 bits"):
        read_image(tmp_path / "a.tif")


@given(st.lists(st.integers(0, 65535), min_size=1).filter(lambda values: max(values) > 20_000))
def test_16_bits_are_the_upper_byte_of_257_parts(values: list[int]) -> None:
    array = np.array(values, np.uint16)
    scale = ValueRange.of(min(values), max(values), False)
    np.testing.assert_array_equal(scale.to_8_bits(array), array // 257)


@given(st.lists(st.floats(-(2.0**90), 2.0**90, width=32), min_size=1))
def test_brighter_values_never_become_darker(values: list[float]) -> None:
    array = np.sort(np.array(values, np.float32))
    found = ValueRange.of(float(array[0]), float(array[-1]), True).to_8_bits(array)
    assert (np.diff(found.astype(int)) >= 0).all()
