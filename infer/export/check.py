"""Comparison of a written ONNX file with its torch model."""

import copy
import math
from collections.abc import Callable

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from common.models.classifier import Classifier
from common.models.fused.encoder import AnyEncoder
from common.runtime.errors import UserError, first_line
from infer.export.graph import PixelsToEmbeddings, PixelsToLogits
from infer.export.options import Precision
from infer.models.classifier_model import ClassifierModel
from infer.models.model import Model

BATCHES = (1, 2, 5)
CROPS = max(BATCHES)
SEED = 20
COARSE = 8  # cells of the coarse noise on a side
# by how much a number of an embedding, or a logit, may differ; what integers lose is for error rates to tell
LARGEST = {Precision.FP32: 1e-4, Precision.FP16: 0.05, Precision.INT8: math.inf}
REMEDY = {
    Precision.FP32: "please report it",
    Precision.FP16: "its numbers leave the range of fp16; export it with --precision fp32",
    Precision.INT8: "export it with --precision fp32 or fp16",
}


def noise_crops(size: int) -> NDArray[np.uint8]:
    """(5, size, size, 3) RGB crops of seeded noise, coarse and fine, for a check without photographs."""
    rng = np.random.default_rng(SEED)
    coarse = rng.integers(0, 256, (CROPS, COARSE, COARSE, 3)).astype(np.float32)
    shaded = np.stack([cv2.resize(crop, (size, size), interpolation=cv2.INTER_CUBIC) for crop in coarse])
    return (shaded + rng.normal(0, 12, shaded.shape)).clip(0, 255).astype(np.uint8)


def largest_difference(
    encoder: AnyEncoder, written: Model, mirror: bool, crops: NDArray[np.uint8], precision: Precision
) -> float:
    """The largest difference of a number in embeddings, of 1, 2 and 5 crops at once, from those of torch.

    Both run on the CPU, in which no shortened products (TF32) hide an error. `written` must be there.

    Raises UserError when it is more than rounding explains, or not finite.
    """
    module = PixelsToEmbeddings(copy.deepcopy(encoder).cpu(), mirror)
    pairs = _both(module, written.embed, crops, precision)
    largest = float(np.max([np.abs(found - expected).max() for expected, found in pairs]))
    return _within(largest, largest, precision, "embeddings")


def largest_logit_difference(
    classifier: Classifier,
    written: ClassifierModel,
    mirror: bool,
    crops: NDArray[np.uint8],
    precision: Precision,
) -> float:
    """The largest difference of a logit, of 1, 2 and 5 crops at once, from torch's; else as for encoders.

    What is allowed is relative to the largest logit, where that is above 1: logits have no bounds.
    """
    module = PixelsToLogits(copy.deepcopy(classifier).cpu(), mirror)
    pairs = _both(module, written.score, crops, precision)
    largest = float(np.max([np.abs(found - expected).max() for expected, found in pairs]))
    scale = max(1.0, *(float(np.abs(expected).max()) for expected, _ in pairs))
    return _within(largest, largest / scale, precision, "logits")


def _both(
    module: nn.Module,
    run: Callable[[NDArray[np.uint8]], NDArray[np.floating]],
    crops: NDArray[np.uint8],
    precision: Precision,
) -> list[tuple[NDArray[np.floating], NDArray[np.floating]]]:
    """What torch gives and what the file gives of each of the batches."""
    pairs = []
    for count in BATCHES:
        batch = np.resize(crops, (count, *crops.shape[1:]))
        with torch.inference_mode():
            expected = module(torch.from_numpy(batch).permute(0, 3, 1, 2)).numpy()
        try:
            pairs.append((expected, run(batch)))
        except UserError as error:
            raise UserError(f"the file does not work: {error}; {REMEDY[precision]}") from error
    return pairs


def _within(largest: float, judged: float, precision: Precision, what: str) -> float:
    """The largest difference. Raises UserError where what is `judged` is beyond the bound, or NaN."""
    if not judged <= LARGEST[precision]:
        raise UserError(
            f"the file was not written: its {what} differ from those of torch by up to {largest:.2g}; "
            f"{REMEDY[precision]}"
        )
    return largest


def check_graph(content: bytes) -> None:
    """Raise UserError unless `onnx.checker` accepts the file, shapes included."""
    try:
        onnx.checker.check_model(content, full_check=True)
    except Exception as error:  # its own and those of shape inference
        raise UserError(
            f"onnx.checker refuses the file, which was not written: {first_line(error)}"
        ) from error
