import itertools
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from common.metrics import equal_error_rate
from common.models.backbones import BACKBONES, Backbone, create_backbone
from common.models.encoder import Encoder
from common.runtime.errors import UserError

PUBLISHED = {
    "ir_18": "cvlface_ir_18",
    "ir_50": "cvlface_ir_50",
    "ir_101": "cvlface_ir_101",
    "ir_se_50": "cvlface_ir_se_50",
    "iresnet_18": "arcface_torch_r18",
    "iresnet_50": "arcface_torch_r50",
    "iresnet_100": "arcface_torch_r100",
    "mobilefacenet": "mobilefacenet",
}
LIGHT = ("ir_lite", "ir_18", "iresnet_18", "mobilefacenet")


def fill(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The rule behind the reference outputs."""
    x = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if name.endswith("running_var"):
        return (1 + 0.1 * np.abs(x)).astype(np.float32)
    if name.endswith("running_mean"):
        return (0.1 * x).astype(np.float32)
    if len(shape) <= 1:
        return ((0.7 if name.endswith("weight") else 0) + 0.05 * x).astype(np.float32)
    return (x * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


def on_meta(name: str, size: int = 112) -> Backbone:
    with torch.device("meta"):
        return create_backbone(name, size).eval()


def images(count: int, size: int = 112) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("size", [112, 16, 128, 224])
def test_a_backbone_gives_an_embedding_for_every_multiple_of_16(name: str, size: int) -> None:
    network = on_meta(name, size)
    assert network(torch.empty(2, 3, size, size, device="meta")).shape == (2, network.embedding_size)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_size_of_no_multiple_of_16_is_refused_with_its_neighbours(name: str) -> None:
    with pytest.raises(UserError, match=r"100 pixels; choose a multiple of 16, such as 96 or 112"):
        on_meta(name, 100)


@pytest.mark.parametrize("name", ["ir_lite", "iresnet_18", "mobilefacenet", "timm:resnet18"])
@pytest.mark.parametrize("size", [-112, 0, 15, 1040, 10**9])
def test_an_absurd_size_is_refused(name: str, size: int) -> None:
    with pytest.raises(UserError, match=rf"{size} pixels; choose from 16 to 1024"):
        on_meta(name, size)


@pytest.mark.parametrize("name", BACKBONES)
def test_stages_share_out_all_parameters_and_keep_the_state_dict(name: str) -> None:
    network = on_meta(name)
    keys = list(network.state_dict())
    stages = network.stages()
    shared_out = [id(parameter) for stage in stages for parameter in stage.parameters()]
    assert sorted(shared_out) == sorted(id(parameter) for parameter in network.parameters())
    buffers = {id(buffer) for stage in stages for buffer in stage.buffers()}
    assert buffers == {id(buffer) for buffer in network.buffers()}
    assert all(isinstance(stage, nn.Module) and list(stage.parameters()) for stage in stages)
    assert list(network.state_dict()) == keys


@pytest.mark.parametrize("name", BACKBONES)
def test_the_first_name_of_the_state_is_stated(name: str) -> None:
    network = on_meta(name)
    assert network.first_key == next(iter(network.state_dict()))


def test_nothing_is_drawn_for_weights_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.init, "kaiming_normal_", None)  # torch would import its compiler to draw them
    for name in BACKBONES:
        on_meta(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKBONES)
def test_stages_go_from_the_input_to_the_embedding(name: str) -> None:
    network = on_meta(name)
    called: list[int] = []
    for module in network.modules():
        if list(module.parameters(recurse=False)):
            module.register_forward_hook(lambda module, *_: called.append(id(module)))
    network(torch.empty(1, 3, 112, 112, device="meta"))
    stage_of = {id(m): number for number, stage in enumerate(network.stages()) for m in stage.modules()}
    order = [stage_of[module] for module in called]
    assert order == sorted(order) and set(order) == set(range(len(network.stages())))
    assert len(network.stages()) == (5 if name == "mobilefacenet" else 6)


@pytest.mark.parametrize("name", LIGHT)
def test_gradients_reach_every_parameter_but_the_frozen_scale(name: str) -> None:
    torch.manual_seed(0)
    network = create_backbone(name, 32).train()
    network(images(4, 32)).square().sum().backward()
    without = {key for key, value in network.named_parameters() if value.grad is None}
    assert without == ({"features.weight"} if name == "iresnet_18" else set())


@pytest.mark.parametrize("name", LIGHT)
def test_evaluation_is_repeatable_and_no_image_depends_on_its_neighbours(name: str) -> None:
    torch.manual_seed(0)
    network = create_backbone(name, 32).eval()
    with torch.inference_mode():
        together = network(images(3, 32))
        assert torch.equal(together, network(images(3, 32)))
        assert torch.allclose(together[:1], network(images(3, 32)[:1]), rtol=1e-3, atol=1e-4)
    assert not torch.equal(together[0], together[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", LIGHT)
def test_weights_survive_the_way_into_another_network(name: str) -> None:
    torch.manual_seed(0)
    one, other = create_backbone(name, 32).eval(), create_backbone(name, 32).eval()
    with torch.inference_mode():
        assert not torch.equal(one(images(2, 32)), other(images(2, 32)))
        other.load_state_dict(one.state_dict())
        assert torch.equal(one(images(2, 32)), other(images(2, 32)))


def test_fresh_weights_depend_on_the_seed_alone() -> None:
    weights = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        weights.append(create_backbone("ir_lite").output_layer[3].weight)
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_the_depths_are_those_of_the_published_families() -> None:
    blocks = {"iresnet_34": (3, 4, 6, 3), "iresnet_200": (6, 26, 60, 6)}
    for name, counts in blocks.items():
        network = on_meta(name)
        found = tuple(len(getattr(network, f"layer{stage}")) for stage in (1, 2, 3, 4))
        assert found == counts
    assert len(on_meta("ir_34").body) == 16


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_names_shapes_and_their_order_are_the_published_ones(name: str, shared: Path) -> None:
    inventory = json.loads((shared / "reference" / "backbone_inventories.json").read_text())
    assert set(inventory) == set(PUBLISHED.values())
    found = [[key, list(value.shape)] for key, value in on_meta(name).state_dict().items()]
    assert found == inventory[PUBLISHED[name]]


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_outputs_are_the_published_ones(name: str, shared: Path) -> None:
    reference = np.load(shared / "reference" / "backbone_outputs.npz")
    network = create_backbone(name).eval()
    if name == "mobilefacenet":
        state = published_weights(shared)
        expected = reference["mobilefacenet_pretrained"]
    else:
        state = {k: torch.from_numpy(fill(k, tuple(v.shape))) for k, v in network.state_dict().items()}
        expected = reference[PUBLISHED[name]]
    network.load_state_dict(state)
    with torch.inference_mode():
        found = network(torch.from_numpy(reference["input"])).numpy()
    assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max()


@pytest.mark.slow
@pytest.mark.shared
def test_published_weights_verify_real_faces_as_published(shared: Path) -> None:
    from align.crops.aligner import AlignedFace, align_photographs

    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    faces = align_photographs(paths)
    assert len(faces) == 100 and all(isinstance(face, AlignedFace) for face in faces)
    encoder = Encoder("mobilefacenet").eval()
    encoder.backbone.load_state_dict(published_weights(shared))
    crops = np.stack([face.image for face in faces if isinstance(face, AlignedFace)]).transpose(0, 3, 1, 2)
    embeddings = encoder.embed(torch.from_numpy(crops)).numpy()
    pairs = list(itertools.combinations(range(100), 2))
    scores = [float(embeddings[a] @ embeddings[b]) for a, b in pairs]
    same = [paths[a].parent == paths[b].parent for a, b in pairs]
    assert len(pairs) == 4950 and sum(same) == 450
    assert equal_error_rate(same, scores).eer <= 0.006


def published_weights(shared: Path) -> dict[str, torch.Tensor]:
    return torch.load(shared / "weights" / "mobilefacenet.pt", map_location="cpu", weights_only=True)
