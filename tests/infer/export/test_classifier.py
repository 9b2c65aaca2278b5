"""ONNX files of classifiers: what they give, say, lose, and refuse."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint
from common.models.crop_settings import CropSettings
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.classification.ensemble import Ensemble, load_ensemble
from infer.classification.request import AS_IT_IS
from infer.classification.source import images_of
from infer.commands.export import export as command
from infer.commands.faces_read import FACES_AS_FOUND
from infer.commands.options import ModelChoice
from infer.cropping import AS_TRAINED
from infer.export.classifier import ClassifierExport, export_classifier
from infer.export.options import ExportOptions, Precision
from infer.models.load import load_model
from infer.models.onnx_classifier import OnnxClassifier
from infer.models.open_classifier import is_classifier, open_classifier
from infer.pair_sets.request import AS_IT_IS as PAIRS_AS_THEY_ARE

pytestmark = pytest.mark.slow

POINT = OperatingPoint(temperature=2, threshold=0.5, threshold_from="EER", undecided=(0.45, 0.55))
CROPS = CropSettings(template="box", margin=0.2, size=48)
Make = Callable[..., Path]


@dataclass(frozen=True)
class Exported:
    """A classifier, and the file that was made of it in fp32, without faces."""

    checkpoint: Path
    ensemble: Ensemble
    export: ClassifierExport


@pytest.fixture(scope="module")
def exported(make_classifier: Make, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    checkpoint = make_classifier(POINT, CROPS)
    ensemble = opened(checkpoint)
    out = tmp_path_factory.mktemp("exported") / "classifier.onnx"
    return Exported(checkpoint, ensemble, export_classifier(ensemble, out, ExportOptions()))


def opened(file: Path) -> Ensemble:
    return load_ensemble([file], Path("nowhere"), AS_TRAINED, Device.CPU)


def small(crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The crops of the sample as a network of 32 pixels takes them."""
    return np.stack([np.ascontiguousarray(crop[8:104:3, 8:104:3]) for crop in crops])


def test_an_export_gives_the_logits_and_the_verdicts_of_the_checkpoint(
    exported: Exported, crops: list[NDArray[np.uint8]]
) -> None:
    before, found = open_classifier(exported.checkpoint, Device.CPU), exported.export
    after = open_classifier(found.file, Device.CPU)
    assert isinstance(after, OnnxClassifier) and found.difference < 1e-4
    np.testing.assert_allclose(after.score(small(crops)), before.score(small(crops)), atol=1e-4)
    same = ("point", "crops", "input_format", "network", "recipe", "positive")
    assert all(getattr(after.info, name) == getattr(before.info, name) for name in same)
    assert opened(found.file).point == exported.ensemble.point
    assert is_classifier(found.file) and is_classifier(exported.checkpoint)
    said = onnxruntime.InferenceSession(found.file).get_modelmeta().custom_metadata_map
    assert (said["kind"], said["positive"], said["temperature"]) == ("classification", "synthetic", "2.0")
    assert json.loads(said["undecided"]) == [0.45, 0.55] and json.loads(said["crops"])["template"] == "box"


def test_views_are_made_outside_of_a_file_that_has_no_mirror_image_inside(
    exported: Exported, crops: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    every, images = ("mirror", "rotate5"), small(crops)
    plain = export_classifier(exported.ensemble, tmp_path / "plain.onnx", ExportOptions(mirror=False)).file
    model, before = open_classifier(plain, Device.CPU), open_classifier(exported.checkpoint, Device.CPU)
    for views in ((), ("mirror",), every):
        np.testing.assert_allclose(model.score(images, views), before.score(images, views), atol=1e-4)
    np.testing.assert_array_equal(model.score(images), model.score(images, ()))
    inside = open_classifier(exported.export.file, Device.CPU)
    np.testing.assert_array_equal(inside.score(images), inside.score(images, ("mirror",)))
    for views in ((), every):
        with pytest.raises(UserError, match="averages over the mirror image by itself"):
            load_ensemble([exported.export.file], tmp_path, AS_TRAINED, Device.CPU, views=views)


def test_smaller_files_tell_what_they_lose(exported: Exported, faces_folder: Path, tmp_path: Path) -> None:
    images = images_of(faces_folder, AS_IT_IS)
    for precision in (Precision.FP16, Precision.INT8):
        out = tmp_path / f"{precision}.onnx"
        found = export_classifier(exported.ensemble, out, ExportOptions(precision), images, 1)
        loss, said = found.metadata.auc_on, open_classifier(out, Device.CPU)
        assert loss is not None and (loss.bona_fide, loss.synthetic) == (3, 3) and found.without_face == 2
        assert said.precision == precision and found.shift is not None
        assert found.threshold_before == 0.5 and "0.5000, carried over" in said.info.point.threshold_from
        low, high = said.info.point.undecided
        assert low <= said.info.point.threshold <= high


def test_an_export_in_full_loses_nothing_on_faces(
    exported: Exported, faces_folder: Path, tmp_path: Path
) -> None:
    images = images_of(faces_folder, AS_IT_IS)
    found = export_classifier(exported.ensemble, tmp_path / "c.onnx", ExportOptions(), images, 1)
    loss = found.metadata.auc_on
    assert loss is not None and loss.auc == loss.auc_before and found.threshold_before is None
    assert found.shift is not None and found.shift < 1e-4
    assert open_classifier(found.file, Device.CPU).info.point == POINT


def test_a_file_of_planes_gives_the_logits_of_the_checkpoint(
    make_classifier: Make, crops: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    checkpoint = make_classifier(POINT, CROPS, planes=("rgb", "spectrum", "srm"))
    found = export_classifier(opened(checkpoint), tmp_path / "planes.onnx", ExportOptions())
    before, after = open_classifier(checkpoint, Device.CPU), open_classifier(found.file, Device.CPU)
    assert after.info.planes == before.info.planes == ("rgb", "spectrum", "srm")
    np.testing.assert_allclose(after.score(small(crops)), before.score(small(crops)), atol=1e-4)


def test_the_command_tells_what_it_wrote(
    exported: Exported, faces_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def export(out: Path, model: Path, faces: Path | None = None, **more: Path) -> str:
        inspect.unwrap(command)(
            out, model=ModelChoice(str(model)), faces=faces, wanted=PAIRS_AS_THEY_ARE, read=FACES_AS_FOUND,
            options=ExportOptions(), workers=1, **more,
        )  # fmt: skip
        return " ".join(capsys.readouterr().out.split())

    told = export(tmp_path / "c.onnx", exported.checkpoint, faces_folder)
    for words in ("MB, timm:test_resnet in fp32", "sigmoid(logit / 2.0000)", "threshold 0.5000 (EER)"):
        assert words in told
    assert "(faces: 3 bona fide, 3 synthetic faces)" in told and "2 images without a usable face" in told
    with pytest.raises(UserError, match="pairs and images are of encoders"):
        export(tmp_path / "d.onnx", exported.checkpoint, pairs=faces_folder)
    with pytest.raises(UserError, match="is an ONNX file already; name the checkpoint"):
        export(tmp_path / "d.onnx", exported.export.file)
    with pytest.raises(UserError, match="add faces with some hundred"):
        export_classifier(exported.ensemble, tmp_path / "d.onnx", ExportOptions(Precision.INT8))
    with pytest.raises(UserError, match="must be from 0 to 1 for a classifier"):
        export_classifier(exported.ensemble, tmp_path / "d.onnx", ExportOptions(threshold=-0.5))
    assert not (tmp_path / "d.onnx").exists()


def test_a_file_of_another_kind_or_with_damaged_metadata_is_one_line(
    exported: Exported, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="is a classifier, not a face encoder"):
        load_model(str(exported.export.file), tmp_path)
    with pytest.raises(UserError, match="task classification, not of a face encoder"):
        load_model(str(exported.checkpoint), tmp_path)
    model = onnx.load(exported.export.file)
    for key, value, told in (
        ("undecided", "[0.9, 0.1]", "damaged metadata"),
        ("temperature", "0", "damaged metadata"),
        ("threshold", "NaN", "damaged metadata"),
        ("size", "64", "is not what its metadata say"),
        ("format", "facetrust-onnx-classification-9", "is of format facetrust-onnx-classification-9, not"),
        ("format", "facetrust-onnx-1", "is no classifier that 'infer export' wrote"),
    ):
        properties = {entry.key: entry.value for entry in model.metadata_props} | {key: value}
        changed = onnx.ModelProto.FromString(model.SerializeToString())
        onnx.helper.set_model_props(changed, properties)
        file = tmp_path / "changed.onnx"
        onnx.save(changed, file)
        with pytest.raises(UserError, match=told):
            open_classifier(file, Device.CPU)
