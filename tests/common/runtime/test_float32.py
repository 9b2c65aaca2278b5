from collections.abc import Iterator

import pytest
import torch

from common.models.encoder import Encoder
from common.runtime.float32 import allow_tf32, exact_float32


def tf32() -> tuple[bool, bool]:
    """Of convolutions and of matrix products, by either interface of torch."""
    settings = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)
    found = [setting.fp32_precision == "tf32" for setting in settings]
    assert found == [torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32]
    return found[0], found[1]


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.parametrize("allowed", [True, False])
def test_it_is_set_for_convolutions_and_products(allowed: bool) -> None:
    allow_tf32(allowed)
    assert tf32() == (allowed, allowed)


@pytest.mark.parametrize("allowed", [True, False])
def test_it_is_off_within_and_as_before_after(allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    allow_tf32(allowed)
    with pytest.raises(KeyError), exact_float32():
        with exact_float32():
            pass
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        raise KeyError
    assert tf32() == (allowed, allowed)


def test_embeddings_are_made_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    allow_tf32(True)
    encoder = Encoder("ir_lite").eval()
    seen: list[str] = []
    encoder.register_forward_hook(lambda *_: seen.append(torch.backends.cudnn.conv.fp32_precision))
    encoder.embed(torch.zeros(1, 3, 112, 112))
    encoder(torch.zeros(1, 3, 112, 112))
    assert seen == ["ieee", "ieee", "tf32"]
