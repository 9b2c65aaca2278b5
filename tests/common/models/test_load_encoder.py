import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.load_encoder import Wanted, load_encoder
from common.models.weights.layouts import ADAFACE, ARCFACE_TORCH, CVLFACE, FACETRUST, PLAIN
from common.runtime.errors import UserError

Hollow = Callable[..., dict[str, Tensor]]


def assert_same_weights(encoder: Encoder, expected: dict[str, Tensor]) -> None:
    found = encoder.backbone.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in found)


@pytest.fixture
def checkpoint(tmp_path: Path, lite: dict[str, Tensor]) -> Path:
    encoder = Encoder("ir_lite", InputFormat(colour="BGR"))
    encoder.backbone.load_state_dict(lite)
    info = CheckpointInfo(
        backbone="ir_lite",
        input_format=encoder.input_format,
        threshold=0.3,
        eer=0.1,
        accuracy=0.9,
        epoch=1,
        step=1,
        run="r",
        validation="v",
    )
    save_checkpoint(tmp_path / "own.safetensors", encoder, info)
    return tmp_path / "own.safetensors"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prefix", "layout", "colour"),
    [
        ("model.", ADAFACE, "BGR"),
        ("net.", CVLFACE, "RGB"),
        ("model.net.", CVLFACE, "RGB"),
        ("", PLAIN, "RGB"),
        ("module.", PLAIN, "RGB"),
        ("encoder.backbone.", PLAIN, "RGB"),
    ],
)
def test_layout_and_colour_follow_from_the_prefix(
    tmp_path: Path,
    lite: dict[str, Tensor],
    lightning_checkpoint: Any,
    prefix: str,
    layout: object,
    colour: str,
) -> None:
    torch.save(
        lightning_checkpoint({prefix + key: value for key, value in lite.items()}), tmp_path / "w.ckpt"
    )
    loaded = load_encoder(str(tmp_path / "w.ckpt"))
    assert loaded.layout is layout and loaded.info is None and not loaded.encoder.training
    assert loaded.encoder.input_format == InputFormat(colour=colour)  # type: ignore[arg-type]
    assert loaded.missing == () and set(loaded.unused) == {"head.kernel", "head.batch_mean"}
    assert "2 of the file are not used (head." in loaded.summary
    assert_same_weights(loaded.encoder, lite)


def test_safetensors_load_alike_and_colour_can_be_told(tmp_path: Path, lite: dict[str, Tensor]) -> None:
    save_file({f"model.net.{key}": value for key, value in lite.items()}, tmp_path / "model.safetensors")
    for colour in ("RGB", "BGR"):
        loaded = load_encoder(str(tmp_path / "model.safetensors"), Wanted("ir_lite", 112, colour))
        assert loaded.encoder.input_format.colour == colour and loaded.layout is CVLFACE
    assert loaded.summary == "ir_lite from CVLFace, BGR 112 px"
    assert_same_weights(loaded.encoder, lite)


def test_a_checkpoint_brings_everything_along(checkpoint: Path, lite: dict[str, Tensor]) -> None:
    for wanted in (Wanted(), Wanted("ir_lite", 112, "BGR"), Wanted(partial=True)):
        loaded = load_encoder(str(checkpoint), wanted)
        assert loaded.layout is FACETRUST and loaded.info is not None and loaded.info.threshold == 0.3
        assert loaded.encoder.input_format.colour == "BGR" and not loaded.encoder.training
        assert_same_weights(loaded.encoder, lite)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(backbone="ir_18"), "is a ir_lite; add --backbone ir_lite"),
        (Wanted(size=224), "takes crops of 112 pixels, not of 224; align with --size 112"),
        (Wanted(colour="RGB"), "was trained on BGR, as it says itself; leave colour out"),
        (Wanted(backbone="nothing"), "is a ir_lite; add --backbone ir_lite"),
    ],
)
def test_a_checkpoint_of_another_kind_says_what_it_is(checkpoint: Path, wanted: Wanted, told: str) -> None:
    with pytest.raises(UserError, match=told):
        load_encoder(str(checkpoint), wanted)


def test_a_checkpoint_can_start_one_of_another_size(checkpoint: Path, lite: dict[str, Tensor]) -> None:
    loaded = load_encoder(str(checkpoint), Wanted(size=224, partial=True))
    assert loaded.encoder.input_format == InputFormat(size=224, colour="BGR") and loaded.info is None
    assert loaded.missing == ("output_layer.3.weight",) == loaded.unused
    assert "1 tensors stay random (output_layer.3.weight)" in loaded.summary
    key = "input_layer.0.weight"
    assert torch.equal(loaded.encoder.backbone.state_dict()[key], lite[key])


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(backbone="ir_18"), "is a ir_lite; add --backbone ir_lite"),
        (Wanted(backbone="mobilefacenet"), "is a ir_lite; add --backbone ir_lite"),
        (Wanted(backbone="nothing"), "unknown backbone 'nothing'"),
        (Wanted(size=224), "takes crops of 112 pixels, not of 224"),
    ],
)
def test_plain_weights_of_another_kind_say_what_they_are(
    tmp_path: Path, lite: dict[str, Tensor], wanted: Wanted, told: str
) -> None:
    torch.save(lite, tmp_path / "w.pt")
    with pytest.raises(UserError, match=told):
        load_encoder(str(tmp_path / "w.pt"), wanted)


def test_what_no_backbone_has_is_named_key_by_key(tmp_path: Path, lite: dict[str, Tensor]) -> None:
    changed = {f"model.{key}": value for key, value in lite.items()}
    del changed["model.body.0.res_layer.1.weight"]
    changed |= {"model.body.9.extra": torch.zeros(1), "model.input_layer.1.bias": torch.zeros(7)}
    torch.save({"state_dict": changed}, tmp_path / "w.ckpt")
    for wanted in (Wanted(), Wanted(backbone="ir_lite")):
        with pytest.raises(UserError) as caught:
            load_encoder(str(tmp_path / "w.ckpt"), wanted)
        told = str(caught.value)
        assert "missing: body.0.res_layer.1.weight; unknown: body.9.extra; other shape: input_layer.1" in told
        assert "--backbone ir_lite --partial takes what fits" in told and "\n" not in told
    loaded = load_encoder(str(tmp_path / "w.ckpt"), Wanted(backbone="ir_lite", partial=True))
    assert set(loaded.missing) == {"body.0.res_layer.1.weight", "input_layer.1.bias"}
    assert set(loaded.unused) == {"model.body.9.extra", "model.input_layer.1.bias"}
    assert loaded.layout is ADAFACE


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "w.pt")
    with pytest.raises(
        UserError, match=r"no backbone that facetrust knows \(weight\); .*--backbone timm:NAME"
    ):
        load_encoder(str(tmp_path / "w.pt"))
    with pytest.raises(UserError, match=r"no tensor of .* fits"):
        load_encoder(str(tmp_path / "w.pt"), Wanted(backbone="ir_lite", partial=True))
    with pytest.raises(UserError, match="say with --backbone"):
        load_encoder(str(tmp_path / "w.pt"), Wanted(partial=True))


def test_weights_that_are_not_finite_are_refused(tmp_path: Path, lite: dict[str, Tensor]) -> None:
    lite["output_layer.3.bias"][5] = float("nan")
    torch.save(lite, tmp_path / "w.pt")
    with pytest.raises(UserError, match=r"not finite numbers \(output_layer\.3\.bias\)"):
        load_encoder(str(tmp_path / "w.pt"))


@pytest.mark.slow
def test_a_trunk_of_timm_is_loaded_in_part(tmp_path: Path) -> None:
    import timm

    trunk = timm.create_model("resnet10t", pretrained=False).state_dict()
    torch.save(trunk, tmp_path / "w.pth")
    with pytest.raises(
        UserError, match=r"does not fit timm:resnet10t \(missing: .*--partial takes what fits"
    ):
        load_encoder(str(tmp_path / "w.pth"), Wanted(backbone="timm:resnet10t"))
    loaded = load_encoder(str(tmp_path / "w.pth"), Wanted(backbone="timm:resnet10t", partial=True))
    assert set(loaded.unused) == {"fc.weight", "fc.bias"}
    found = {key.split(".", 1)[1]: value for key, value in loaded.encoder.backbone.state_dict().items()}
    assert all(torch.equal(found[key], value) for key, value in trunk.items() if not key.startswith("fc."))
    assert 0 < len(loaded.missing) < 20

    whole = {f"module.{key}": value for key, value in loaded.encoder.backbone.state_dict().items()}
    torch.save(whole, tmp_path / "whole.pth")
    again = load_encoder(str(tmp_path / "whole.pth"), Wanted(backbone="timm:resnet10t"))
    assert again.missing == () == again.unused
    assert_same_weights(again.encoder, loaded.encoder.backbone.state_dict())


def test_a_checkpoint_of_a_timm_backbone_comes_back(tmp_path: Path, checkpoint: Path) -> None:
    encoder = Encoder("timm:resnet10t")
    info = load_encoder(str(checkpoint)).info
    assert info is not None
    changes = {"backbone": "timm:resnet10t", "input_format": encoder.input_format}
    save_checkpoint(tmp_path / "t.safetensors", encoder, info.model_copy(update=changes))
    loaded = load_encoder(str(tmp_path / "t.safetensors"))
    assert loaded.encoder.input_format == encoder.input_format
    assert_same_weights(loaded.encoder, encoder.backbone.state_dict())


def fill(name: str, shape: list[int]) -> Tensor:
    """The rule of ../shared/README.md."""
    x = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith("running_var"):
        x = 1 + 0.1 * np.abs(x)
    elif name.endswith("running_mean"):
        x = 0.1 * x
    elif len(shape) <= 1:
        x = (0.7 if name.endswith("weight") else 0) + 0.05 * x
    else:
        x = x * np.sqrt(2 / np.prod(shape[1:]))
    return torch.from_numpy(np.asarray(x, np.float32))


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    ("architecture", "prefix", "backbone", "layout"),
    [
        ("cvlface_ir_18", "net.", "ir_18", CVLFACE),
        ("cvlface_ir_18", "model.", "ir_18", ADAFACE),
        ("arcface_torch_r18", "", "iresnet_18", ARCFACE_TORCH),
        ("arcface_torch_r18", "module.", "iresnet_18", ARCFACE_TORCH),
    ],
)
def test_published_layouts_give_the_published_embeddings(
    tmp_path: Path,
    shared: Path,
    lightning_checkpoint: Any,
    architecture: str,
    prefix: str,
    backbone: str,
    layout: object,
) -> None:
    inventory = json.loads((shared / "reference" / "backbone_inventories.json").read_text())[architecture]
    tensors = {prefix + key: fill(key, shape) for key, shape in inventory}
    torch.save(lightning_checkpoint(tensors) if prefix == "model." else tensors, tmp_path / "w")
    loaded = load_encoder(str(tmp_path / "w"))
    assert loaded.encoder.backbone_name == backbone and loaded.layout is layout
    outputs = np.load(shared / "reference" / "backbone_outputs.npz")
    with torch.inference_mode():
        found = loaded.encoder.backbone(torch.from_numpy(outputs["input"])).numpy()
    expected = outputs[architecture]
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    ("architectures", "prefix", "in_lightning"),
    [
        (["cvlface_ir_18", "cvlface_ir_50", "cvlface_ir_se_50", "arcface_torch_r50"], "model.net.", False),
        (["cvlface_ir_18", "cvlface_ir_50", "cvlface_ir_se_50", "cvlface_ir_101"], "model.", True),
        (["arcface_torch_r18", "arcface_torch_r50", "arcface_torch_r100"], "module.", False),
        (["mobilefacenet"], "", False),
    ],
    ids=["cvlface", "adaface", "arcface_torch", "plain"],
)
def test_published_architectures_load_from_their_containers(
    tmp_path: Path,
    shared: Path,
    lightning_checkpoint: Any,
    architectures: list[str],
    prefix: str,
    in_lightning: bool,
) -> None:
    published = json.loads((shared / "reference" / "backbone_inventories.json").read_text())
    for inventory in (published[architecture] for architecture in architectures):
        tensors = {prefix + key: torch.tensor(0.01).expand(shape) for key, shape in inventory}
        content = lightning_checkpoint(tensors) if in_lightning else {"state_dict": tensors}
        torch.save(content, tmp_path / "w")
        loaded = load_encoder(str(tmp_path / "w"))
        assert loaded.missing == () and all(key.startswith("head.") for key in loaded.unused)
        assert list(loaded.encoder.backbone.state_dict()) == [key for key, _ in inventory]
        assert all((value == 0.01).all() for value in loaded.encoder.backbone.parameters())


@pytest.mark.shared
def test_the_pretrained_mobilefacenet_needs_no_name(shared: Path) -> None:
    loaded = load_encoder(str(shared / "weights" / "mobilefacenet.pt"))
    assert loaded.encoder.backbone_name == "mobilefacenet" and loaded.layout is PLAIN
    outputs = np.load(shared / "reference" / "backbone_outputs.npz")
    with torch.inference_mode():
        found = loaded.encoder.backbone(torch.from_numpy(outputs["input"])).numpy()
    expected = outputs["mobilefacenet_pretrained"]
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()
