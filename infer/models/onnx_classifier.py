"""A classifier that `infer export` wrote, in ONNX Runtime."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from common.models.classifier_checkpoint import ClassifierInfo
from common.models.view_names import MIRROR
from common.models.views import views_of
from common.runtime.device import Device
from common.runtime.errors import ParameterError, UserError
from common.runtime.onnx_session import open_network
from common.runtime.worker_processes import available_cores
from infer.models.classifier_model import ClassifierModel
from infer.models.onnx_classifier_metadata import OUTPUT, OnnxClassifierMetadata, read_classifier_metadata
from infer.models.onnx_file import read_onnx, run_outputs
from infer.models.onnx_metadata import INPUT


class OnnxClassifier(ClassifierModel):
    """A classifier in ONNX Runtime, on CUDA where it has that.

    It gives what it was made to give: one without the mirror image is not averaged over it.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, metadata: OnnxClassifierMetadata, file: Path, sha256: str
    ) -> None:
        self.file = file
        self.sha256 = sha256
        self.info: ClassifierInfo = metadata.info
        self.precision = metadata.precision
        self._session = session
        self._own_views = (MIRROR,) if metadata.mirror else ()

    @classmethod
    def open(cls, path: Path, device: Device = Device.AUTO) -> Self:
        """The classifier of a file, which is not trusted.

        Raises UserError when the file is missing, damaged, keeps weights in other files, is not an export of
        a classifier, or not what its metadata say.
        """
        file = read_onnx(path)
        metadata = read_classifier_metadata(path, file.properties)
        session = open_network(file.content, str(path), available_cores(), device)
        side = metadata.size
        given = [(value.name, value.type, value.shape[1:]) for value in session.get_inputs()]
        taken = [(value.name, value.type, len(value.shape)) for value in session.get_outputs()]
        if given != [(INPUT, "tensor(uint8)", [3, side, side])] or taken != [(OUTPUT, "tensor(float)", 1)]:
            raise UserError(f"{path} is not what its metadata say; export it anew")
        return cls(session, metadata, path, hashlib.sha256(file.content).hexdigest())

    def settle_views(self, asked: Sequence[str] | None) -> tuple[str, ...]:
        """See `ClassifierModel.settle_views`; of a file that has the mirror image inside, that view alone."""
        if asked is not None and self._own_views and tuple(asked) != self._own_views:
            raise ParameterError(
                "{} averages over the mirror image by itself, which no other {tta} can be made of; name the "
                "checkpoint, or export it with --no-mirror",
                self.file,
            )
        return self._own_views if asked is None else tuple(asked)

    def score(self, crops: NDArray[np.uint8], views: Sequence[str] | None = None) -> NDArray[np.float64]:
        """See `ClassifierModel.score`; an export without the mirror image is by itself of the crops alone."""
        chosen, images = self.settle_views(views), crops.transpose(0, 3, 1, 2)
        if chosen == self._own_views:
            return self._logits(images)
        each = [self._logits(view.numpy()) for view in views_of(torch.from_numpy(images), chosen)]
        mean: NDArray[np.float64] = np.mean(each, axis=0)
        return mean

    def _logits(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Of crops (N, 3, size, size), as the file gives them."""
        (found,) = run_outputs(self._session, images, self.file)
        if np.shape(found) != (len(images),):
            raise UserError(f"{self.file} gives {np.shape(found)} for {len(images)} crop(s); export it anew")
        return np.asarray(found, np.float64)
