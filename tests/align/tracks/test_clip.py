"""Short clips of the people of a group photograph, who stand before a plain wall."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from align.crops.aligner import Aligner, Rejection
from align.crops.options import AlignOptions, OnMissing
from align.tracks import clip as clip_module
from align.tracks.clip import AlignedClip, align_clip
from align.tracks.options import ClipOptions
from common.formats.shards import Alignment

from ..media.clips import write_clip

Image = NDArray[np.uint8]
EVERY_FRAME = ClipOptions(all_frames=True)
SIDE = 96  # pixels, of a portrait in a frame


@pytest.fixture(scope="module")
def everybody() -> Aligner:
    return Aligner(AlignOptions(face="all"))  # type: ignore[arg-type]


def scene(portraits: Sequence[Image], places: Iterable[tuple[int, int]], wall: int = 128) -> Image:
    """A frame with people at these columns: (person, left)."""
    frame = np.full((128, 320, 3), wall, np.uint8)
    for person, left in places:
        frame[16 : 16 + SIDE, left : left + SIDE] = cv2.resize(portraits[person], (SIDE, SIDE))
    return frame


def tracks(outcome: AlignedClip | Rejection) -> dict[int, list[int]]:
    """The frames of each track, in the order of the rows."""
    assert isinstance(outcome, AlignedClip)
    found: dict[int, list[int]] = {}
    for face in outcome.faces:
        found.setdefault(face.track, []).append(face.frame)
    return found


@pytest.fixture
def film(tmp_path: Path) -> Callable[[Iterable[Image]], Path]:
    return lambda frames: write_clip(tmp_path / "clip.mp4", frames, crf="12")


@pytest.mark.slow
def test_people_are_followed_and_the_one_of_most_frames_is_the_main_track(
    portraits: list[Image], film: Callable[[Iterable[Image]], Path], everybody: Aligner
) -> None:
    """One goes to the right and leaves, another one stands still."""
    path = film(scene(portraits, [(0, 200)] + [(1, 12 * step)] * (step < 6)) for step in range(8))
    outcome = align_clip(everybody, path, EVERY_FRAME)
    assert tracks(outcome) == {0: [0, 1, 2, 3, 4, 5], 1: list(range(8))}
    assert isinstance(outcome, AlignedClip) and (outcome.main, outcome.frames, outcome.faceless) == (1, 8, 0)
    assert outcome.faces[1].seconds == pytest.approx(0.04)
    centres = [face.face.detection.box[[0, 2]].mean() for face in outcome.faces[:6]]
    assert np.diff(centres).min() > 6  # of the one who walks

    alone = align_clip(Aligner(AlignOptions()), path, EVERY_FRAME)
    assert list(tracks(alone).values()) == [list(range(8))]


@pytest.mark.slow
def test_after_a_cut_another_person_at_the_same_place_is_another_track_and_the_same_is_known_again(
    portraits: list[Image], film: Callable[[Iterable[Image]], Path], everybody: Aligner
) -> None:
    people = [0, 0, 2, 2, 0, 0]
    path = film(scene(portraits, [(person, 110)], wall=60 + 60 * person) for person in people)
    assert tracks(align_clip(everybody, path, EVERY_FRAME)) == {0: [0, 1, 4, 5], 1: [2, 3]}


@pytest.mark.slow
def test_somebody_who_is_exchanged_before_the_same_wall_is_another_track(
    portraits: list[Image], film: Callable[[Iterable[Image]], Path], everybody: Aligner
) -> None:
    path = film(scene(portraits, [(person, 110)]) for person in (3, 3, 4, 4))
    assert tracks(align_clip(everybody, path, EVERY_FRAME)) == {0: [0, 1], 1: [2, 3]}


def test_frames_without_a_face_are_counted_and_a_clip_of_them_is_rejected(
    portraits: list[Image], film: Callable[[Iterable[Image]], Path], everybody: Aligner
) -> None:
    with_gap = align_clip(everybody, film([scene(portraits, [(0, 9)]), scene(portraits, [])]), EVERY_FRAME)
    assert isinstance(with_gap, AlignedClip) and (with_gap.frames, with_gap.faceless) == (2, 1)
    empty = film([scene(portraits, [])] * 3)
    assert align_clip(everybody, empty, EVERY_FRAME) == Rejection("no face found (in 3 frames)")
    centred = align_clip(Aligner(AlignOptions(on_missing=OnMissing.CENTER)), empty, ClipOptions(frames=2))
    assert isinstance(centred, AlignedClip) and (centred.frames, centred.faceless) == (2, 2)
    assert [face.face.alignment for face in centred.faces] == [Alignment.CENTRE] * 2


def test_frames_that_are_crops_already_are_one_track(crops: list[Image], tmp_path: Path) -> None:
    path = write_clip(tmp_path / "crops.avi", crops[:3], codec="ffv1", pixels="bgr0")
    outcome = align_clip(Aligner(AlignOptions(detector="none")), path, EVERY_FRAME)
    assert isinstance(outcome, AlignedClip) and tracks(outcome) == {0: [0, 1, 2]} and not outcome.faceless
    np.testing.assert_array_equal(outcome.faces[2].face.image, crops[2])


def test_a_truncated_clip_is_never_taken_for_whole(
    portraits: list[Image], tmp_path: Path, everybody: Aligner
) -> None:
    frames = [scene(portraits, [(0, 10 * step)]) for step in range(6)]
    path = write_clip(tmp_path / "clip.mkv", frames, codec="mjpeg", pixels="yuvj420p")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    outcome = align_clip(everybody, path, EVERY_FRAME)
    assert isinstance(outcome, AlignedClip) and 0 < len(outcome.faces) < 6
    assert {face.face.alignment for face in outcome.faces} == {Alignment.TRUNCATED}
    as_given = align_clip(Aligner(AlignOptions(detector="none")), path, EVERY_FRAME)
    assert as_given == Rejection("damaged video (it lacks its end)")


def test_what_is_no_video_or_gives_too_many_crops_is_rejected(
    portraits: list[Image],
    film: Callable[[Iterable[Image]], Path],
    everybody: Aligner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    text = align_clip(everybody, tmp_path / "text.mp4", EVERY_FRAME)
    assert isinstance(text, Rejection) and text.reason.startswith("not a video")
    monkeypatch.setattr(clip_module, "MOST_BYTES", 2 * 112 * 112 * 3)
    long = align_clip(everybody, film([scene(portraits, [(0, 9)])] * 3), EVERY_FRAME)
    assert isinstance(long, Rejection) and "take fewer of its frames" in long.reason
