"""Exports that several tests look at."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto

from infer.export.export import Export, export_onnx
from infer.export.options import ExportOptions
from infer.models.load import load_model
from infer.models.model import Model


@pytest.fixture(scope="session")
def faces(crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.stack(crops)


@pytest.fixture(scope="session")
def own(checkpoint: Path) -> Model:
    return load_model(str(checkpoint), checkpoint.parent)


@pytest.fixture(scope="session")
def exported(
    own: Model, tmp_path_factory: pytest.TempPathFactory, graph_once: Callable[..., ModelProto]
) -> Export:
    """That checkpoint in fp32, without pairs."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("infer.export.export.graph_of", graph_once)
        return export_onnx(own, tmp_path_factory.mktemp("exported") / "encoder.onnx", ExportOptions())
