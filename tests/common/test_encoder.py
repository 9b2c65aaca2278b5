import pytest
import torch

from common.encoder import Encoder, InputFormat
from common.errors import UserError


@pytest.fixture(scope="module")
def crops() -> torch.Tensor:
    return torch.randint(0, 256, (4, 3, 112, 112), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def twins(first: InputFormat, second: InputFormat) -> tuple[Encoder, Encoder]:
    """Two encoders with the same weights and different input formats."""
    torch.manual_seed(0)
    one = Encoder("ir_lite", first).eval()
    torch.manual_seed(0)
    return one, Encoder("ir_lite", second).eval()


def test_embeddings_have_unit_length_whatever_the_dtype(crops: torch.Tensor) -> None:
    encoder = Encoder("ir_lite").eval()
    embedded = encoder(crops)
    assert embedded.shape == (4, encoder.embedding_size) and embedded.dtype == torch.float32
    assert torch.allclose(embedded.norm(dim=1), torch.ones(4), atol=1e-5)
    assert torch.equal(embedded, encoder(crops.float()))


def test_embed_averages_crop_and_mirror_image(crops: torch.Tensor) -> None:
    encoder = Encoder("ir_lite").eval()
    embedded = encoder.embed(crops)
    assert torch.allclose(embedded, encoder.embed(crops.flip(3)), atol=1e-5)
    with torch.no_grad():
        expected = encoder(crops) + encoder(crops.flip(3))
    assert torch.allclose(embedded, expected / expected.norm(dim=1, keepdim=True), atol=1e-6)
    assert not embedded.requires_grad


def test_the_colour_order_is_the_backbones_own(crops: torch.Tensor) -> None:
    rgb, bgr = twins(InputFormat(), InputFormat(colour="BGR"))
    assert torch.allclose(rgb(crops), bgr(crops.flip(1)), atol=1e-6)
    assert not torch.allclose(rgb(crops), bgr(crops), atol=1e-3)


def test_mean_and_scale_are_applied(crops: torch.Tensor) -> None:
    usual, other = twins(InputFormat(), InputFormat(mean=0.0, scale=1.0))
    assert torch.allclose(usual(crops), other((crops.float() - 127.5) / 127.5), atol=1e-6)


def test_an_unknown_backbone_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"unknown backbone 'resnet'.*ir_101.*mobilefacenet"):
        Encoder("resnet")
