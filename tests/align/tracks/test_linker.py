"""Faces are given by their boxes and by looks that are made up: 0 apart of one person, 1 of two."""

import numpy as np

from align.tracks.linker import EXCHANGED, SAME, SeenFace, TrackLinker


def face(left: float, person: int, change: float = 0.0) -> SeenFace:
    """A face 100 pixels wide; its look differs by `change` from the person's own."""
    look = np.zeros(8, np.float32)
    look[person], look[7] = 1 - change, np.sqrt(1 - (1 - change) ** 2)
    return SeenFace(np.array([left, 0, left + 100, 100], np.float32), look)


def test_two_people_who_cross_keep_their_tracks_whatever_the_order_of_the_detections() -> None:
    linker = TrackLinker()
    for step in range(21):
        faces = [face(20.0 * step, 0), face(400 - 20.0 * step, 1)]
        told = linker.link(faces[:: 1 if step % 3 else -1], step / 10, shot=0)
        assert told == ([0, 1] if step % 3 else [1, 0])


def test_tracks_are_numbered_by_first_appearance_and_then_from_left_to_right() -> None:
    linker = TrackLinker()
    assert linker.link([face(500, 0), face(300, 1)], 0, 0) == [1, 0]
    assert linker.link([face(900, 2), face(300, 1), face(500, 0), face(0, 3)], 0.04, 0) == [3, 0, 1, 2]
    assert linker.link([], 0.08, 0) == []


def test_a_head_that_turns_stays_one_track_while_it_is_seen_to_turn() -> None:
    turned = face(0, 0, (SAME + EXCHANGED) / 2)
    followed, left_alone = TrackLinker(), TrackLinker()
    for linker in (followed, left_alone):
        linker.link([face(0, 0)], 0, 0)
    assert followed.link([turned], 0.04, 0) == [0]
    assert left_alone.link([turned], 5, 0) == [1]


def test_another_person_at_the_same_place_is_another_track() -> None:
    """After a cut, after seconds, and also in the next frame of one shot."""
    for seconds, shot in ((0.04, 1), (5.0, 0), (0.04, 0)):
        linker = TrackLinker()
        assert linker.link([face(0, 0)], 0, 0) == [0]
        assert linker.link([face(0, 1)], seconds, shot) == [1]


def test_a_person_is_known_again_after_a_cut_and_after_a_gap_wherever_it_is() -> None:
    linker = TrackLinker()
    assert linker.link([face(0, 0), face(200, 1)], 0, 0) == [0, 1]
    assert linker.link([face(900, 2)], 0.04, 1) == [2]
    assert linker.link([face(300, 1), face(700, 0, SAME / 2)], 9, 1) == [1, 0]


def test_no_two_faces_of_a_frame_are_one_track() -> None:
    linker = TrackLinker()
    linker.link([face(0, 0)], 0, 0)
    assert linker.link([face(400, 0), face(3, 0)], 0.04, 0) == [1, 0]


def test_a_face_is_expected_where_its_way_leads() -> None:
    """It turns while it moves by more than half its width."""
    linker = TrackLinker()
    linker.link([face(0, 0)], 0, 0)
    linker.link([face(30, 0)], 0.1, 0)
    assert linker.link([face(105, 0, EXCHANGED * 0.9)], 0.3, 0) == [0]
