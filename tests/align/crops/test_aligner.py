from pathlib import Path

import cv2
import numpy as np
import pytest
from insightface.utils.face_align import norm_crop
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import AlignedFace, Aligner, Rejection
from align.crops.crop import crop_box, crop_face
from align.crops.options import AlignOptions, FaceChoice, OnMissing
from align.detectors.detection import detect
from align.detectors.embedded import EmbeddedRetinaFace
from align.media.read import ImageFile, read_image
from common.formats.crop_frame import Template, box_square, landmarks_in_crop
from common.formats.shards import Alignment

Array = NDArray[np.uint8]


def enlarged(image: Array, width: int) -> Array:
    height = round(image.shape[0] * width / image.shape[1])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def save(path: Path, image: Array, **options: int) -> Path:
    Image.fromarray(image).save(path, **options)
    return path


def aligned(outcome: list[AlignedFace] | Rejection) -> list[AlignedFace]:
    assert not isinstance(outcome, Rejection), outcome
    return outcome


def edges(crop: Array) -> float:
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)).mean())


def count_decodings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    reductions: list[int] = []
    decode = ImageFile.decode

    def counting(file: ImageFile, reduction: int = 1) -> Array:
        reductions.append(reduction)
        return decode(file, reduction)

    monkeypatch.setattr(ImageFile, "decode", counting)
    return reductions


def test_a_large_face_is_cropped_from_a_reduced_photograph_without_blur(
    tmp_path: Path, portraits: list[Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    aligner = Aligner()
    for number, portrait in enumerate(portraits):
        path = save(tmp_path / f"{number}.jpg", enlarged(portrait, 2400), quality=92)
        reductions = count_decodings(monkeypatch)
        (face,) = aligned(next(aligner.align_all([path])))
        monkeypatch.undo()
        assert reductions == [2], "the detector needs no more, and neither does the crop"
        whole = read_image(path)
        assert whole.shape[1] == 2400
        peer = norm_crop(whole, face.detection.landmarks)
        assert edges(face.image) > 0.9 * edges(peer)
        assert np.abs(face.image.astype(int) - peer).mean() < 2


def test_a_small_face_in_a_large_photograph_is_cropped_from_all_its_pixels(
    tmp_path: Path, portraits: list[Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = np.full((2000, 3000, 3), 90, np.uint8)
    height, width = portraits[0].shape[:2]
    scene[800 : 800 + height, 1400 : 1400 + width] = portraits[0]
    path = save(tmp_path / "scene.jpg", scene, quality=95)
    reductions = count_decodings(monkeypatch)
    (face,) = aligned(next(Aligner(AlignOptions(det_size=1500)).align_all([path])))
    monkeypatch.undo()
    assert reductions == [2, 1]
    np.testing.assert_array_equal(face.image, crop_face(read_image(path), face.detection.landmarks))
    left, top, right, bottom = face.detection.box
    assert 1400 < left < right < 1400 + width and 800 < top < bottom < 800 + height


@pytest.mark.slow
def test_reduced_and_whole_photographs_give_the_same_landmarks(
    tmp_path: Path, portraits: list[Array]
) -> None:
    image = enlarged(portraits[1], 2400)
    aligner = Aligner()
    (reduced,) = aligned(next(aligner.align_all([save(tmp_path / "a.jpg", image, quality=95)])))
    (whole,) = aligned(next(aligner.align_all([save(tmp_path / "a.png", image)])))
    eyes = np.linalg.norm(whole.detection.landmarks[0] - whole.detection.landmarks[1])
    assert np.abs(reduced.detection.landmarks - whole.detection.landmarks).max() < 0.01 * eyes


@pytest.mark.slow
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_gives_the_crop_of_the_upright_one(
    tmp_path: Path, portraits: list[Array], orientation: int
) -> None:
    upright = enlarged(portraits[2], 1400)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, 3),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.jpg", quality=98, exif=exif)
    (face,) = aligned(next(Aligner().align_all([tmp_path / "a.jpg"])))
    (expected,) = aligned(next(Aligner().align_all([save(tmp_path / "b.png", upright)])))
    assert np.abs(face.image.astype(int) - expected.image).mean() < 3
    assert ImageFile(tmp_path / "a.jpg").height == upright.shape[0]


@pytest.mark.parametrize("quarters", [0, 1, 2])
def test_a_crop_by_the_box_is_cut_from_all_pixels_and_stands_upright(
    tmp_path: Path, portraits: list[Array], quarters: int
) -> None:
    photograph = np.ascontiguousarray(np.rot90(enlarged(portraits[0], 1400), quarters))
    path = save(tmp_path / "a.jpg", photograph, quality=98)
    aligner = Aligner(AlignOptions(template=Template.BOX, size=224))
    (face,) = aligned(next(aligner.align_all([path])))
    square = box_square(face.detection.landmarks, face.detection.box, 0.2)
    assert (360 - 90 * square.quarters) % 360 == face.turned == 90 * quarters
    np.testing.assert_array_equal(face.image, crop_box(read_image(path), square, 224))
    (seen,) = detect(EmbeddedRetinaFace(), face.image)
    points = landmarks_in_crop(face.detection.landmarks, face.detection.box, aligner.frame)
    apart = seen.landmarks - points
    assert np.abs(apart).max() < 7 and np.abs(apart.mean(axis=0)).max() < 2, "where the crop shows them"
    width, height = seen.box[2:] - seen.box[:2]
    assert max(width, height) == pytest.approx(224 / 1.4, rel=0.06)


def test_all_faces_of_a_group(tmp_path: Path, group_photograph: Array) -> None:
    path = save(tmp_path / "group.png", group_photograph)
    faces = aligned(next(Aligner(AlignOptions(face=FaceChoice.ALL)).align_all([path])))
    assert len(faces) == 6
    areas = [np.prod(face.detection.box[2:] - face.detection.box[:2]) for face in faces]
    assert areas == sorted(areas, reverse=True)
    for face in faces:
        expected = norm_crop(group_photograph, face.detection.landmarks)
        assert (np.abs(face.image.astype(int) - expected) <= 1).mean() >= 0.999


@pytest.mark.slow
def test_the_central_and_the_largest_face_of_a_group(tmp_path: Path, group_photograph: Array) -> None:
    path = save(tmp_path / "group.png", group_photograph)
    (all_faces, central, largest) = (
        aligned(next(Aligner(AlignOptions(face=choice)).align_all([path])))
        for choice in (FaceChoice.ALL, FaceChoice.CENTRAL, FaceChoice.LARGEST)
    )
    np.testing.assert_array_equal(largest[0].image, all_faces[0].image)
    middles = [abs(face.detection.box[[0, 2]].mean() - 640) for face in all_faces]
    np.testing.assert_array_equal(central[0].image, all_faces[int(np.argmin(middles))].image)


def test_faces_that_are_too_small_do_not_count(tmp_path: Path, group_photograph: Array) -> None:
    path = save(tmp_path / "group.jpg", group_photograph, quality=95)
    all_faces = aligned(next(Aligner(AlignOptions(face=FaceChoice.ALL)).align_all([path])))
    sides = sorted(float(np.min(face.detection.box[2:] - face.detection.box[:2])) for face in all_faces)
    options = AlignOptions(face=FaceChoice.ALL, min_face=int(sides[2]) + 1)
    assert len(aligned(next(Aligner(options).align_all([path])))) == sum(
        s >= int(sides[2]) + 1 for s in sides
    )
    none = Aligner(AlignOptions(min_face=int(sides[-1]) + 1))
    assert next(none.align_all([path])) == Rejection("no face found")


def test_where_no_face_is_found_the_middle_is_taken_and_flagged(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (224, 448, 3), np.uint8)
    path = save(tmp_path / "noise.png", image)
    (face,) = aligned(next(Aligner(AlignOptions(on_missing=OnMissing.CENTER)).align_all([path])))
    assert face.alignment is Alignment.CENTRE
    assert np.isnan(face.detection.landmarks).all() and np.isnan(face.detection.score)
    assert face.detection.box.tolist() == [112, 0, 336, 224]
    expected = image[:, 112:336].reshape(112, 2, 112, 2, 3).mean(axis=(1, 3))
    assert np.abs(face.image - expected).max() <= 1


def test_crops_are_taken_as_they_are(tmp_path: Path, crops: list[Array]) -> None:
    aligner = Aligner(AlignOptions(detector="none"))
    paths = [save(tmp_path / f"{number}.png", crop) for number, crop in enumerate(crops)]
    for crop, outcome in zip(crops, aligner.align_all(paths), strict=True):
        (face,) = aligned(outcome)
        assert face.alignment is Alignment.AS_GIVEN
        np.testing.assert_array_equal(face.image, crop)


@pytest.mark.parametrize("readers", [1, 3])
def test_many_at_once_are_the_same_as_one_at_a_time(
    tmp_path: Path, portraits: list[Array], readers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [save(tmp_path / f"{number}.jpg", image, quality=95) for number, image in enumerate(portraits)]
    (tmp_path / "broken.jpg").write_text("broken")
    paths = [*paths[:3], tmp_path / "broken.jpg", *paths[3:], tmp_path / "absent.jpg"]
    aligner = Aligner()
    one = [aligner.align(path) for path in paths]
    assert aligner.detector is not None
    monkeypatch.setattr(aligner.detector, "batch_size", 4)
    monkeypatch.setattr(aligner, "_readers", readers)
    many = list(aligner.align_all(paths))
    assert list(aligner.align_all([])) == [] and len(list(aligner.align_all(paths * 4))) == 32
    for single, batched in zip(one, many, strict=True):
        if isinstance(single, Rejection):
            assert batched == single
        else:
            assert np.abs(aligned(batched)[0].image.astype(int) - single.image).max() <= 1
