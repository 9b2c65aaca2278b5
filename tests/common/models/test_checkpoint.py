import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from common.models.checkpoint import (
    CheckpointInfo,
    is_checkpoint,
    load_checkpoint,
    read_checkpoint_info,
    read_standing,
    save_checkpoint,
)
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.runtime.errors import UserError


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(1)
    made = Encoder("ir_lite", InputFormat(colour="BGR", mean=120.0, scale=128.0))
    for _ in range(2):  # batch statistics that are not the initial ones
        made.train()(torch.rand(4, 3, 112, 112) * 255)
    return made.eval()


@pytest.fixture
def info(encoder: Encoder) -> CheckpointInfo:
    return CheckpointInfo(
        backbone="ir_lite",
        input_format=encoder.input_format,
        threshold=0.31,
        eer=0.04,
        accuracy=0.95,
        epoch=3,
        step=120,
        run="20260101-000000",
        validation="0123",
        crops=CropSettings(detector="insightface:buffalo_l", det_size=320),
        synthetic=SyntheticTraining(crops=40, methods=("swap",), eer=0.2, pairs=80),
        validated=ValidationFacts(people=12, genuine=80, impostors=160, eer_low=0.01, eer_high=0.09),
    )


@pytest.fixture
def checkpoint(tmp_path: Path, encoder: Encoder, info: CheckpointInfo) -> Path:
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, encoder, info)
    return path


def with_header(checkpoint: Path, **changes: str | None) -> Path:
    """A copy of a checkpoint whose header differs; None removes an entry."""
    with safe_open(checkpoint, framework="pt") as file:
        header = file.metadata() | changes
    path = checkpoint.with_name("changed.safetensors")
    save_file(load_file(checkpoint), path, {k: v for k, v in header.items() if v is not None})
    return path


def test_round_trip_gives_identical_embeddings(
    checkpoint: Path, encoder: Encoder, info: CheckpointInfo
) -> None:
    torch.manual_seed(99)  # fresh weights must not matter
    loaded, found = load_checkpoint(checkpoint)
    crops = torch.randint(0, 256, (3, 3, 112, 112), dtype=torch.uint8)
    assert found == info and loaded.input_format == encoder.input_format and not loaded.training
    assert torch.equal(loaded.embed(crops), encoder.embed(crops))
    assert is_checkpoint(checkpoint.rename(checkpoint.with_suffix(".bin")))
    checkpoint.with_suffix(".bin").rename(checkpoint)
    assert is_checkpoint(checkpoint) and read_checkpoint_info(checkpoint) == info


def test_undefined_figures_come_back_as_none(tmp_path: Path, encoder: Encoder, info: CheckpointInfo) -> None:
    path = tmp_path / "new.safetensors"
    save_checkpoint(path, encoder, info.model_copy(update={"threshold": float("nan"), "eer": None}))
    found = read_checkpoint_info(path)
    assert found.threshold is None and found.eer is None


def test_weights_of_another_backbone_behind_the_header_are_named(checkpoint: Path) -> None:
    header = {"info": json.dumps(read_checkpoint_info(checkpoint).model_dump() | {"backbone": "ir_18"})}
    with pytest.raises(UserError, match=r"does not fit this backbone \(missing: .*; other shape: "):
        load_checkpoint(with_header(checkpoint, **header))


def test_a_backbone_that_is_not_known_is_named(checkpoint: Path) -> None:
    header = {"info": json.dumps(read_checkpoint_info(checkpoint).model_dump() | {"backbone": "vit_9"})}
    with pytest.raises(UserError, match=r"needs the backbone 'vit_9', which is not to be had here: unknown"):
        load_checkpoint(with_header(checkpoint, **header))


def test_a_size_that_the_backbone_does_not_take_is_named(checkpoint: Path) -> None:
    info = read_checkpoint_info(checkpoint).model_dump(mode="json")
    info["input_format"]["size"] = 113
    with pytest.raises(UserError, match=r"needs the backbone 'ir_lite'.*113"):
        load_checkpoint(with_header(checkpoint, info=json.dumps(info)))


def test_a_checkpoint_of_the_first_version_loads(checkpoint: Path, encoder: Encoder) -> None:
    """Its input format has one number for all channels, where there are three now."""
    info = read_checkpoint_info(checkpoint).model_dump(mode="json")
    info["input_format"] = {"size": 112, "colour": "BGR", "mean": 120.0, "scale": 128.0}
    loaded, found = load_checkpoint(with_header(checkpoint, info=json.dumps(info)))
    assert found.input_format == encoder.input_format
    crops = torch.randint(0, 256, (2, 3, 112, 112), dtype=torch.uint8)
    assert torch.equal(loaded.embed(crops), encoder.embed(crops))


def test_weights_that_are_not_finite_are_refused(
    tmp_path: Path, encoder: Encoder, info: CheckpointInfo
) -> None:
    broken = Encoder("ir_lite", encoder.input_format)
    next(broken.parameters()).data[0] = float("inf")
    save_checkpoint(tmp_path / "x.safetensors", broken, info)
    with pytest.raises(UserError, match="not finite numbers"):
        load_checkpoint(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        (0, "is empty, and no checkpoint of facetrust"),
        (4, "is of no kind that is known here .*, and no checkpoint"),
        (200, "is damaged: its header has .* bytes, the file 200; fetch it again"),
        (0.5, "is damaged: .* bytes by its header, and it has"),
        (0.999, "is damaged: .* bytes by its header, and it has"),
    ],
)
def test_truncated_files_are_refused(checkpoint: Path, keep: float, told: str) -> None:
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    with pytest.raises(UserError, match=told):
        load_checkpoint(checkpoint)


def test_foreign_files_are_not_checkpoints(tmp_path: Path, encoder: Encoder) -> None:
    weights = {k: v.contiguous() for k, v in encoder.backbone.state_dict().items()}
    save_file(weights, tmp_path / "foreign.safetensors")
    assert not is_checkpoint(tmp_path / "foreign.safetensors")
    assert not is_checkpoint(tmp_path) and not is_checkpoint(tmp_path / "absent.safetensors")
    with pytest.raises(UserError, match="not a checkpoint of this version"):
        load_checkpoint(tmp_path / "foreign.safetensors")
    with pytest.raises(UserError, match="no such file"):
        load_checkpoint(tmp_path / "absent.safetensors")


def test_another_version_is_recognised_and_refused(checkpoint: Path) -> None:
    path = with_header(checkpoint, format="facetrust-encoder-2")
    assert is_checkpoint(path)
    with pytest.raises(UserError, match="not a checkpoint of this version"):
        load_checkpoint(path)


def test_a_checkpoint_of_another_task_is_called_so(checkpoint: Path) -> None:
    standing = read_standing(checkpoint).model_copy(update={"task": "brightness"})
    path = with_header(checkpoint, format="facetrust-brightness-1", standing=standing.model_dump_json())
    with pytest.raises(UserError, match="a checkpoint of the task brightness, not of a face encoder"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    "damaged", [None, "", "{", "null", "[]", '{"backbone": "ir_lite"}', '{"backbone": 3}']
)
def test_a_damaged_header_is_refused(checkpoint: Path, damaged: str | None) -> None:
    with pytest.raises(UserError, match="damaged header"):
        load_checkpoint(with_header(checkpoint, info=damaged))


def test_weights_that_lack_a_key_name_it(checkpoint: Path) -> None:
    tensors: dict[str, Tensor] = load_file(checkpoint)
    with safe_open(checkpoint, framework="pt") as file:
        header = file.metadata()
    del tensors["input_layer.0.weight"]
    save_file(tensors, checkpoint, header)
    with pytest.raises(UserError, match=r"missing: input_layer\.0\.weight"):
        load_checkpoint(checkpoint)
