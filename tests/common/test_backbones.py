import itertools
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from common.backbones import BACKBONES, create_backbone
from common.encoder import Encoder
from common.metrics import equal_error_rate
from common.weights import read_state_dict

PUBLISHED = {
    "ir_18": "cvlface_ir_18",
    "ir_50": "cvlface_ir_50",
    "ir_101": "cvlface_ir_101",
    "mobilefacenet": "mobilefacenet",
}


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


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_keeps_its_promise(name: str) -> None:
    with torch.device("meta"):
        network = create_backbone(name)
        output = network.eval()(torch.empty(2, 3, 112, 112))
    assert output.shape == (2, network.embedding_size)


def test_fresh_weights_depend_on_the_seed_alone() -> None:
    weights = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        weights.append(create_backbone("ir_lite").output_layer[3].weight)
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_names_and_shapes_are_the_published_ones(name: str, shared: Path) -> None:
    inventory = json.loads((shared / "reference" / "backbone_inventories.json").read_text())
    with torch.device("meta"):
        state = create_backbone(name).state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == dict(inventory[PUBLISHED[name]])


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_outputs_are_the_published_ones(name: str, shared: Path) -> None:
    reference = np.load(shared / "reference" / "backbone_outputs.npz")
    network = create_backbone(name).eval()
    if name == "mobilefacenet":
        state = read_state_dict(shared / "weights" / "mobilefacenet.pt")
        expected = reference["mobilefacenet_pretrained"]
    else:
        state = {k: torch.from_numpy(fill(k, tuple(v.shape))) for k, v in network.state_dict().items()}
        expected = reference[PUBLISHED[name]]
    network.load_state_dict(state)
    with torch.inference_mode():
        found = network(torch.from_numpy(reference["input"])).numpy()
    assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max()


@pytest.mark.shared
def test_published_weights_verify_real_faces_as_published(shared: Path) -> None:
    from align.aligner import AlignedFace, align_photographs

    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    faces = align_photographs(paths)
    assert len(faces) == 100 and all(isinstance(face, AlignedFace) for face in faces)
    encoder = Encoder("mobilefacenet").eval()
    encoder.backbone.load_state_dict(read_state_dict(shared / "weights" / "mobilefacenet.pt"))
    crops = np.stack([face.image for face in faces if isinstance(face, AlignedFace)]).transpose(0, 3, 1, 2)
    embeddings = encoder.embed(torch.from_numpy(crops)).numpy()
    pairs = list(itertools.combinations(range(100), 2))
    scores = [float(embeddings[a] @ embeddings[b]) for a, b in pairs]
    same = [paths[a].parent == paths[b].parent for a, b in pairs]
    assert len(pairs) == 4950 and sum(same) == 450
    assert equal_error_rate(same, scores).eer <= 0.006
