import torch

from common.models.encoder import Encoder
from train.optimisation.ema import ModelEma


def test_without_decay_it_is_the_encoder_itself() -> None:
    encoder = Encoder("ir_lite")
    average = ModelEma(encoder, 0)
    average.update()
    assert average.network is encoder


def test_the_average_follows_the_weights() -> None:
    torch.manual_seed(0)
    encoder = Encoder("ir_lite")
    average = ModelEma(encoder, 0.9)
    average.update()  # the first takes the weights as they are
    name, weight = next(iter(encoder.named_parameters()))
    before = weight.detach().clone()
    with torch.no_grad():
        weight += 1.0
    average.update()
    followed = dict(average.network.named_parameters())[name]
    assert torch.allclose(followed, before + 0.1, atol=1e-6)
    assert torch.allclose(weight, before + 1.0)
