"""The interface of all models: aligned crops to embeddings, or two of them at a time to a similarity."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.models.crop_settings import CropSettings
from common.models.fused.fusion import Fusion
from common.models.input_format import InputFormat
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.runtime.device import Device


@dataclass(frozen=True)
class Threshold:
    """The similarity, in [-1, 1], at and above which a pair is accepted."""

    value: float
    source: str  # where it comes from, for people
    doubt: str = ""  # why it is not to be relied on, such as few pairs; empty where nothing speaks against it
    chosen_on: str = ""  # fingerprint of the pairs that it was chosen on; empty where that is not known


@dataclass(frozen=True)
class ModelCard:
    """Facts about a model, which are printed and stored in everything made with it."""

    name: str  # as it was asked for
    backbone: str
    input_format: InputFormat
    embedding_size: int  # 0 of a network of pairs
    precision: str = "fp32"
    trained_on: str = ""  # empty where the file does not say
    eer: float | None = None  # on the validation pairs of its training
    assumed: tuple[str, ...] = ()  # what the file does not say and was therefore taken for granted
    chosen: str = "as named"  # why this model, for people
    crops: CropSettings | None = None  # how the crops of its training were made; None: not known
    synthetic: SyntheticTraining | None = None  # what it was trained against; None: not known
    validated: ValidationFacts | None = None  # what `eer` and its own threshold rest on; None: not known
    fusion: Fusion | None = None  # how two towers make its embeddings; None: it is one network


def training_facts(found: Any) -> dict[str, Any]:
    """The fields that a `ModelCard`, a checkpoint's header and an export's metadata have in common."""
    return {name: getattr(found, name) for name in ("trained_on", "eer", "crops", "synthetic", "validated")}


class FaceModel(ABC):
    """What compares faces, and how photographs are cropped for it.

    Attributes:
        card: what is known of it.
        threshold: None where neither the file nor its notes say.
        file: None for untrained baselines.
        sha256: of the file as it was when it was loaded, in hexadecimal; None for untrained baselines.
        crops: how photographs are cropped for it, see `infer.cropping`; its `size` is not looked at.
        asked_device: what was asked for; of the CPU, it is where faces are looked for too.

    An instance may be used by several threads at once.
    """

    card: ModelCard
    threshold: Threshold | None
    file: Path | None
    sha256: str | None = None
    crops: CropSettings = CropSettings()
    asked_device: Device = Device.AUTO

    def __repr__(self) -> str:
        known = self.threshold.value if self.threshold else None
        return f"Model(name={self.card.name!r}, backbone={self.card.backbone!r}, threshold={known})"

    @property
    def size(self) -> int:
        """Pixels, both sides of a crop."""
        return self.card.input_format.size


class Model(FaceModel):
    """Maps aligned crops to embeddings."""

    @abstractmethod
    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, size, size, 3) RGB crops to (N, embedding_size) embeddings of unit length.

        Crop and mirror image are averaged, as is usual in verification, so that the dot product of two rows
        is the cosine similarity. Raises UserError when an embedding is zero or not finite.
        """
