"""CVLface's aligner with random weights of the published names; the published values cannot be had here."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch.nn.functional import interpolate

from align.crops.aligner import AlignedFace, Aligner, Rejection
from align.crops.options import AlignOptions
from align.detectors.detection import DetectorSettings, detect
from align.detectors.dfa.detector import ExactDfaDetector
from align.detectors.dfa.geometry import published_view, squared
from align.detectors.dfa.network import ANCHORS, MOBILENET, RESNET, AlignerNetwork, anchors, decoded
from align.detectors.dfa.weights import load_network
from align.detectors.registry import detector_fingerprint, open_detector
from common.formats.crop_frame import ARCFACE_POINTS, similarity_transform
from common.runtime.errors import UserError

Array = NDArray[np.uint8]
POINTS = np.array(
    [[0.36, 0.34], [0.61, 0.38], [0.47, 0.5], [0.36, 0.62], [0.55, 0.65]]
)  # parts of the square
SIDE = 120  # pixels of the square around the photograph


def planted(score: float = 0.95) -> dict[str, torch.Tensor]:
    """Weights by which every photograph has the same face, whatever it shows."""
    network = AlignerNetwork(MOBILENET)
    with torch.no_grad():
        for head in (*network.ClassHead, *network.BboxHead, *network.LandmarkHead, network.aggregator[3]):
            for parameter in head.parameters():
                parameter.zero_()
        for head in network.ClassHead:  # every anchor says the same, relative to its own place
            head.conv1x1.bias[1::2] = float(np.log(score / (1 - score)))
        for head in network.LandmarkHead:
            # the anchors are spread evenly around the middle, so that their mean is a face there
            sizes = {0: (64, 80), 1: (96, 112), 2: (128, 144)}[list(network.LandmarkHead).index(head)]
            for anchor, size in enumerate(sizes):
                offsets = torch.tensor((POINTS - 0.5).flatten() * 160 / size / 0.1)
                head.conv1x1.bias[10 * anchor : 10 * anchor + 10] = offsets
    return {f"model.net.{name}": value.contiguous() for name, value in network.state_dict().items()}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dfa") / "model.safetensors"
    save_file(planted(), path)
    return path


def photograph() -> Array:
    """(120, 96, 3), smooth, so that resampling costs little of it."""
    noise = torch.from_numpy(np.random.default_rng(0).random((1, 3, 5, 4), np.float32))
    smooth = interpolate(noise, (SIDE, 96), mode="bicubic")[0].permute(1, 2, 0)
    return (255 * smooth).clamp(0, 255).byte().numpy()


@pytest.mark.parametrize(("body", "count"), [(MOBILENET, 426_608), (RESNET, 27_293_600)])
def test_parameters_have_the_published_names_and_counts(body: str, count: int) -> None:
    with torch.device("meta"):
        network = AlignerNetwork(body)
    mixer = 3 * (4 * 16 + 2 * 1050 * 8 + 8 + 1050 + 2 * 16 * 64 + 64 + 16) + 17
    assert sum(parameter.numel() for parameter in network.parameters()) == count + mixer
    names = set(network.state_dict())
    assert names >= {
        "body.stage1.0.0.weight" if body == MOBILENET else "body.layer4.2.conv3.weight",
        "fpn.output3.1.running_var",
        "fpn.merge1.0.weight",
        "ssh3.conv7x7_3.1.bias",
        "ssh1.conv5X5_1.0.weight",
        "ClassHead.2.conv1x1.bias",
        "BboxHead.0.conv1x1.weight",
        "LandmarkHead.1.conv1x1.weight",
        "aggregator.0.mlp_tokens.fc1.weight",
        "aggregator.2.norm2.bias",
        "aggregator.3.weight",
    }
    assert {name.split(".")[0] for name in names} == {
        *("body", "fpn", "ssh1", "ssh2", "ssh3", "ClassHead", "BboxHead", "LandmarkHead", "aggregator")
    }


def test_decoding_of_an_anchor() -> None:
    prior = anchors()
    assert prior.shape == (ANCHORS, 4) == (1050, 4)
    torch.testing.assert_close(prior[800], torch.tensor([0.05, 0.05, 0.6, 0.6]))  # the first at stride 16
    boxes, landmarks = torch.zeros(1, ANCHORS, 4), torch.zeros(1, ANCHORS, 10)
    boxes[0, 800] = torch.tensor([1.0, -1.0, 5 * np.log(2), 0.0])
    landmarks[0, 800, 2:4] = torch.tensor([2.0, 3.0])
    found = decoded(prior, boxes, torch.zeros(1, ANCHORS, 2), landmarks)[0, 800]
    expected = [0.11 - 0.6, -0.01 - 0.3, 0.11 + 0.6, -0.01 + 0.3, 0, 0, 0.05, 0.05, 0.17, 0.23]
    torch.testing.assert_close(found[:10], torch.tensor(expected))


def test_the_aggregator_weighs_all_anchors() -> None:
    torch.manual_seed(0)
    network = AlignerNetwork(MOBILENET)
    candidates = torch.rand(2, ANCHORS, 16)
    with torch.no_grad():
        found = network.aggregated(candidates)
        network.aggregator[3].weight.zero_()
        torch.testing.assert_close(network.aggregated(candidates), candidates.mean(1))
    assert found.shape == (2, 16) and not torch.allclose(found, candidates.mean(1))


def test_one_face_with_its_class_score_in_pixels_of_the_photograph(weights: Path) -> None:
    image = photograph()
    detector = open_detector(f"dfa:{weights}", DetectorSettings())
    assert detector is not None and detector.name == "dfa:mobile0.25"
    (face,) = detect(detector, image)
    expected = POINTS * SIDE - 0.5 - np.array([12, 0])  # of a square with black on both sides
    np.testing.assert_allclose(face.landmarks, expected, atol=1e-3)
    assert face.score == pytest.approx(0.95)
    aligned = Aligner(AlignOptions(f"dfa:{weights}", size=128)).align(image)
    assert isinstance(aligned, AlignedFace) and aligned.image.shape == (128, 128, 3)
    refused = Aligner(AlignOptions(f"dfa:{weights}", min_score=0.96)).align(image)
    assert refused == Rejection("no face found")


def test_the_exact_crop_is_that_of_the_view(weights: Path) -> None:
    """It samples the square of 160 pixels; the other aligner cuts the photograph by the same landmarks."""
    image = photograph()
    exact = Aligner(AlignOptions(f"dfa-exact:{weights}")).align(image)
    usual = Aligner(AlignOptions(f"dfa:{weights}")).align(image)
    assert isinstance(exact, AlignedFace) and isinstance(usual, AlignedFace)
    view = published_view(squared(image)[0])
    # -1 and 1 are the first and the last pixel of the view and of the crop, and the sides of the template
    back = cv2.invertAffineTransform(similarity_transform(POINTS * 160, ARCFACE_POINTS))
    x, y = np.meshgrid(np.arange(112) * 112 / 111, np.arange(112) * 112 / 111)
    source = (np.stack([x, y, np.ones_like(x)], -1) @ back.T * 159 / 160).astype(np.float32)
    plain = ((view + 1) * 127.5).permute(1, 2, 0).numpy()
    by_hand = cv2.remap(plain, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderValue=0.0)
    np.testing.assert_allclose(exact.image, by_hand, atol=2)
    difference = np.abs(exact.image.astype(float) - usual.image)[8:-8, 8:-8]  # half a pixel of theirs
    assert 0 < difference.mean() < 3
    detector = open_detector(f"dfa-exact:{weights}", DetectorSettings())
    assert isinstance(detector, ExactDfaDetector)
    # landmarks that are the template's: the crop is the view made smaller
    turned = (ARCFACE_POINTS / 112 * 119).astype(np.float32)
    whole = detector.crop(np.ascontiguousarray(np.pad(image, ((0, 0), (12, 12), (0, 0)))), turned)
    expected = interpolate(view[None] + 1, (112, 112), mode="bilinear", align_corners=True)[0] * 127.5
    np.testing.assert_allclose(whole, expected.permute(1, 2, 0), atol=1)


@pytest.mark.slow
def test_weights_are_told_apart_by_their_shapes_alone(tmp_path: Path, weights: Path) -> None:
    with torch.device("meta"):
        state = AlignerNetwork(RESNET).state_dict()
    state = {name: torch.full(value.shape, 0.5, dtype=value.dtype) for name, value in state.items()}
    torch.save({f"net.{name}": value for name, value in state.items()}, tmp_path / "model.pt")
    body, network = load_network(tmp_path / "model.pt")
    assert body == RESNET and all(
        torch.equal(value, state[name]) for name, value in network.state_dict().items()
    )
    assert detector_fingerprint(f"dfa:{weights}") == detector_fingerprint(f"dfa-exact:{weights}")


def test_what_is_no_such_file_is_told(tmp_path: Path, weights: Path) -> None:
    other, cut = tmp_path / "other.safetensors", tmp_path / "cut.safetensors"
    save_file({"fc.weight": torch.zeros(2, 2)}, other)
    state = planted()
    save_file({name: value for name, value in state.items() if "aggregator" not in name}, cut)
    for argument, told in (
        (str(other), "is not a differentiable face aligner .* names begin with net."),
        (str(cut), r"is not a differentiable face aligner .*missing: aggregator"),
        ("mobilnet", "no such file: mobilnet; detector dfa:WEIGHTS takes mobilenet, resnet50"),
        ("hf:nobody", "'hf:nobody' is not hf:OWNER/NAME"),
    ):
        with pytest.raises(UserError, match=told):
            open_detector(f"dfa:{argument}", DetectorSettings())
    with pytest.raises(UserError, match="of size 112 in template arcface"):
        AlignOptions(f"dfa-exact:{weights}", size=224)
