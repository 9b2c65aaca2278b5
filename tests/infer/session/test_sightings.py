"""The faces of short clips of two people of a group photograph, before a plain wall."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from align.tracks.options import ClipOptions
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.classification.clip_faces import ClipFile
from infer.classification.ensemble import load_ensemble
from infer.cropping import EVERY_FACE_AS_TRAINED, CropRequest
from infer.examine import Examiner
from infer.models.load import load_model
from infer.models.model import Model
from infer.session.sightings import see_faces

from ...align.media.clips import write_clip

Image = NDArray[np.uint8]
ALL = ClipOptions(all_frames=True)


@pytest.mark.slow
def test_every_face_is_embedded_and_classified_as_that_of_a_photograph_is(
    model: Model, portraits: list[Image], make_classifier: Callable[..., Path], tmp_path: Path
) -> None:
    frame = np.full((160, 320, 3), 128, np.uint8)
    for person, left in ((0, 10), (1, 180)):
        frame[20:140, left : left + 120] = cv2.resize(portraits[person], (120, 120))
    path = write_clip(tmp_path / "clip.avi", [frame, frame], codec="ffv1", pixels="bgr0")
    ensemble = load_ensemble([make_classifier()], Path("nowhere"), EVERY_FACE_AS_TRAINED, Device.CPU)
    seen = see_faces(ClipFile(path, ALL), model, ensemble)
    assert seen.frame.tolist() == [0, 0, 1, 1] and seen.looked_at.tolist() == [0, 0.04]
    assert sorted(seen.track.tolist()) == [0, 0, 1, 1] and not seen.truncated
    (alone,) = Examiner(model).examine([frame])
    assert alone.embedding is not None
    assert float((seen.embedding @ alone.embedding).max()) == pytest.approx(1, abs=1e-5)
    by_track = {int(track): seen.logit[seen.track == track] for track in seen.track}
    assert all(np.ptp(logits) < 1e-4 for logits in by_track.values())
    assert abs(by_track[0][0] - by_track[1][0]) > 1e-3  # each its own
    assert np.isnan(see_faces(ClipFile(path, ALL), model).logit).all()


def test_frames_that_are_crops_already_and_what_is_no_video(
    crops: list[Image], make_classifier: Callable[..., Path], tmp_path: Path
) -> None:
    as_they_are = load_model("random:ir_lite", Path("nowhere"), crops=CropRequest(aligned=True))
    path = write_clip(tmp_path / "crops.avi", crops[:2], codec="ffv1", pixels="bgr0")
    assert see_faces(ClipFile(path, ALL), as_they_are).frame.tolist() == [0, 1]
    ensemble = load_ensemble([make_classifier()], Path("nowhere"), EVERY_FACE_AS_TRAINED, Device.CPU)
    with pytest.raises(UserError, match="leave out crops"):
        see_faces(ClipFile(path, ALL), as_they_are, ensemble)
    path.write_text("no video")
    with pytest.raises(UserError, match=r"crops\.avi: not a video"):
        see_faces(ClipFile(path, ALL), as_they_are)
