"""The encoder: a backbone together with what it expects of its input."""

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat
from torch import Tensor, nn
from torch.nn import functional

from common.models.backbones import FACE_SIZE, check_size, create_backbone, stated_normalisation
from common.runtime.float32 import exact_float32

WHITE = 255.0
MIDDLE = 127.5  # (value - 127.5) / 127.5 is in [-1, 1]: what the published face networks take


def _per_channel(value: object) -> object:
    """One number stands for three equal ones, as in the checkpoints of the first version."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (value, value, value) if is_number else value


Positive = Annotated[FiniteFloat, Field(gt=0)]
Means = Annotated[tuple[FiniteFloat, FiniteFloat, FiniteFloat], BeforeValidator(_per_channel)]
Scales = Annotated[tuple[Positive, Positive, Positive], BeforeValidator(_per_channel)]


class InputFormat(BaseModel):
    """Normalisation of 8-bit RGB for a backbone: `(value - mean) / scale`, then the channel order `colour`.

    `mean` and `scale` are those of R, G and B, whatever the order of `colour`; one number means all three.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(FACE_SIZE, ge=16, le=1024)  # pixels, both sides
    colour: Literal["RGB", "BGR"] = "RGB"
    mean: Means = (MIDDLE, MIDDLE, MIDDLE)
    scale: Scales = (MIDDLE, MIDDLE, MIDDLE)


def default_input_format(backbone_name: str, size: int = FACE_SIZE) -> InputFormat:
    """The input format of a backbone where nothing else is known.

    RGB scaled to [-1, 1], the convention of insightface, for our own; for a network of timm the mean and the
    standard deviation that timm states, so that its published weights fit.

    Raises UserError for a name that timm does not know, and for a size outside 16..1024.
    """
    check_size(size)
    stated = stated_normalisation(backbone_name)
    if stated is None:
        return InputFormat(size=size)
    mean, deviation = stated
    return InputFormat(size=size, mean=_times_white(mean), scale=_times_white(deviation))


class Encoder(nn.Module):
    """Maps 8-bit RGB crops to embeddings.

    `forward` gives them as the backbone does, for training: some losses read their length. `embed` gives them
    with unit length, for comparing: their dot product is the cosine similarity.

    Args:
        backbone_name: as in `create_backbone`; the weights are random.
        input_format: that of the backbone by default.

    Raises UserError for a name or a size that there is no backbone for.
    """

    _mean: Tensor | float
    _scale: Tensor | float

    def __init__(self, backbone_name: str, input_format: InputFormat | None = None) -> None:
        super().__init__()
        self.backbone_name = backbone_name
        self.input_format = input_format or default_input_format(backbone_name)
        self.backbone = create_backbone(backbone_name, self.input_format.size)
        for parameter in self.backbone.parameters():
            if parameter.ndim == 4:  # some networks of timm have kernels of five axes beside these
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self._keep("_mean", self.input_format.mean)
        self._keep("_scale", self.input_format.scale)

    @property
    def embedding_size(self) -> int:
        """Length of an embedding."""
        return self.backbone.embedding_size

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) RGB in 0..255, any dtype, to (N, embedding_size) float32, not normalised."""
        images = crops.to(dtype=torch.float32, memory_format=torch.channels_last)
        images = (images - self._mean) / self._scale
        if self.input_format.colour == "BGR":
            images = images.flip(1)
        embeddings: Tensor = self.backbone(images).float()
        return embeddings

    def embed(self, crops: Tensor) -> Tensor:
        """Embeddings averaged over the crop and its mirror image, as is usual in verification.

        Takes what `forward` takes and gives (N, embedding_size) float32 of unit length, without gradient
        and without TF32. The caller puts the module in eval mode.
        """
        with torch.inference_mode(), exact_float32():
            seen = functional.normalize(self(crops), dim=1)
            mirrored = functional.normalize(self(crops.flip(3)), dim=1)
            return functional.normalize(seen + mirrored, dim=1)

    def _keep(self, name: str, channels: tuple[float, float, float]) -> None:
        """Keep three equal numbers as one float, which is faster; others are registered as a buffer."""
        if len(set(channels)) == 1:
            setattr(self, name, channels[0])
        else:
            # a value, not a weight: real even where the module is made on the meta device
            values = torch.tensor(channels, dtype=torch.float32, device="cpu").view(1, 3, 1, 1)
            self.register_buffer(name, values, persistent=False)


def _times_white(channels: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = channels
    return WHITE * red, WHITE * green, WHITE * blue
