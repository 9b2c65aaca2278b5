"""A model in ONNX Runtime: an export of ours, or the face recogniser of anybody else."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from common.models.input_format import InputFormat
from common.models.weights.layouts import Colour
from common.runtime.device import Device
from common.runtime.errors import ParameterError, UserError
from common.runtime.onnx_session import open_network
from common.runtime.worker_processes import available_cores
from infer.models.foreign_onnx import open_foreign, precision_of
from infer.models.model import Model, ModelCard, Threshold, training_facts
from infer.models.notes import read_notes, settle_threshold
from infer.models.onnx_file import read_onnx, run_network
from infer.models.onnx_metadata import INPUT, OUTPUT, OnnxMetadata, read_metadata
from infer.models.unit_length import are_of_unit_length

BATCH = 64  # crops at one time, which bounds the memory
UNKNOWN_BACKBONE = "unknown"


class OnnxModel(Model):
    """A network in ONNX Runtime, on CUDA where it has that.

    An export of ours gives what it was made to give: one without the mirror image is not averaged over it.
    """

    def __init__(
        self,
        embed: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
        card: ModelCard,
        threshold: Threshold | None,
        file: Path,
        sha256: str,
        device: Device = Device.AUTO,
    ) -> None:
        self.card = card
        self.threshold = threshold
        self.file = file
        self.sha256 = sha256
        self.asked_device = device
        self._embed = embed

    @classmethod
    def open(cls, path: Path, name: str, device: Device = Device.AUTO, colour: Colour | None = None) -> Self:
        """The model of a file, called `name`, on CUDA where ONNX Runtime has it.

        What a file of somebody else does not say is assumed (`open_foreign`) and told in `card.assumed`, or
        taken from its notes, or is the `colour` given. A threshold of the notes goes before one of the file.

        Raises UserError when the file is missing, damaged, or no face recogniser, when its weights lie in
        other files, when its notes are malformed or contradict it, and when a colour is given for an export
        of ours, which takes RGB.
        """
        file = read_onnx(path)
        metadata = read_metadata(path, file.properties)
        session = open_network(file.content, str(path), available_cores(), device)
        sha256 = hashlib.sha256(file.content).hexdigest()
        if metadata is not None:
            if colour not in (None, metadata.colour):
                raise ParameterError(
                    "{} takes {}, as it says itself; leave {colour} out", path, metadata.colour
                )
            card = _card_of_export(name, metadata, embedding_size(session, metadata, path))
            threshold = settle_threshold(path, metadata.own_threshold, sha256)
            return cls(partial(run_export, session, path=path), card, threshold, path, sha256, device)
        noted = read_notes(path, sha256).input
        if colour is not None:
            noted = (noted or InputFormat()).model_copy(update={"colour": colour})
        network, assumed = open_foreign(path, session, file.model, noted)
        card = ModelCard(
            name,
            UNKNOWN_BACKBONE,
            network.input_format,
            network.embedding_size,
            precision=precision_of(file.model),
            assumed=assumed,
        )
        return cls(network.embed, card, settle_threshold(path, None, sha256), path, sha256, device)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Model.embed`; an export without the mirror image gives embeddings of the crops alone."""
        found = np.empty((len(crops), self.card.embedding_size), np.float32)
        for start in range(0, len(crops), BATCH):
            found[start : start + BATCH] = self._embed(crops[start : start + BATCH])
        if not are_of_unit_length(found):
            raise UserError(
                f"{self.file} gives embeddings that are zero or not finite: it is damaged, or does not take "
                "what it is given; what it takes can be noted beside it, in the file of its name and .json"
            )
        return found


def run_export(
    session: onnxruntime.InferenceSession, crops: NDArray[np.uint8], path: Path
) -> NDArray[np.float32]:
    """(N, size, size, 3) RGB crops to the embeddings that an export of ours gives."""
    return run_network(session, crops.transpose(0, 3, 1, 2), path)


def embedding_size(session: onnxruntime.InferenceSession, metadata: OnnxMetadata, path: Path) -> int:
    """The length of an export's embeddings. Raises UserError unless the network is what its metadata say."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    given = [(value.name, value.type, value.shape[1:]) for value in inputs]
    taken = [(value.name, value.type) for value in outputs]
    side = metadata.size
    if given != [(INPUT, "tensor(uint8)", [3, side, side])] or taken != [(OUTPUT, "tensor(float)")]:
        raise UserError(f"{path} is not what its metadata say; export it anew")
    return int(run_export(session, np.zeros((1, side, side, 3), np.uint8), path).shape[1])


def _card_of_export(name: str, metadata: OnnxMetadata, size: int) -> ModelCard:
    return ModelCard(
        name,
        metadata.backbone,
        metadata.input_format,
        size,
        precision=metadata.precision,
        fusion=metadata.fusion,
        **training_facts(metadata),
    )
