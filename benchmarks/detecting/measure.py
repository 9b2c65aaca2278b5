"""What one detector makes of photographs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, Aligner
from align.crops.options import AlignOptions
from align.detectors.detection import DetectorSettings
from align.detectors.embedded_network import MEAN_RGB
from align.detectors.resizing import shrink
from align.detectors.session import open_session
from align.media.read import read_image
from common.metrics import equal_error_rate
from common.runtime.device import Device
from infer.embeddings import embed_images
from infer.models.model import Model
from infer.pair_sets.all_pairs import MadePairs

NO_FACE = -1.0  # similarity of a pair in which a face was not found: it is never accepted

Image = NDArray[np.uint8]
Faces = list["Face | None"]


@dataclass(frozen=True)
class Face:
    """The face of a photograph."""

    crop: Image  # (112, 112, 3) RGB
    landmarks: NDArray[np.float32]  # (5, 2)


def faces_by(detector: str, device: Device) -> Callable[[Sequence[Path]], Faces]:
    """What finds the chosen face of each photograph, as `align run` does, in one process."""
    aligner = Aligner(AlignOptions(detector, device=device))

    def find(paths: Sequence[Path]) -> Faces:
        outcomes = map(aligner.align, paths)
        return [
            Face(found.image, found.detection.landmarks) if isinstance(found, AlignedFace) else None
            for found in outcomes
        ]

    return find


def faces_by_peer(paths: Sequence[Path]) -> Faces:
    """The same as a user writes it: `retinaface.detect_faces`, the best face, insightface's `norm_crop`."""
    import retinaface
    from insightface.utils.face_align import norm_crop

    faces: Faces = []
    for path in paths:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        found = retinaface.detect_faces(image)
        points = np.array([(point.x, point.y) for point in found[0].landmarks], np.float32) if found else None
        faces.append(None if points is None else Face(norm_crop(image, points), points))
    return faces


def published_alone(paths: Sequence[Path]) -> Callable[[], None]:
    """The published RetinaFace on ready tensors, one after the other, without anything else."""
    from retinaface.weights import WEIGHTS

    session = open_session(WEIGHTS, DetectorSettings(device=Device.CPU))
    mean = np.array(MEAN_RGB, np.float32)
    images = (shrink(read_image(path), DetectorSettings().det_size) for path in paths)
    tensors = [np.ascontiguousarray((image - mean).transpose(2, 0, 1)[None, ::-1]) for image in images]

    def run() -> None:
        for tensor in tensors:
            session.run(None, {"input": tensor})

    return run


def seconds_of(run: Callable[[], object]) -> float:
    """The seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def distances(faces: Faces, others: Faces) -> NDArray[np.float64]:
    """How far landmarks of faces that both found lie apart on average, in distances of the others' eyes."""
    return np.array(
        [
            np.linalg.norm(one.landmarks - other.landmarks, axis=1).mean()
            / np.linalg.norm(other.landmarks[1] - other.landmarks[0])
            for one, other in zip(faces, others, strict=True)
            if one is not None and other is not None
        ],
        np.float64,
    )


def eer_of(faces: Faces, model: Model, pairs: MadePairs, genuine: NDArray[np.bool_]) -> float:
    """The EER of a recogniser on the crops; a pair in which a face was not found counts as not accepted."""
    rows = [row for row, face in enumerate(faces) if face is not None]
    if not rows:
        return float("nan")
    found = embed_images([face.crop for face in faces if face is not None], model, aligned=True, workers=1)
    vectors = np.zeros((len(faces), found.vectors.shape[1]), np.float32)
    vectors[rows] = found.vectors
    there = vectors.any(axis=1)
    first, second = pairs.members.T
    scores = np.einsum("pd,pd->p", vectors[first], vectors[second])
    scores[~(there[first] & there[second])] = NO_FACE
    return equal_error_rate(genuine, scores).eer
