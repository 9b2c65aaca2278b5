import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import detect
from align.detectors.embedded import EmbeddedRetinaFace
from align.tracks.appearance import least_difference, look_of
from align.tracks.linker import EXCHANGED, SAME

Image = NDArray[np.uint8]


def test_a_darker_and_smaller_view_looks_the_same_and_others_do_not(group_photograph: Image) -> None:
    """Six people in one light, before one wall; all looks are of unit length."""
    detector = EmbeddedRetinaFace()
    other_view = (group_photograph[::2, ::2] * 0.9).astype(np.uint8)
    one, two = (
        [
            look_of(image, face.box, face.landmarks)
            for face in sorted(detect(detector, image), key=lambda face: float(face.box[0]))
        ]
        for image in (group_photograph, other_view)
    )
    assert len(one) == len(two) == 6
    differences = np.array([[least_difference(known[None], look) for look in one] for known in one])
    np.testing.assert_allclose(np.diag(differences), 0, atol=1e-5)
    assert differences[~np.eye(6, dtype=bool)].min() > EXCHANGED
    assert max(least_difference(known[None], look) for known, look in zip(one, two, strict=True)) < SAME


def test_any_face_has_a_look(group_photograph: Image) -> None:
    """Landmarks that coincide, and a box that lies outside of the image."""
    nowhere = np.full((5, 2), 9, np.float32)
    look = look_of(group_photograph, np.array([5000, 5000, 5001, 5001], np.float32), nowhere)
    assert np.isfinite(look).all() and abs(np.linalg.norm(look) - 1) < 1e-5
