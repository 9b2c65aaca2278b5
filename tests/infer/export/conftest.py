"""Exports that several tests look at."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder, InputFormat
from infer.export.export import Export, export_onnx
from infer.export.options import ExportOptions
from infer.models.load import load_model
from infer.models.model import Model

PIXELS = InputFormat(colour="BGR", mean=(120, 110, 100), scale=(60, 50, 40))  # no defaults


@pytest.fixture(scope="session")
def faces(crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.stack(crops)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ir_lite with a threshold and an unusual input."""
    path = tmp_path_factory.mktemp("checkpoint") / "own.safetensors"
    info = CheckpointInfo(
        backbone="ir_lite",
        input_format=PIXELS,
        threshold=0.42,
        eer=0.1,
        accuracy=0.9,
        epoch=1,
        step=1,
        run="r",
        validation="v",
        trained_on="faces [red]",
        crops=CropSettings(det_size=320),
    )
    save_checkpoint(path, Encoder("ir_lite", PIXELS), info)
    return path


@pytest.fixture(scope="session")
def own(checkpoint: Path) -> Model:
    return load_model(str(checkpoint), checkpoint.parent)


@pytest.fixture(scope="session")
def exported(own: Model, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """That checkpoint in fp32, without pairs."""
    return export_onnx(own, tmp_path_factory.mktemp("exported") / "encoder.onnx", ExportOptions())
