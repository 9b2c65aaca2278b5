from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from train.losses.base import EmbeddedBatch


@pytest.fixture(scope="session")
def make_batch() -> Callable[..., EmbeddedBatch]:
    """A random batch in float64; about a third of it synthetic."""

    def make(seed: int, count: int = 12, people: int = 4, size: int = 8) -> EmbeddedBatch:
        generator = torch.Generator().manual_seed(seed)
        raw = torch.randn(count, size, generator=generator, dtype=torch.float64)
        return EmbeddedBatch(
            functional.normalize(raw, dim=1),
            10 * raw.norm(dim=1),
            torch.randint(0, people, (count,), generator=generator),
            torch.rand(count, generator=generator) < 0.35,
        )

    return make
