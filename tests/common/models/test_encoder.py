import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.nn import functional

from common.models.encoder import Encoder
from common.models.input_format import InputFormat, default_input_format
from common.runtime.errors import UserError

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_SCALE = (58.395, 57.12, 57.375)


@pytest.fixture(scope="module")
def crops() -> torch.Tensor:
    return torch.randint(0, 256, (4, 3, 112, 112), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def twins(first: InputFormat, second: InputFormat) -> tuple[Encoder, Encoder]:
    """Two encoders with the same weights and different input formats."""
    torch.manual_seed(0)
    one = Encoder("ir_lite", first).eval()
    torch.manual_seed(0)
    return one, Encoder("ir_lite", second).eval()


def test_forward_gives_what_the_backbone_gives_whatever_the_dtype(crops: torch.Tensor) -> None:
    encoder = Encoder("ir_lite").eval()
    embedded = encoder(crops)
    assert embedded.shape == (4, encoder.embedding_size) and embedded.dtype == torch.float32
    assert torch.equal(embedded, encoder.backbone((crops.float() - 127.5) / 127.5))
    assert torch.equal(embedded, encoder(crops.float()))
    assert not torch.allclose(embedded.norm(dim=1), torch.ones(4), atol=1e-2)


def test_gradients_flow_through_forward(crops: torch.Tensor) -> None:
    encoder = Encoder("ir_lite").train()
    encoder(crops).square().sum().backward()
    assert all(parameter.grad is not None for parameter in encoder.parameters())


def test_embed_averages_crop_and_mirror_image(crops: torch.Tensor) -> None:
    encoder = Encoder("ir_lite").eval()
    embedded = encoder.embed(crops)
    assert torch.allclose(embedded.norm(dim=1), torch.ones(4), atol=1e-5)
    assert torch.allclose(embedded, encoder.embed(crops.flip(3)), atol=1e-5)
    with torch.no_grad():
        views = functional.normalize(encoder(crops)) + functional.normalize(encoder(crops.flip(3)))
    assert torch.allclose(embedded, functional.normalize(views), atol=1e-6)
    assert not embedded.requires_grad


def test_the_colour_order_is_the_backbones_own(crops: torch.Tensor) -> None:
    rgb, bgr = twins(InputFormat(), InputFormat(colour="BGR"))
    assert torch.allclose(rgb(crops), bgr(crops.flip(1)), atol=1e-5)
    assert not torch.allclose(rgb(crops), bgr(crops), atol=1e-3)


@pytest.mark.parametrize("colour", ["RGB", "BGR"])
def test_mean_and_scale_are_those_of_red_green_and_blue(crops: torch.Tensor, colour: str) -> None:
    mean, scale = (10.0, 100.0, 200.0), (50.0, 60.0, 70.0)
    usual, other = twins(
        InputFormat(colour=colour, mean=0.0, scale=1.0), InputFormat(colour=colour, mean=mean, scale=scale)
    )
    by_hand = crops.float()
    for channel in range(3):
        by_hand[:, channel] = (by_hand[:, channel] - mean[channel]) / scale[channel]
    assert torch.allclose(usual(by_hand), other(crops), atol=1e-4)


def test_means_of_channels_are_not_weights(crops: torch.Tensor) -> None:
    usual, other = twins(InputFormat(), InputFormat(mean=IMAGENET_MEAN, scale=IMAGENET_SCALE))
    assert list(usual.state_dict()) == list(other.state_dict())
    with torch.device("meta"):
        hollow = Encoder("ir_lite", other.input_format).eval()
    hollow.load_state_dict(other.state_dict(), assign=True)
    assert torch.equal(hollow(crops), other(crops))


def test_the_size_of_the_input_format_is_that_of_the_backbone() -> None:
    encoder = Encoder("ir_lite", InputFormat(size=64)).eval()
    assert encoder(torch.zeros(1, 3, 64, 64, dtype=torch.uint8)).shape == (1, 128)
    with pytest.raises(UserError, match="multiple of 16"):
        Encoder("ir_lite", InputFormat(size=100))


def test_our_own_backbones_take_rgb_in_one_scale() -> None:
    for name in ("ir_101", "ir_se_50", "iresnet_50", "mobilefacenet"):
        assert default_input_format(name, 128) == InputFormat(size=128, mean=127.5, scale=127.5)


def test_networks_of_timm_take_what_timm_states() -> None:
    stated = default_input_format("timm:resnet18", 64)
    assert (stated.size, stated.colour) == (64, "RGB")
    assert stated.mean == pytest.approx(IMAGENET_MEAN) and stated.scale == pytest.approx(IMAGENET_SCALE)
    assert default_input_format("timm:vit_tiny_patch16_224") == InputFormat()
    assert Encoder("timm:mobilenetv3_small_050").input_format.mean == pytest.approx(IMAGENET_MEAN)


@pytest.mark.parametrize("size", [0, -1, 15, 1025])
def test_an_absurd_size_has_no_default(size: int) -> None:
    with pytest.raises(UserError, match="from 16 to 1024"):
        default_input_format("ir_101", size)


def test_formats_of_the_first_version_still_hold() -> None:
    old = InputFormat.model_validate_json('{"size":112,"colour":"RGB","mean":127.5,"scale":127.5}')
    assert old == InputFormat() and hash(old) == hash(InputFormat())


deadline_free = 0
numbers = st.floats(0.01, 1000) | st.integers(1, 255)


@settings(deadline=None)
@given(
    size=st.integers(16, 1024),
    colour=st.sampled_from(["RGB", "BGR"]),
    mean=numbers | st.tuples(numbers, numbers, numbers),
    scale=numbers | st.tuples(numbers, numbers, numbers),
)
def test_a_format_survives_json(size: int, colour: str, mean: object, scale: object) -> None:
    made = InputFormat(size=size, colour=colour, mean=mean, scale=scale)
    assert InputFormat.model_validate_json(made.model_dump_json()) == made
    assert made.mean == (mean if isinstance(mean, tuple) else (mean, mean, mean))


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["mean", "scale"]),
    st.lists(st.floats(1, 255), max_size=6).filter(lambda values: len(values) != 3)
    | st.sampled_from([True, None, "1.5x", float("nan"), float("inf"), [1, 2, float("nan")], {"r": 1}]),
)
def test_other_than_one_or_three_finite_numbers_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        InputFormat.model_validate({key: value})


@pytest.mark.parametrize("text", ['{"scale": 0}', '{"scale": [1, 1, -1]}', '{"size": 15}', '{"size": 1025}'])
def test_a_format_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        InputFormat.model_validate(json.loads(text))


@pytest.mark.parametrize("name", ["ir_lite", "mobilefacenet", "timm:lambda_resnet50ts"])
def test_kernels_lie_as_convolutions_are_fastest(name: str) -> None:
    with torch.device("meta"):
        kernels = [value for value in Encoder(name).parameters() if value.ndim == 4]
    assert kernels and all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


def test_an_unknown_backbone_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"unknown backbone 'resnet'.*ir_101.*mobilefacenet.*timm:NAME"):
        Encoder("resnet")
