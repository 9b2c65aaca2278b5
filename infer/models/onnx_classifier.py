"""A classifier that `infer export` wrote, in ONNX Runtime."""

import hashlib
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from common.models.classifier_checkpoint import ClassifierInfo
from common.runtime.device import Device
from common.runtime.errors import UserError
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

    def score(self, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `ClassifierModel.score`; an export without the mirror image scores the crops alone."""
        (found,) = run_outputs(self._session, crops.transpose(0, 3, 1, 2), self.file)
        if np.shape(found) != (len(crops),):
            raise UserError(f"{self.file} gives {np.shape(found)} for {len(crops)} crop(s); export it anew")
        return np.asarray(found, np.float64)
