"""JPEGs that lack their end: what is left of them, and whether a face in it is whole."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import AlignedFace, Aligner, Rejection
from align.crops.options import AlignOptions, OnMissing
from align.crops.reasons import LOST_FACE, ReasonKind
from align.media.read import ImageFile, UnreadableImageError, read_image
from common.formats.shards import Alignment

Array = NDArray[np.uint8]
KINDS: dict[str, dict[str, object]] = {
    "4:2:0": {},
    "4:4:4": {"subsampling": 0},
    "restarts": {"restart_marker_blocks": 3},
    "progressive": {"progressive": True},
}


@pytest.fixture(scope="module")
def scene(portraits: list[Array]) -> Array:
    """A portrait, and as much again of something else below it."""
    below = np.random.default_rng(0).normal(110, 30, (*portraits[0].shape[:2], 3)).clip(0, 255)
    return np.concatenate([portraits[0], below.astype(np.uint8)])


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


def jpeg(image: Array, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=90, **options)
    return file.getvalue()


@cache
def small_jpeg(kind: str) -> bytes:
    return jpeg(
        np.random.default_rng(1).normal(120, 50, (90, 70, 3)).clip(0, 255).astype(np.uint8), **KINDS[kind]
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_row_that_is_kept_depends_on_what_is_missing(kind: str, data: st.DataObject) -> None:
    whole = small_jpeg(kind)
    # a progressive one that ends properly after some scans is a whole file
    endings = [b"", bytes(4096)] if kind == "progressive" else [b"", bytes(4096), b"\xff\xd9"]
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))] + data.draw(st.sampled_from(endings))
    try:
        file = ImageFile(cut, allow_cut=True)
        found = file.decode()
    except UnreadableImageError:
        return
    rows = file.lost.edge if file.lost else file.height
    np.testing.assert_array_equal(found[:rows], ImageFile(whole).decode()[:rows])


@pytest.mark.parametrize("kind", ["4:2:0", "4:4:4", "restarts"])
def test_one_that_is_cut_within_the_head_of_its_scan_is_damaged(kind: str) -> None:
    whole = small_jpeg(kind)
    head = whole.index(b"\xff\xda")
    for kept in range(head, head + 13):
        with pytest.raises(UnreadableImageError, match="damaged image"):
            ImageFile(whole[:kept] + bytes(4096), allow_cut=True).decode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", [b"", b"\xff\xd9", bytes(8192)])
def test_a_face_above_the_lost_part_gives_the_crop_of_the_whole_file(
    scene: Array, aligner: Aligner, kind: str, ending: bytes
) -> None:
    whole = jpeg(scene, **KINDS[kind])
    found = aligner.align(whole[:-900] + ending)
    expected = aligner.align(whole)
    assert isinstance(found, AlignedFace) and isinstance(expected, AlignedFace), found
    assert found.alignment is Alignment.TRUNCATED and expected.alignment is Alignment.LANDMARKS
    np.testing.assert_array_equal(found.image, expected.image)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_lost_part_is_found_on_the_side_where_it_lies(scene: Array, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    whole = jpeg(scene, exif=exif)
    file = ImageFile(whole[: len(whole) // 2], allow_cut=True)
    found, expected = file.decode().astype(int), ImageFile(whole).decode()
    rows, columns = np.nonzero((found != expected).any(axis=2))
    differing = np.stack([columns, rows], axis=1)
    assert file.lost is not None and len(differing) > 1000
    along, far = differing[:, file.lost.axis], file.lost.far
    assert (along.min() if far else along.max()) == file.lost.edge
    assert file.lost.reaches(differing) and not file.lost.reaches(
        np.array([[scene.shape[1] / 4 if found.shape == scene.shape else 0, 0]])
        if far
        else np.array([[file.width - 1, file.height - 1]])
    )


def test_a_face_that_the_lost_part_reaches_is_rejected(portraits: list[Array], aligner: Aligner) -> None:
    whole = jpeg(portraits[0])
    reasons = {aligner.align(whole[: len(whole) * part // 100]) for part in (60, 65, 70)}
    assert reasons == {Rejection(LOST_FACE)} and all(
        isinstance(one, Rejection) and one.kind is ReasonKind.NO_IMAGE for one in reasons
    )


def test_where_no_face_is_left_the_file_is_to_blame(scene: Array) -> None:
    cut = jpeg(scene)[: len(jpeg(scene)) // 40]
    for options in (AlignOptions(), AlignOptions(on_missing=OnMissing.CENTER)):
        found = Aligner(options).align(cut)
        assert isinstance(found, Rejection) and found.reason.startswith("damaged image (a JPEG that lacks")


def test_a_progressive_jpeg_without_its_last_scans_is_rejected(scene: Array, aligner: Aligner) -> None:
    whole = jpeg(scene, progressive=True)
    found = aligner.align(whole[: len(whole) // 2])
    assert found == Rejection("damaged image (a JPEG that lacks its last scans, which blurs all of it)")


def test_crops_must_be_whole(crops: list[Array]) -> None:
    found = Aligner(AlignOptions(detector="none")).align(jpeg(crops[0])[:-300])
    assert isinstance(found, Rejection) and found.reason.startswith("damaged image")


def test_readers_that_cannot_be_told_of_it_get_no_cut_photograph(scene: Array, tmp_path: Path) -> None:
    (tmp_path / "0.jpg").write_bytes(jpeg(scene)[:-900])
    with pytest.raises(UnreadableImageError, match="damaged image"):
        read_image(tmp_path / "0.jpg")
