import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from align.crops.choose_face import choose_faces, is_settled
from align.crops.options import FaceChoice
from align.detectors.detection import Detection, detect
from align.detectors.embedded import EmbeddedRetinaFace


def choose_face(faces: list[Detection], height: int, width: int) -> Detection:
    (chosen,) = choose_faces(faces, FaceChoice.CENTRAL, height, width)
    return chosen


def face(x0: float, y0: float, x1: float, y1: float) -> Detection:
    return Detection(np.array([x0, y0, x1, y1], np.float32), np.zeros((5, 2), np.float32), 0.9)


def test_of_two_as_central_the_larger() -> None:
    small, large = face(90, 90, 110, 110), face(60, 60, 140, 140)
    assert choose_face([small, large], 200, 200) is large
    assert choose_face([large, small], 200, 200) is large


def test_of_two_as_large_the_more_central() -> None:
    corner, middle = face(0, 0, 50, 50), face(80, 70, 130, 120)
    assert choose_face([corner, middle], 200, 200) is middle


def test_a_slightly_larger_face_at_the_edge_is_a_bystander() -> None:
    bystander, subject = face(0, 0, 60, 60), face(75, 75, 125, 125)
    assert choose_face([bystander, subject], 200, 200) is subject


def test_only_the_visible_part_counts() -> None:
    outside, inside = face(-400, 60, 80, 140), face(60, 60, 150, 140)
    assert choose_face([outside, inside], 200, 200) is inside


def test_height_and_width_are_not_confused() -> None:
    right, left = face(350, 20, 450, 120), face(20, 20, 120, 120)
    assert choose_face([left, right], 140, 800) is right


def test_in_the_group_photograph_it_does_not_depend_on_the_resolution(
    group_photograph: NDArray[np.uint8],
) -> None:
    faces = detect(EmbeddedRetinaFace(), group_photograph)
    chosen = choose_face(faces, *group_photograph.shape[:2])
    assert abs(chosen.box[0] + chosen.box[2] - 1280) == min(abs(f.box[0] + f.box[2] - 1280) for f in faces)
    doubled = [Detection(f.box * 2, f.landmarks * 2, f.score) for f in faces]
    again = choose_face(doubled, 2 * group_photograph.shape[0], 2 * group_photograph.shape[1])
    np.testing.assert_array_equal(again.box, chosen.box * 2)


def test_the_largest_whatever_its_place() -> None:
    bystander, subject = face(0, 0, 60, 60), face(75, 75, 125, 125)
    assert choose_faces([subject, bystander], FaceChoice.LARGEST, 200, 200) == [bystander]


def test_all_of_them_the_largest_first() -> None:
    small, large, middling = face(0, 0, 10, 10), face(50, 50, 100, 100), face(150, 150, 180, 180)
    found = choose_faces([small, large, middling], FaceChoice.ALL, 200, 200)
    assert found == [large, middling, small]


def test_of_no_faces_none() -> None:
    assert all(choose_faces([], choice, 200, 200) == [] for choice in FaceChoice)


@given(
    boxes=st.lists(st.tuples(*[st.floats(-50, 250)] * 2, *[st.floats(1, 150)] * 2), min_size=1, max_size=6),
    unseen=st.lists(st.tuples(*[st.floats(0, 200)] * 2, *[st.floats(1, 56)] * 2), max_size=6),
    choice=st.sampled_from([FaceChoice.CENTRAL, FaceChoice.LARGEST]),
)
def test_a_settled_choice_is_not_changed_by_small_faces(
    boxes: list[tuple[float, ...]], unseen: list[tuple[float, ...]], choice: FaceChoice
) -> None:
    found, small = ([face(x, y, x + w, y + h) for x, y, w, h in group] for group in (boxes, unseen))
    if is_settled(found, 56.0**2, choice, 200, 200):
        assert choose_faces(found + small, choice, 200, 200) == choose_faces(found, choice, 200, 200)


def test_all_faces_are_never_settled() -> None:
    assert not is_settled([face(0, 0, 200, 200)], 10.0, FaceChoice.ALL, 200, 200)
    assert not is_settled([], 10.0, FaceChoice.CENTRAL, 200, 200)
