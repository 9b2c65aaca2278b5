"""Comparison of a written ONNX file with its torch model."""

import copy
import math

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from common.models.encoder import Encoder
from common.runtime.errors import UserError, first_line
from infer.export.graph import PixelsToEmbeddings
from infer.export.options import Precision
from infer.models.model import Model

BATCHES = (1, 2, 5)
CROPS = max(BATCHES)
SEED = 20
COARSE = 8  # cells of the coarse noise on a side
# by how much a number of an embedding may differ; what integers lose is for error rates to tell
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
    encoder: Encoder, written: Model, mirror: bool, crops: NDArray[np.uint8], precision: Precision
) -> float:
    """The largest difference of a number in embeddings, of 1, 2 and 5 crops at once, from those of torch.

    Both run on the CPU, in which no shortened products (TF32) hide an error. `written` must be there.

    Raises UserError when it is more than rounding explains, or not finite.
    """
    module = PixelsToEmbeddings(copy.deepcopy(encoder).cpu(), mirror)
    largest = 0.0
    for count in BATCHES:
        batch = np.resize(crops, (count, *crops.shape[1:]))
        with torch.inference_mode():
            expected = module(torch.from_numpy(batch).permute(0, 3, 1, 2)).numpy()
        try:
            found = written.embed(batch)
        except UserError as error:
            raise UserError(f"the file does not work: {error}; {REMEDY[precision]}") from error
        largest = max(largest, float(np.abs(found - expected).max()))
    if not largest <= LARGEST[precision]:
        raise UserError(
            f"the file was not written: its embeddings differ from those of torch by up to {largest:.2g}; "
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
