"""A video in the place of a photograph: which of its frames stand for it, and who else is told of."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from infer import best_frames
from infer.embed import embed_source
from infer.examine import Examiner
from infer.models.model import Model
from infer.verify import verdicts_of

from ..align.media.clips import write_clip

Image = NDArray[np.uint8]
SHARP = (1, 3)


@pytest.fixture(scope="module")
def video(portraits: list[Image], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One large face, blurred in all frames but two, and a small one beside it."""
    frames = []
    for number in range(5):
        frame = np.full((170, 280, 3), 128, np.uint8)
        face = cv2.resize(portraits[0], (150, 150))
        frame[10:160, 10:160] = face if number in SHARP else cv2.GaussianBlur(face, (0, 0), 3)
        frame[70:160, 180:270] = cv2.resize(portraits[1], (90, 90))
        frames.append(frame)
    path = tmp_path_factory.mktemp("best") / "a" / "anna.avi"
    path.parent.mkdir()
    return write_clip(path, frames, codec="ffv1", pixels="bgr0")


@pytest.mark.slow
def test_the_best_frames_of_the_leading_face_are_averaged(
    video: Path, model: Model, portraits: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(best_frames, "MOST", len(SHARP))
    clip, photograph = Examiner(model).examine([video, portraits[0]])
    assert clip.clip is not None and clip.embedding is not None and photograph.embedding is not None
    assert sorted(clip.clip.frame) == list(SHARP) and clip.clip.seen == clip.clip.looked_at == 5
    assert clip.face is not None and clip.face.detection.box[0] < 100 and clip.faces_found == 2
    own = model.embed(clip.clip.crops).mean(axis=0)
    np.testing.assert_allclose(clip.embedding, own / np.linalg.norm(own), atol=1e-6)
    (found,) = verdicts_of([clip, photograph], 0.5)
    assert found.similarity is not None and found.similarity > 0.8
    assert found.why[1] == "the first video: 2 of 5 frames of it are averaged, those at 0.04, 0.12 s"
    assert found.doubts == (
        "the first video shows at least 2 people; whoever is the most prominent one in most frames counts",
    )


@pytest.mark.slow
def test_a_video_has_a_row_among_the_embeddings_of_photographs(
    video: Path,
    model: Model,
    portraits: list[Image],
    save_jpeg: Callable[[Path, Image], Path],
    tmp_path: Path,
) -> None:
    root = video.parent.parent
    save_jpeg(root / "b" / "0.jpg", portraits[2])
    (root / "b" / "1.mp4").write_text("no video")
    found = embed_source(root, tmp_path / "x.h5", model, 1)
    assert (found.rows, found.rejected) == (2, 1) and found.frames_file is not None
    (clip,) = Examiner(model).examine([video])
    with h5py.File(found.file) as file:
        assert file["path"].asstr()[:].tolist() == ["a/anna.avi", "b/0.jpg"]
        assert file["identity"].asstr()[:].tolist() == ["a", "b"]
        np.testing.assert_array_equal(file["embedding"][0], clip.embedding)
    with found.frames_file.open(newline="") as table:
        rows = list(csv.reader(table))
    assert rows[0] == ["path", "frame", "seconds"] and len(rows) == 6
    assert rows[2] == ["a/anna.avi", "1", "0.040"]
    assert "b/1.mp4,not a video but a text" in found.rejects_file.read_text()
    alone = embed_source(video, tmp_path / "alone.npy", model, 1)
    assert alone.rows == 1
