import os
import signal
from types import SimpleNamespace
from typing import cast

import pytest
import torch
import torch.distributed as dist
from lightning_fabric import Fabric

from train.interruption import Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_acts(number: signal.Signals) -> None:
    before = signal.signal(number, signal.default_int_handler)  # raises KeyboardInterrupt
    try:
        with Interruption(Fabric(accelerator="cpu", devices=1)) as interruption:
            assert not interruption.requested()
            os.kill(os.getpid(), number)
            assert interruption.requested()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption(Fabric(accelerator="cpu", devices=1)) as interruption:
        assert signal.getsignal(signal.SIGINT) is not before
        assert not interruption.requested()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(("device", "asking"), [("cpu", [1, 2, 3, 4]), ("cuda", [3])])
def test_several_gpus_do_not_ask_each_other_after_every_step(
    device: str, asking: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.interruption.GPU_STEPS", 3)
    fabric = SimpleNamespace(world_size=2, device=torch.device(device))
    interruption = Interruption(cast(Fabric, fabric))
    fabric.device = torch.device("cpu")  # where the answers of this test are added up
    asked: list[torch.Tensor] = []
    monkeypatch.setattr(dist, "all_reduce", lambda told: asked.append(told.add_(1)))
    assert [step for step in range(1, 5) if interruption.requested()] == asking
    assert len(asked) == len(asking)
