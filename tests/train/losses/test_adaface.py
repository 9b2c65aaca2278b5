import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from train.losses.adaface import AdaFaceLoss
from train.losses.base import EmbeddedBatch

Make = Callable[..., EmbeddedBatch]
Values = NDArray[np.float64]


class Published:
    """The published head in numpy, with all (N, C) masks, and the cross-entropy after it."""

    def __init__(self, centres: Values, m: float, h: float, s: float, t_alpha: float) -> None:
        self.centres, self.m, self.h, self.s, self.t_alpha = centres, m, h, s, t_alpha
        self.eps, self.mean, self.std = 1e-3, 20.0, 100.0

    def loss(self, embeddings: Values, norms: Values, labels: NDArray[np.int64]) -> float:
        kernel = self.centres / np.linalg.norm(self.centres, axis=1, keepdims=True)
        cosine = np.clip(embeddings @ kernel.T, -1 + self.eps, 1 - self.eps)
        safe = np.clip(norms, 0.001, 100)
        self.mean = safe.mean() * self.t_alpha + (1 - self.t_alpha) * self.mean
        self.std = safe.std(ddof=1) * self.t_alpha + (1 - self.t_alpha) * self.std
        scaler = np.clip((safe - self.mean) / (self.std + self.eps) * self.h, -1, 1)[:, None]
        mask = np.eye(len(self.centres))[labels]
        theta = np.clip(np.arccos(cosine) + mask * (-self.m * scaler), self.eps, math.pi - self.eps)
        logits = self.s * (np.cos(theta) - mask * (self.m + self.m * scaler))
        return float((np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]).mean())


@pytest.mark.parametrize("update", [0.01, 0.5, 1.0])
@pytest.mark.parametrize(("m", "h", "s"), [(0.4, 0.333, 64.0), (0.5, 1.0, 16.0), (0.0, 0.2, 4.0)])
def test_it_equals_the_published_code_batch_after_batch(
    make_batch: Make, m: float, h: float, s: float, update: float
) -> None:
    torch.manual_seed(0)
    loss = AdaFaceLoss(8, 4, margin=m, concentration=h, scale=s, update=update, synthetic="class").double()
    peer = Published(loss.centres.detach().numpy(), m, h, s, update)
    for seed in range(5):
        batch = make_batch(seed, count=20)
        batch.norms.mul_(10.0 ** (seed - 3))  # 0.03 to 300: some are beyond the bounds
        labels = torch.where(batch.synthetic, 4, batch.identities).numpy()
        expected = peer.loss(batch.embeddings.numpy(), batch.norms.numpy(), labels)
        assert loss(batch).item() == pytest.approx(expected, rel=1e-6)  # float32 initial statistics
        assert float(loss.norm_mean) == pytest.approx(peer.mean, rel=1e-6)
        assert float(loss.norm_deviation) == pytest.approx(peer.std, rel=1e-6)


def test_evaluation_and_single_faces_leave_the_statistics(make_batch: Make) -> None:
    loss = AdaFaceLoss(8, 4).double()
    loss(make_batch(0, count=1))
    loss(make_batch(0, count=0))
    loss.eval()(make_batch(0))
    assert (float(loss.norm_mean), float(loss.norm_deviation)) == (20.0, 100.0)
    loss.train()(make_batch(0))
    assert float(loss.norm_mean) != 20.0 and float(loss.norm_deviation) != 100.0


def test_statistics_are_saved_with_the_loss(make_batch: Make) -> None:
    loss, restored = AdaFaceLoss(8, 4).double(), AdaFaceLoss(8, 4).double()
    loss(make_batch(0))
    restored.load_state_dict(loss.state_dict())
    batch = make_batch(1)
    assert restored.eval()(batch).item() == loss.eval()(batch).item()


def test_good_photographs_get_the_margin_on_the_cosine_and_bad_ones_on_the_angle() -> None:
    loss = AdaFaceLoss(8, 4, concentration=1.0).eval()
    loss.norm_mean.fill_(20.0)
    loss.norm_deviation.fill_(5.0)
    cosine = torch.full((3,), 0.6)
    good, average, bad = loss.with_margin(cosine, torch.tensor([90.0, 20.0, 0.5])).tolist()
    assert good == pytest.approx(math.cos(math.acos(0.6) - 0.4) - 0.8, abs=1e-5)
    assert average == pytest.approx(0.6 - 0.4, abs=1e-5)
    assert bad == pytest.approx(math.cos(math.acos(0.6) + 0.4), abs=1e-5)
    easy = loss.with_margin(torch.tensor([0.99]), torch.tensor([90.0]))  # its angle stops at zero
    assert easy.item() == pytest.approx(1 - 0.8, abs=1e-5)


def test_no_gradient_flows_through_the_norms(make_batch: Make) -> None:
    batch = make_batch(0)
    batch.norms.requires_grad_()
    batch.embeddings.requires_grad_()
    AdaFaceLoss(8, 4).double()(batch).backward()
    assert batch.norms.grad is None and batch.embeddings.grad is not None
