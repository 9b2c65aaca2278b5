"""Models, and pairs of real faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto

from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from infer.export.graph import graph_of
from infer.models.load import load_model
from infer.models.model import Model

PIXELS = InputFormat(colour="BGR", mean=(120, 110, 100), scale=(60, 50, 40))  # no defaults


@pytest.fixture(scope="session")
def model() -> Model:
    return load_model("random:ir_lite", Path("nowhere"))


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
def graph_once() -> Callable[[Encoder, bool], ModelProto]:
    """What `graph_of` gives, made once for an encoder: for tests of what becomes of it."""
    made: dict[tuple[Encoder, bool], bytes] = {}

    def graph(encoder: Encoder, mirror: bool) -> ModelProto:
        if (encoder, mirror) not in made:
            made[encoder, mirror] = graph_of(encoder, mirror).SerializeToString()
        return ModelProto.FromString(made[encoder, mirror])

    return graph


@pytest.fixture
def pair_folder(
    tmp_path: Path,
    portraits: list[NDArray[np.uint8]],
    save_jpeg: Callable[[Path, NDArray[np.uint8]], Path],
) -> Path:
    """Two genuine pairs, two of strangers, one called synthetic, one missing and one text file."""
    root = tmp_path / "pairs"
    shown = {
        "a": (0, 0),
        "b": (1, 1),
        "c": (0, 1),
        "d": (2, 3),
        "e": (4, 4),
        "missing": (5, None),
        "text": (2, None),
    }
    for name, (first, second) in shown.items():
        save_jpeg(root / name / "0.jpg", portraits[first])
        if second is not None:
            mirrored = portraits[second][:, ::-1] if first == second else portraits[second]
            save_jpeg(root / name / "1.jpg", mirrored)
    (root / "text" / "1.jpg").write_text("no image")
    lines = ["a,1,0,0", "b,1,0,0", "c,0,0,0", "d,0,0,0", "e,1,0,1", "missing,1,0,0", "text,0,0,0"]
    (root / "labels.csv").write_text("\n".join(["pair_id,label,synthetic0,synthetic1", *lines]) + "\n")
    return root


@pytest.fixture
def faces_folder(
    tmp_path: Path, portraits: list[NDArray[np.uint8]], save_jpeg: Callable[[Path, NDArray[np.uint8]], Path]
) -> Path:
    """Three bona fide photographs and three called synthetic, one without a face, and a text."""
    root = tmp_path / "faces"
    for number, portrait in enumerate(portraits):
        save_jpeg(root / ("real" if number < 3 else "fake") / f"{number}.jpg", portrait)
    save_jpeg(root / "real" / "8.jpg", np.full((200, 200, 3), 128, np.uint8))
    (root / "fake" / "9.jpg").write_text("no image")
    return root
