import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from infer.export.check import largest_difference, noise_crops
from infer.export.export import Export, export_onnx
from infer.export.graph import graph_of
from infer.export.options import ExportOptions, Precision
from infer.models.encoder_model import EncoderModel
from infer.models.load import load_model
from infer.models.model import Model, Threshold
from infer.models.onnx_metadata import FORMAT
from infer.models.onnx_model import OnnxModel
from infer.pair_sets.find import find_pair_set

pytestmark = pytest.mark.slow

Crops = NDArray[np.uint8]


def test_an_export_gives_the_similarities_of_the_checkpoint(
    own: Model, exported: Export, faces: Crops
) -> None:
    model = load_model(str(exported.file), exported.file.parent)
    assert isinstance(model, OnnxModel) and model.card.assumed == ()
    before, after = own.embed(faces), model.embed(faces)
    np.testing.assert_allclose(after @ after.T, before @ before.T, atol=1e-4)
    assert exported.difference < 1e-4 and exported.bytes == exported.file.stat().st_size
    assert model.threshold == Threshold(0.42, "the model's own, from its validation pairs")
    said, was = model.card, own.card
    assert (said.backbone, said.input_format, said.embedding_size) == ("ir_lite", was.input_format, 128)
    assert (said.trained_on, said.eer, said.precision) == ("faces [red]", 0.1, "fp32")
    assert model.crops == own.crops == CropSettings(det_size=320)
    with pytest.raises(UserError, match="takes RGB, as it says itself"):
        load_model(str(exported.file), exported.file.parent, "BGR")


def test_anybody_can_use_the_file(own: Model, exported: Export, faces: Crops) -> None:
    session = onnxruntime.InferenceSession(exported.file, providers=["CPUExecutionProvider"])
    for count in (1, 2, 5):
        pixels = np.ascontiguousarray(faces[:count].transpose(0, 3, 1, 2))
        (found,) = session.run(["embedding"], {"crops": pixels})
        np.testing.assert_allclose(found, own.embed(faces[:count]), atol=1e-4)
    said = session.get_modelmeta().custom_metadata_map
    assert said["format"] == FORMAT and said["colour"] == "RGB" and said["backbone_colour"] == "BGR"
    assert json.loads(said["mean"]) == [120, 110, 100] and json.loads(said["threshold"]) == 0.42
    assert json.loads(said["mirror"]) is True and json.loads(said["opset"]) == 18


def test_the_file_tells_nothing_of_the_machine_and_is_the_same_again(
    own: Model, exported: Export, tmp_path: Path, repository: Path
) -> None:
    content = exported.file.read_bytes()
    assert str(repository).encode() not in content and b"site-packages" not in content
    export_onnx(own, tmp_path / "again.onnx", ExportOptions())
    assert (tmp_path / "again.onnx").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["again.onnx"]


def test_without_the_mirror_image_and_with_a_threshold(own: Model, tmp_path: Path, faces: Crops) -> None:
    export_onnx(own, tmp_path / "half.onnx", ExportOptions(mirror=False, threshold=0.3))
    model = load_model(str(tmp_path / "half.onnx"), tmp_path)
    assert isinstance(own, EncoderModel)
    with torch.inference_mode():
        alone = own.encoder(torch.from_numpy(faces).permute(0, 3, 1, 2).to(own.device)).cpu().numpy()
    alone /= np.linalg.norm(alone, axis=1, keepdims=True)
    np.testing.assert_allclose(model.embed(faces), alone, atol=1e-4)
    assert model.threshold == Threshold(0.3, "given to the export")


@pytest.mark.parametrize("backbone", ["mobilefacenet", "timm:resnet10t"])
def test_other_backbones_can_be_exported(backbone: str, tmp_path: Path, faces: Crops) -> None:
    before = load_model(f"random:{backbone}", tmp_path)
    export_onnx(before, tmp_path / "e.onnx", ExportOptions())
    after = OnnxModel.open(tmp_path / "e.onnx", "e")
    np.testing.assert_allclose(after.embed(faces), before.embed(faces), atol=1e-4)
    assert after.threshold is None


def test_smaller_files_tell_what_they_lose(
    own: Model,
    pair_folder: Path,
    tmp_path: Path,
    graph_once: Callable[..., onnx.ModelProto],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infer.export.export.graph_of", graph_once)
    pairs = find_pair_set(pair_folder)
    sizes = {}
    for precision in Precision:
        found = export_onnx(own, tmp_path / f"{precision}.onnx", ExportOptions(precision), pairs, 1)
        loss, model = found.metadata.eer_on, OnnxModel.open(found.file, "e")
        assert loss is not None and (loss.genuine, loss.impostors) == (2, 3) and found.without_face == 2
        assert model.card.precision == precision and model.threshold is not None
        sizes[precision] = found.bytes
        if precision is Precision.FP32:
            assert loss.eer == loss.eer_before and found.threshold_before is None
            assert model.threshold.value == 0.42
        else:
            assert found.threshold_before == 0.42 and "0.4200, carried over" in model.threshold.source
            assert model.threshold.value == pytest.approx(0.42, abs=0.1)
    assert sizes[Precision.INT8] < 0.6 * sizes[Precision.FP32]  # the head, half of this network, stays float
    assert sizes[Precision.FP16] < 0.6 * sizes[Precision.FP32]


def test_what_cannot_be_exported_is_told(own: Model, exported: Export, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is an ONNX file already; name the checkpoint"):
        export_onnx(OnnxModel.open(exported.file, "encoder.onnx"), tmp_path / "e.onnx", ExportOptions())
    with pytest.raises(UserError, match=r"--out \*\.onnx"):
        export_onnx(own, tmp_path / "e.pt", ExportOptions())
    with pytest.raises(UserError, match="add --pairs"):
        export_onnx(own, tmp_path / "e.onnx", ExportOptions(Precision.INT8))
    with pytest.raises(UserError, match="threshold must be from -1 to 1"):
        ExportOptions(threshold=math.nan)
    with torch.device("meta"):
        large = Encoder("ir_lite")
        large.backbone.more = torch.nn.Parameter(torch.empty(600_000_000))
    with pytest.raises(UserError, match=r"2\.4 GB of weights, but an ONNX file holds 2 GB"):
        graph_of(large, True)
    assert not list(tmp_path.iterdir())


def test_a_file_that_gives_something_else_is_refused(own: Model, exported: Export, faces: Crops) -> None:
    written = OnnxModel.open(exported.file, "e")
    with pytest.raises(UserError, match="differ from those of torch"):
        largest_difference(Encoder("ir_lite").eval(), written, True, faces, Precision.FP32)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("format", "facetrust-onnx-9", "is of format facetrust-onnx-9, not facetrust-onnx-1"),
        ("threshold", "2", "damaged metadata"),
        ("threshold", "NaN", "damaged metadata"),
        ("mean", "[1, 2", "damaged metadata"),
        ("scale", "[0, 0, 0]", "damaged metadata"),
        ("size", "64", "is not what its metadata say"),
        ("mirror", "[" * 100_000, "damaged metadata"),
        ("precision", "fp7", "damaged metadata"),
    ],
)
def test_metadata_are_not_trusted(exported: Export, tmp_path: Path, key: str, value: str, told: str) -> None:
    model = onnx.load_model(exported.file)
    onnx.helper.set_model_props(model, exported.metadata.as_properties() | {key: value})
    onnx.save_model(model, tmp_path / "e.onnx")
    with pytest.raises(UserError, match=told):
        OnnxModel.open(tmp_path / "e.onnx", "e")


def test_crops_of_noise_are_always_the_same() -> None:
    crops = noise_crops(112)
    assert crops.shape == (5, 112, 112, 3) and np.array_equal(crops, noise_crops(112))
    assert all(crop.std() > 15 for crop in crops) and len({crop.tobytes() for crop in crops}) == 5


@pytest.mark.shared
def test_the_error_rates_of_real_weights_stay(shared: Path, tmp_path: Path) -> None:
    photographs = sorted((shared / "faces/lfw10").glob("*/*.jpg"))[:40]
    lines = [
        f"{one.parent.name}/{one.name},{other.parent.name}/{other.name},{int(one.parent == other.parent)}"
        for index, one in enumerate(photographs)
        for other in photographs[:index]
    ]
    (tmp_path / "pairs.csv").write_text("\n".join(["path1,path2,label", *lines]))
    pairs = find_pair_set(tmp_path / "pairs.csv", shared / "faces/lfw10")
    model = load_model(str(shared / "weights/mobilefacenet.pt"), tmp_path)
    for precision, allowed in ((Precision.FP16, 0.001), (Precision.INT8, 0.01)):
        found = export_onnx(
            model, tmp_path / f"{precision}.onnx", ExportOptions(precision, threshold=0.3), pairs, 1
        )
        loss = found.metadata.eer_on
        assert loss is not None and loss.eer_before < 0.01
        assert loss.eer <= loss.eer_before + allowed
