"""Static int8 quantisation by ONNX Runtime, calibrated on crops."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from common.runtime.onnx_session import CPU
from infer.export.silence import silence
from infer.models.onnx_metadata import INPUT

LAYERS = {"Conv", "Gemm", "MatMul"}
CALIBRATION_CROPS = 256
BATCH = 8


def quantise(model: ModelProto, crops: NDArray[np.uint8], folder: Path) -> ModelProto:
    """The graph with weights in int8, a scale per channel, and activations in uint8, in the QDQ format.

    The range of each activation is the smallest and largest value over the crops (`CalibrationMethod.MinMax`:
    percentiles and entropy gave no better error rates, and took ten times as long). The first and the last
    layer, and all before and behind them, stay in float32: they are little work, and what they lose is lost
    for all. On x86 processors without VNNI (before 2019) sums of such products can saturate.

    Args:
        model: as `infer.export.graph.graph_of` makes it.
        crops: (N, size, size, 3) RGB.
        folder: for temporary files.
    """
    folded, quantised = folder / "folded.onnx", folder / "quantised.onnx"
    _fold(model, folded)
    with silence():
        quantize_static(
            folded,
            quantised,
            CropReader(crops),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=_ends(onnx.load_model(folded)),
        )
    return onnx.load_model(quantised)


def calibration_rows(usable: NDArray[np.int64]) -> NDArray[np.int64]:
    """Up to 256 of the rows of crops, evenly chosen."""
    count = min(len(usable), CALIBRATION_CROPS)
    return usable[np.linspace(0, len(usable) - 1, count).round().astype(np.int64)]


class CropReader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no annotations
    """Batches of crops, as the calibration asks for them."""

    def __init__(self, crops: NDArray[np.uint8]) -> None:
        self._batches = iter([crops[start : start + BATCH] for start in range(0, len(crops), BATCH)])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """The next batch by the name of the input, None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}


def _fold(model: ModelProto, file: Path) -> None:
    """Write the graph with batch normalisations folded into the layers before them, as runtimes would do."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(file)
    options.log_severity_level = 4
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=[CPU])


def _ends(model: ModelProto) -> list[str]:
    """The names of the nodes up to the first layer, and from the last one on; they are in order of use."""
    nodes = model.graph.node
    layers = [index for index, node in enumerate(nodes) if node.op_type in LAYERS]
    return [node.name for node in [*nodes[: layers[0] + 1], *nodes[layers[-1] :]]] if layers else []
