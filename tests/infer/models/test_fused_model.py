from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.training_facts import SyntheticTraining
from common.runtime.errors import UserError
from infer.embeddings import embed_images
from infer.export.export import export_onnx
from infer.export.options import ExportOptions, Precision
from infer.models.load import load_model
from infer.models.model import Threshold


@pytest.mark.slow
def test_a_fused_checkpoint_and_its_one_onnx_file_are_models_as_any_other(
    make_fused: Callable[..., Path], portraits: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    seen = SyntheticTraining(crops=40, eer=0.1, pairs=200)
    file = make_fused({"gamma": 0.5}, threshold=0.3, threshold_from="chosen", synthetic=seen)
    model = load_model(str(file), tmp_path)
    assert model.threshold == Threshold(0.3, "chosen") and model.card.synthetic == seen
    assert (model.size, model.crops.template, model.crops.margin) == (224, "loose", 0.5)
    written = export_onnx(model, tmp_path / "fused.onnx", ExportOptions())
    exported = load_model(str(written.file), tmp_path)
    assert exported.card.fusion == model.card.fusion and model.card.fusion is not None
    assert (exported.crops, exported.threshold) == (model.crops, model.threshold)
    vectors, others = (embed_images(portraits, each).vectors for each in (model, exported))
    np.testing.assert_allclose(others, vectors, atol=1e-4)
    first, second = (model.card.fusion.probabilities(each) for each in (vectors, others))
    np.testing.assert_allclose(first, second, atol=1e-3)
    with pytest.raises(UserError, match="a fused encoder has no int8"):
        export_onnx(model, tmp_path / "small.onnx", ExportOptions(Precision.INT8))
    with pytest.raises(UserError, match="leave colour out"):
        load_model(str(file), tmp_path, "BGR")
