from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils._python_dispatch import TorchDispatchMode

from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.shards import ShardHeader, ShardRows, write_shard

Crop = NDArray[np.uint8]


@pytest.fixture(scope="session")
def bona_fide_shards(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    variant: Callable[[Crop, int, bool], Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """One shard of real faces, none synthetic, with landmarks: 6 people with 6 crops each."""
    folder = tmp_path_factory.mktemp("bona_fide_shards")
    images = [variant(crop, 10 * person + n, False) for person, crop in enumerate(crops) for n in range(6)]
    names = [f"person{person}" for person in range(6) for _ in range(6)]
    rows = make_rows(images, names, [0] * 36)
    landmarks = np.repeat(ARCFACE_POINTS[None].astype(np.float32), 36, axis=0)
    write_shard(folder / "shard-00000.h5", shard_header, replace(rows, landmarks=landmarks))
    return folder


@pytest.fixture(scope="session")
def unlabelled(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    variant: Callable[[Crop, int, bool], Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """Two shards of twelve faces called 0.jpg to 11.jpg, of which nobody says what they are."""
    folder = tmp_path_factory.mktemp("unlabelled")
    for number in range(2):
        numbers = range(6 * number, 6 * number + 6)
        images = [variant(crops[n % 6], 700 + n, n % 2 == 1) for n in numbers]
        rows = make_rows(images, [str(n) for n in numbers], [0] * 6)
        rows = replace(rows, path=[f"{n}.jpg" for n in numbers])
        write_shard(folder / f"shard-{number:05d}.h5", shard_header, rows)
    return folder


class _HostReads(TorchDispatchMode):
    """Notes what a GPU would have the host wait for: values read, and sizes that depend on values."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self.seen = seen

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        masks = args[1] if name in ("index", "index_put", "index_put_") else []
        if name in ("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero") or any(
            mask is not None and mask.dtype is torch.bool for mask in masks
        ):
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


@pytest.fixture
def host_reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A context that gives the list of what the host would wait for within it, were its tensors on a GPU."""

    @contextmanager
    def reading() -> Iterator[list[str]]:
        seen: list[str] = []
        tolist = torch.Tensor.tolist  # on a CPU it reads without a call to be seen
        with monkeypatch.context() as patched, _HostReads(seen):
            patched.setattr(torch.Tensor, "tolist", lambda tensor: seen.append("tolist") or tolist(tensor))
            yield seen

    return reading
