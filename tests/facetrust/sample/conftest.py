"""One small sample that the tests of this folder share."""

from pathlib import Path
from typing import NamedTuple

import pytest

from facetrust.sample.dataset import write_sample
from facetrust.sample.options import SampleOptions


class Sample(NamedTuple):
    raw: Path
    pairs: Path
    options: SampleOptions
    progress: list[tuple[int, int]]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Written by two workers; the tests must not change it."""
    folder = tmp_path_factory.mktemp("sample")
    options = SampleOptions(identities=3, photos=3, synthetic=3, test_identities=4, pairs=12, seed=5)
    calls: list[tuple[int, int]] = []
    write_sample(
        folder / "raw",
        folder / "pairs",
        options,
        workers=2,
        progress=lambda done, total: calls.append((done, total)),
    )
    return Sample(folder / "raw", folder / "pairs", options, calls)
