import numpy as np
import pytest

from align.detectors.detection import Detection
from align.detectors.nms import iou, nms_faces
from align.detectors.resizing import enlarge, shrink
from align.detectors.retinaface import anchors, decode


def face(x0: float, y0: float, x1: float, y1: float, score: float) -> Detection:
    return Detection(np.array([x0, y0, x1, y1], np.float32), np.zeros((5, 2), np.float32), score)


def test_anchors_by_hand() -> None:
    found = anchors(16, 8)
    assert found.shape == ((2 * 1 + 1 + 1) * 2, 4)
    np.testing.assert_array_equal(
        found[:4], [[4, 4, 16, 16], [4, 4, 32, 32], [4, 12, 16, 16], [4, 12, 32, 32]]
    )
    np.testing.assert_array_equal(found[-1], [16, 16, 512, 512])


def test_a_cell_at_the_edge_counts_whole() -> None:
    assert len(anchors(17, 33)) == 2 * (3 * 5 + 2 * 3 + 1 * 2)


def test_decoding_by_hand() -> None:
    prior = np.array([[100, 50, 20, 40]], np.float32)
    box = np.array([[1, -1, 0, np.log(2) / 0.2]], np.float32)
    landmarks = np.array([[0, 0, 1, 0, 0, 1, -1, -1, 10, 10]], np.float32)
    (found,) = decode(prior, box, landmarks, np.array([0.75], np.float32))
    np.testing.assert_allclose(found.box, [92, 6, 112, 86], rtol=1e-6)
    expected = [[100, 50], [102, 50], [100, 54], [98, 46], [120, 90]]
    np.testing.assert_allclose(found.landmarks, expected, rtol=1e-6)
    assert found.score == 0.75


def test_no_anchors_no_faces() -> None:
    empty = np.zeros((0, 4), np.float32)
    assert decode(empty, empty, np.zeros((0, 10), np.float32), np.zeros(0, np.float32)) == []
    assert nms_faces([]) == []


def test_overlap_by_hand() -> None:
    box = np.array([0, 0, 2, 2], np.float32)
    others = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [2, 2, 3, 3], [1, 1, 1, 1]], np.float32)
    np.testing.assert_allclose(iou(box, others), [1, 1 / 3, 0, 0], rtol=1e-6)


def test_of_overlapping_faces_the_best_stays() -> None:
    weak, best, apart = face(0, 0, 10, 10, 0.6), face(1, 0, 11, 10, 0.9), face(50, 0, 60, 10, 0.7)
    assert nms_faces([weak, best, apart]) == [best, apart]


def test_a_suppressed_face_suppresses_none() -> None:
    chain = [face(0, 0, 10, 10, 0.9), face(4, 0, 14, 10, 0.8), face(8, 0, 18, 10, 0.7)]
    assert nms_faces(chain) == [chain[0], chain[2]]


@pytest.mark.parametrize(
    ("size", "shrunk"),
    [((100, 40), (50, 20)), ((40, 101), (20, 50)), ((50, 50), (50, 50)), ((900, 1), (50, 1))],
)
def test_shrinking_keeps_the_shape(size: tuple[int, int], shrunk: tuple[int, int]) -> None:
    assert shrink(np.zeros((*size, 3), np.uint8), 50).shape == (*shrunk, 3)


def test_a_face_is_enlarged_as_pixels_are() -> None:
    # the left edge of the image lies at -0.5, its right edge at width - 0.5
    edges = face(-0.5, -0.5, 49.5, 19.5, 0.9)
    np.testing.assert_allclose(enlarge(edges, (20, 50), (40, 150)).box, [-0.5, -0.5, 149.5, 39.5])
    assert enlarge(edges, (20, 50), (20, 50)) is edges
