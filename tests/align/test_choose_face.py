import numpy as np
from numpy.typing import NDArray

from align.choose_face import choose_face
from align.detector import Detection, RetinaFace


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
    faces = RetinaFace().detect(group_photograph)
    chosen = choose_face(faces, *group_photograph.shape[:2])
    assert abs(chosen.box[0] + chosen.box[2] - 1280) == min(abs(f.box[0] + f.box[2] - 1280) for f in faces)
    doubled = [Detection(f.box * 2, f.landmarks * 2, f.score) for f in faces]
    again = choose_face(doubled, 2 * group_photograph.shape[0], 2 * group_photograph.shape[1])
    np.testing.assert_array_equal(again.box, chosen.box * 2)
