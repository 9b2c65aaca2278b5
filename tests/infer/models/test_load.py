from pathlib import Path

import numpy as np
import pytest
import torch

from align.crops.options import AlignOptions, FaceChoice
from common.formats.crop_frame import Template
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.runtime.checksum import file_sha256
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.cropping import CropRequest
from infer.embeddings import align_options
from infer.models.encoder_model import EncoderModel
from infer.models.load import load_model
from infer.models.model import Threshold
from infer.models.notes import OperatingPoint, note_operating_point, notes_file, settle_threshold

INFO = CheckpointInfo(
    backbone="ir_lite",
    input_format=InputFormat(),
    threshold=0.42,
    eer=0.1,
    accuracy=0.9,
    epoch=1,
    step=1,
    run="r",
    validation="v",
    trained_on="faces",
)


def load_encoder_model(name: str | None, checkpoints: Path) -> EncoderModel:
    model = load_model(name, checkpoints)
    assert isinstance(model, EncoderModel)
    return model


def test_a_model_is_shown_by_its_name(tmp_path: Path) -> None:
    shown = "Model(name='random:ir_lite', backbone='ir_lite', threshold=None)"
    assert repr(load_model("random:ir_lite", tmp_path)) == shown


def test_random_weights_are_the_same_every_time(tmp_path: Path) -> None:
    first = load_encoder_model("random:ir_lite", tmp_path)
    torch.manual_seed(77)
    again = load_encoder_model("random:ir_lite", tmp_path)
    assert first.threshold is None and first.file is None and not first.encoder.training
    for one, two in zip(first.encoder.parameters(), again.encoder.parameters(), strict=True):
        assert torch.equal(one, two)
    with pytest.raises(UserError, match="unknown backbone 'x'"):
        load_model("random:x", tmp_path)


def test_a_plain_state_dict_is_recognised_and_has_no_threshold(tmp_path: Path) -> None:
    encoder = Encoder("ir_lite")
    torch.save(encoder.backbone.state_dict(), tmp_path / "w.pt")
    model = load_model(str(tmp_path / "w.pt"), tmp_path)
    assert model.threshold is None and model.card.backbone == "ir_lite" and not model.card.assumed
    crops = torch.randint(0, 256, (2, 112, 112, 3), dtype=torch.uint8)
    expected = encoder.eval().embed(crops.permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(model.embed(crops.numpy()), expected, atol=1e-4)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(UserError, match="no backbone that facetrust knows"):
        load_model(str(tmp_path / "other.pt"), tmp_path)


def test_published_weights_bring_their_colour(tmp_path: Path) -> None:
    weights = {f"model.{key}": value for key, value in Encoder("ir_lite").backbone.state_dict().items()}
    torch.save({"state_dict": weights | {"head.kernel": torch.zeros(2)}}, tmp_path / "adaface.ckpt")
    model = load_model(str(tmp_path / "adaface.ckpt"), tmp_path)
    assert model.card.input_format.colour == "BGR" and model.threshold is None


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    encoder = Encoder("ir_lite")
    next(encoder.parameters()).data[0] = float("nan")
    save_checkpoint(tmp_path / "own.safetensors", encoder, INFO)
    torch.save(encoder.backbone.state_dict(), tmp_path / "plain.pt")
    for name in ("own.safetensors", "plain.pt"):
        with pytest.raises(UserError, match="not finite"):
            load_model(str(tmp_path / name), tmp_path)


def test_a_repository_of_the_hub_that_is_out_of_reach_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="hf:owner/name is not in the local cache"):
        load_model("hf:owner/name", tmp_path)


def test_a_checkpoint_brings_its_threshold_and_the_best_is_the_default(tmp_path: Path) -> None:
    encoder = Encoder("ir_lite")
    save_checkpoint(tmp_path / "good.safetensors", encoder, INFO)
    save_checkpoint(
        tmp_path / "bad.safetensors", encoder, INFO.model_copy(update={"eer": 0.4, "threshold": 0.9})
    )
    save_checkpoint(tmp_path / "last.safetensors", encoder, INFO.model_copy(update={"threshold": 0.8}))
    own = "the model's own, from its validation pairs"
    assert load_model(str(tmp_path / "last.safetensors"), tmp_path).threshold == Threshold(0.8, own)
    best = load_model(None, tmp_path)
    assert best.threshold == Threshold(0.42, own) and best.card.name.endswith("good.safetensors")
    assert best.card.eer == INFO.eer and best.card.trained_on == "faces"


def test_an_operating_point_that_is_noted_goes_before_the_threshold_of_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "good.safetensors"
    save_checkpoint(path, Encoder("ir_lite"), INFO)
    point = OperatingPoint(
        threshold=0.6, fmr_asked=0.001, fmr=0.001, fnmr=0.2, genuine=100, impostors=3000, pairs="lfw"
    )
    note_operating_point(path, point)
    assert load_model(str(path), tmp_path).threshold == Threshold(0.6, "chosen for FMR 0.001 on lfw")
    save_checkpoint(path, Encoder("ir_lite"), INFO)  # another model of this name
    assert load_model(str(path), tmp_path).threshold == Threshold(
        0.42, "the model's own, from its validation pairs"
    )


def test_the_checksum_is_that_of_the_weights_that_were_loaded(tmp_path: Path) -> None:
    path = tmp_path / "good.safetensors"
    save_checkpoint(path, Encoder("ir_lite"), INFO)
    model, loaded = load_model(str(path), tmp_path), file_sha256(path)
    save_checkpoint(path, Encoder("ir_lite"), INFO)  # by a training that goes on
    assert model.sha256 == loaded != file_sha256(path)
    assert load_model("random:ir_lite", tmp_path).sha256 is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1.01, -1.01])
def test_a_threshold_that_is_no_similarity_is_none(tmp_path: Path, value: float) -> None:
    assert settle_threshold(tmp_path / "w.pt", Threshold(value, "own")) is None
    assert settle_threshold(tmp_path / "w.pt", Threshold(-1, "own")) == Threshold(-1, "own")


def test_the_name_of_pairs_cannot_steer_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"weights")
    point = OperatingPoint(
        threshold=0.6, fmr_asked=0.1, fmr=0.1, fnmr=0.2, genuine=10, impostors=10, pairs="\x1b[2J"
    )
    note_operating_point(path, point)
    raw = notes_file(path).read_text().replace("\\\\x1b", "\\u001b")  # as another hand may have written it
    assert "\\u001b[2J" in raw
    notes_file(path).write_text(raw)
    found = settle_threshold(path, None)
    assert found is not None and found.source.isprintable() and "x1b[2J" in found.source


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"input": {"mean": "x"}}', b'{"mine": 1}'])
def test_malformed_notes_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "good.safetensors"
    save_checkpoint(path, Encoder("ir_lite"), INFO)
    notes_file(path).write_bytes(content)
    with pytest.raises(UserError, match=r"good\.safetensors\.json.*mend or remove it"):
        load_model(str(path), tmp_path)


def test_no_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train one with"):
        load_model(None, tmp_path)
    with pytest.raises(UserError, match=r"no such .*absent\.pt"):
        load_model("absent.pt", tmp_path)


def test_it_is_told_why_this_model(tmp_path: Path) -> None:
    encoder = Encoder("ir_lite")
    save_checkpoint(tmp_path / "good.safetensors", encoder, INFO)
    assert load_model(str(tmp_path / "good.safetensors"), tmp_path).card.chosen == "as named"
    alone = load_model(None, tmp_path).card.chosen
    assert "the only one with a validation EER, 0.1000" in alone
    save_checkpoint(tmp_path / "bad.safetensors", encoder, INFO.model_copy(update={"eer": 0.4}))
    assert "the lowest validation EER, 0.1000, of 2 checkpoints" in load_model(None, tmp_path).card.chosen


def test_crops_are_taken_as_for_the_training_unless_asked_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "good.safetensors"
    trained = CropSettings(det_size=320, face="all", template="loose", margin=0.3, min_score=0.7)
    save_checkpoint(path, Encoder("ir_lite"), INFO.model_copy(update={"crops": trained}))
    options = align_options(load_model(str(path), tmp_path), aligned=False)
    assert (options.det_size, options.min_score, options.template, options.margin, options.face) == (
        320, 0.7, Template.LOOSE, 0.3, FaceChoice.CENTRAL,
    )  # fmt: skip
    asked = load_model(str(path), tmp_path, crops=CropRequest(min_score=0.4, face=FaceChoice.LARGEST))
    options = align_options(asked, aligned=False)
    assert (options.det_size, options.min_score, options.face) == (320, 0.4, FaceChoice.LARGEST)
    given = align_options(load_model(str(path), tmp_path, crops=CropRequest(aligned=True)), aligned=False)
    assert given == AlignOptions(detector="none")
    save_checkpoint(path, Encoder("ir_lite"), INFO)  # of a version that did not store them
    assert align_options(load_model(str(path), tmp_path), aligned=False) == AlignOptions()


def test_a_threshold_of_other_crops_is_told(tmp_path: Path) -> None:
    path = tmp_path / "good.safetensors"
    save_checkpoint(path, Encoder("ir_lite"), INFO)
    point = OperatingPoint(
        threshold=0.6, fmr_asked=0.1, fmr=0.1, fnmr=0.2, genuine=10, impostors=10, pairs="lfw"
    )
    note_operating_point(path, point)
    assert not load_model(str(path), tmp_path, crops=CropRequest(det_size=320)).card.assumed, "not known"
    note_operating_point(path, point.model_copy(update={"crops": CropSettings(det_size=320)}))
    assert not load_model(str(path), tmp_path, crops=CropRequest(det_size=320)).card.assumed
    (told,) = load_model(str(path), tmp_path).card.assumed
    assert "chosen on crops by --det-size 320, holds for crops by the defaults" in told


def test_what_cannot_be_cropped_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="face all has no meaning here"):
        CropRequest(face=FaceChoice.ALL)
    with pytest.raises(UserError, match="leave out det_size, face"):
        CropRequest(det_size=320, face=FaceChoice.LARGEST, aligned=True)
    with pytest.raises(UserError, match=r"detector none takes images as they are.*; leave out det_size$"):
        CropRequest(detector="none", det_size=320)
    with pytest.raises(UserError, match="not 'retinafase'; did you mean 'retinaface'"):
        CropRequest(detector="retinafase")
    with pytest.raises(UserError, match="min_score must lie between 0 and 1"):
        load_model("random:ir_lite", tmp_path, crops=CropRequest(min_score=2))
    path = tmp_path / "own.safetensors"
    as_they_are = INFO.model_copy(update={"crops": CropSettings(detector="none")})
    save_checkpoint(path, Encoder("ir_lite"), as_they_are)
    with pytest.raises(UserError, match=r"trained on images as they are.*; leave out min_face$"):
        load_model(str(path), tmp_path, crops=CropRequest(min_face=40))
    for kind in ("mtcnn", "onnx"):
        gone = CropSettings(detector=f"{kind}:gone.file")
        save_checkpoint(path, Encoder("ir_lite"), INFO.model_copy(update={"crops": gone}))
        told = rf"made with detector {kind}:gone\.file, which is not here; name it with detector {kind}:FILE"
        with pytest.raises(UserError, match=told):
            load_model(str(path), tmp_path)
    assert load_model(str(path), tmp_path, crops=CropRequest(detector="retinaface")).crops.detector == (
        "retinaface"
    )


def test_a_colour_is_for_files_that_do_not_say(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "own.safetensors", Encoder("ir_lite"), INFO)
    torch.save(Encoder("ir_lite").backbone.state_dict(), tmp_path / "w.pt")
    for name in ("w.pt", "own.safetensors"):
        assert load_model(str(tmp_path / name), tmp_path).card.input_format.colour == "RGB"
    assert load_model(str(tmp_path / "w.pt"), tmp_path, "BGR").card.input_format.colour == "BGR"
    assert load_model("random:ir_lite", tmp_path, "BGR").card.input_format.colour == "BGR"
    with pytest.raises(UserError, match="trained on RGB, as it says itself; leave colour out"):
        load_model(str(tmp_path / "own.safetensors"), tmp_path, "BGR")


def test_a_device_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="finds no CUDA; check the driver, or use device cpu"):
        load_model("random:ir_lite", tmp_path, device=Device.CUDA)


def test_on_the_cpu_faces_are_looked_for_there_too(tmp_path: Path) -> None:
    for device, detection in ((Device.CPU, Device.CPU), (Device.AUTO, Device.AUTO)):
        model = load_model("random:ir_lite", tmp_path, device=device)
        assert align_options(model, aligned=False).device is detection
