from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from align.crops.aligner import NO_FACE
from common.formats.crop_frame import ARCFACE_POINTS
from infer.cropping import CropRequest
from infer.embeddings import embed_images
from infer.examine import Examined, Examiner
from infer.models.load import load_model
from infer.models.model import Model
from infer.quality import QualityWarning

Image8 = NDArray[np.uint8]
Save = Callable[[Path, Image8], Path]


@pytest.fixture(scope="module")
def examiner(model: Model) -> Examiner:
    return Examiner(model)


@pytest.fixture(scope="module")
def files(
    tmp_path_factory: pytest.TempPathFactory,
    portraits: list[Image8],
    group_photograph: Image8,
    save_jpeg: Save,
) -> list[Path]:
    """Two portraits, a group, no face, no image, a file that is missing."""
    folder = tmp_path_factory.mktemp("photographs")
    for index in range(2):
        save_jpeg(folder / f"{index}.jpg", portraits[index])
    save_jpeg(folder / "2.jpg", group_photograph)
    save_jpeg(folder / "3.jpg", np.full((200, 200, 3), 128, np.uint8))
    (folder / "4.jpg").write_text("no image")
    return [folder / f"{index}.jpg" for index in range(6)]


def test_each_photograph_is_told_in_order(examiner: Examiner, files: list[Path]) -> None:
    found = examiner.examine(files)
    assert [entry.problem for entry in found] == [None, None, None, NO_FACE, "not an image", "no such file"]
    assert [entry.faces_found for entry in found] == [1, 1, 6, 0, 0, 0]
    for entry in found[:3]:
        assert entry.face is not None and entry.embedding is not None and entry.landmarks is not None
        assert entry.embedding.shape == (examiner.model.card.embedding_size,)
        assert np.linalg.norm(entry.embedding) == pytest.approx(1, abs=1e-5)
        assert entry.landmarks.shape == (5, 2) and entry.landmarks.dtype == np.float32
        assert np.abs(entry.landmarks - ARCFACE_POINTS).max() < 15  # pixels
        assert entry.warnings == ()
    for entry in found[3:]:
        assert entry.face is entry.embedding is entry.landmarks is None and entry.warnings == ()


def test_it_embeds_as_the_pairs_do(examiner: Examiner, files: list[Path]) -> None:
    expected = embed_images(files, examiner.model, workers=1)
    for entry, vector in zip(examiner.examine(files), expected.vectors, strict=True):
        if entry.embedding is not None:
            np.testing.assert_allclose(entry.embedding, vector, atol=1e-5)
    assert {row: entry.problem for row, entry in enumerate(examiner.examine(files)) if entry.problem} == (
        expected.rejected
    )


def test_bytes_serve_as_files_do(examiner: Examiner, files: list[Path]) -> None:
    there = files[:5]
    for file, data in zip(
        examiner.examine(there), examiner.examine([path.read_bytes() for path in there]), strict=True
    ):
        assert_same(file, data)
    (empty,) = examiner.examine([b""])
    assert empty.problem == "an empty file, not an image"


def test_nothing_is_embedded_where_there_is_no_face(examiner: Examiner) -> None:
    assert examiner.examine([]) == []
    (found,) = examiner.examine([b"no image"])
    assert found.embedding is None


def test_doubts_come_along(
    examiner: Examiner, portraits: list[Image8], tmp_path: Path, save_jpeg: Save
) -> None:
    dark = save_jpeg(tmp_path / "dark.jpg", (portraits[0] * 0.15).astype(np.uint8))
    (found,) = examiner.examine([dark])
    assert QualityWarning.DARK in found.warnings and found.embedding is not None


def test_threads_may_share_it(examiner: Examiner, files: list[Path]) -> None:
    expected = examiner.examine(files)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: examiner.examine(files), range(24)))
    for answer in answers:
        for one, other in zip(answer, expected, strict=True):
            assert_same(one, other)


def assert_same(one: Examined, other: Examined) -> None:
    assert (one.problem, one.faces_found, one.warnings) == (other.problem, other.faces_found, other.warnings)
    if one.face is None or other.face is None or one.embedding is None or other.embedding is None:
        assert one.face is other.face is None
        return
    np.testing.assert_array_equal(one.face.image, other.face.image)
    np.testing.assert_array_equal(one.landmarks, other.landmarks)
    np.testing.assert_allclose(one.embedding, other.embedding, atol=1e-6)


def test_crops_are_taken_as_they_are(crops: list[Image8], tmp_path: Path, save_jpeg: Save) -> None:
    model = load_model("random:ir_lite", tmp_path, crops=CropRequest(aligned=True))
    larger = np.kron(crops[0], np.ones((2, 2, 1), np.uint8))
    sources = [save_jpeg(tmp_path / "0.png", crops[0]), save_jpeg(tmp_path / "1.png", larger)]
    for side, entry in zip((112, 224), Examiner(model).examine(sources), strict=True):
        assert entry.face is not None and entry.landmarks is not None and entry.faces_found == 1
        np.testing.assert_array_equal(entry.face.image, crops[0])
        np.testing.assert_allclose(entry.landmarks, ARCFACE_POINTS, atol=1e-3)
        scale = side / 112
        placed = (ARCFACE_POINTS + 0.5) * scale - 0.5
        np.testing.assert_allclose(entry.face.detection.landmarks, placed, atol=1e-3)
        assert QualityWarning.LOW_DETECTION_SCORE not in entry.warnings
