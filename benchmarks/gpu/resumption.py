"""float16: a run that is interrupted and resumed, and a gradient that is not finite."""

import signal
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from train.loggers.base import Logger, RunPlan, StepRecord
from train.loop import train
from train.optimisation.optimiser import gradient_scaler
from train.records.run_folder import new_run_folder
from train.tasks.verification.task import Verification

STOP, STEPS, SPOILT = 3, 5, 2


class _Watch(Logger):
    """Keeps what it is told, and interrupts after a step."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop, self.first_step, self.steps = stop, -1, 0
        self.notes: list[str] = []
        self.on_start: Callable[[], None] = lambda: None

    def started(self, plan: RunPlan) -> None:
        self.first_step = plan.first_step
        self.on_start()

    def stepped(self, record: StepRecord) -> None:
        self.steps += 1
        if self.steps == self.stop:
            signal.raise_signal(signal.SIGINT)

    def noted(self, message: str) -> None:
        self.notes.append(message)


def resumption(setting: Setting) -> Iterator[Finding]:
    """The step and scaler of the resumed run, beside those that were saved."""
    config = setting.config("interrupted", "ir_lite", STEPS)
    folder = new_run_folder(config)
    train(setting.fabric("16-mixed"), config, folder, _Watch(STOP))
    saved = torch.load(folder.state, map_location="cpu", weights_only=True)["parts"]["precision"]
    fabric, states = setting.fabric("16-mixed"), []
    resumed = _Watch()
    scaler = gradient_scaler(fabric)
    assert scaler is not None
    resumed.on_start = lambda: states.append(scaler.state_dict())
    train(fabric, config, folder, resumed)
    step, first = (
        torch.load(folder.state, map_location="cpu", weights_only=True)["progress"]["step"],
        resumed.first_step,
    )
    holds = first == STOP and states == [saved] and step == first + resumed.steps > first
    told = f"goes on after step {first} with scale {states[0]['scale']:g}, to step {step}"
    yield Finding("float16 interrupted and resumed", told, f"step {STOP}, scale {saved['scale']:g}", holds)


def infinite_gradient(setting: Setting) -> Iterator[Finding]:
    """Whether a step with an infinite gradient is skipped and leaves weights and statistics as they were."""
    seen: list[list[Tensor]] = []  # before each of the first batches
    loss_of = Verification.loss

    def spoilt(task: Verification, network: nn.Module, batch: Any) -> Tensor:
        seen.append([each.detach().clone() for each in task.network.state_dict().values()])
        loss = loss_of(task, network, batch)
        return loss + (loss * 0).sqrt() if len(seen) == SPOILT else loss  # finite, with an infinite slope

    watch = _Watch()
    with patch.object(Verification, "loss", spoilt):
        config = setting.config("infinite", "ir_lite", STEPS)
        train(setting.fabric("bf16-mixed"), config, new_run_folder(config), watch)
    same = all(torch.equal(*pair) for pair in zip(seen[SPOILT - 1], seen[SPOILT], strict=True))
    skipped = sum("skipped" in note for note in watch.notes)
    told = f"{skipped} skipped, weights and statistics {'as before' if same else 'changed'}"
    yield Finding("infinite gradient", told, "1 skipped, as before", same and skipped == 1)
