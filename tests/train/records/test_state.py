from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from common.runtime.errors import UserError
from train.records.state import Progress, RunState

Make = Callable[..., tuple[Progress, nn.Module, RunState]]


@pytest.fixture
def make() -> Make:
    def build(data: str = "d", width: int = 3) -> tuple[Progress, nn.Module, RunState]:
        progress, network = Progress(), nn.Linear(width, 2)
        return progress, network, RunState(progress, data, {"encoder": network})

    return build


def test_what_is_saved_comes_back(make: Make, tmp_path: Path) -> None:
    progress, network, state = make()
    progress.epoch, progress.batch, progress.step, progress.validated_step = 3, 5, 77, 70
    progress.count_loss(0.1)
    progress.count_loss(0.7)
    state.save(tmp_path / "state.pt")
    other, fresh, reader = make()
    reader.load(tmp_path / "state.pt")
    assert other == progress and other.take_mean_loss() == (0.1 + 0.7) / 2
    assert torch.equal(fresh.weight, network.weight)
    assert other.take_mean_loss() is None


def test_what_does_not_fit_is_refused(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    make()[2].save(path)
    for other, told in [(make("e"), "not those that"), (make(width=4), "does not fit this run")]:
        with pytest.raises(UserError, match=told):
            other[2].load(path)
    for content, told in [
        (b"", "is empty"),
        (b"text", "is a text"),
        (path.read_bytes()[:500], "damaged: its list of contents"),
        (path.read_bytes()[:-30], "damaged"),
    ]:
        (tmp_path / "bad.pt").write_bytes(content)
        with pytest.raises(UserError, match=told):
            make()[2].load(tmp_path / "bad.pt")
    with pytest.raises(UserError, match="no such file"):
        make()[2].load(tmp_path / "absent.pt")
    torch.save({"format": "another"}, tmp_path / "bad.pt")
    with pytest.raises(UserError, match="not the state of a run"):
        make()[2].load(tmp_path / "bad.pt")


class Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch executed",)


def test_nothing_in_a_state_is_executed(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"format": "facetrust-run-2", "data": "d", "progress": Payload()}, "state.pt")
    with pytest.raises(UserError, match="holds more than the state of a run and is not loaded"):
        make()[2].load(Path("state.pt"))
    assert not Path("executed").exists()
