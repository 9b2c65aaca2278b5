"""Pairs of real faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from infer.models.load import load_model
from infer.models.model import Model


@pytest.fixture(scope="session")
def model() -> Model:
    return load_model("random:ir_lite", Path("nowhere"))


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
