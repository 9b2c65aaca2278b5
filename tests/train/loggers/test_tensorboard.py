from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

from train.loggers.tensorboard import FOLDER, TensorBoardLogger  # noqa: E402

Make = Callable[..., Any]


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard would show: (step, value) by name."""
    events = event_accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {
        tag: [(event.step, round(event.value, 6)) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_steps_and_validations_are_read_back(plan: Make, step: Make, validation: Make) -> None:
    logger = TensorBoardLogger()
    logger.started(plan())
    logger.validated(validation(0, loss=None))
    for number in range(1, 4):
        logger.stepped(step(number, loss=float(number)))
    logger.validated(validation(3))
    logger.noted("batch 4 was skipped")
    logger.close(failed=False)
    found = scalars(plan().folder / FOLDER)
    assert found["train/loss"] == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert found["train/learning_rate"] == [(1, 0.0001), (2, 0.0001), (3, 0.0001)]
    assert all(value > 0 for _, value in found["train/images_per_second"])
    assert found["validation/mean_loss"] == [(3, 2.25)]
    expected = {
        "eer": 0.125, "hard_eer": 0.4, "accuracy": 0.9, "threshold": 0.31,
        "error_rate/same_person": 0.125, "error_rate/different_person": 0.0,
        "eer/different_person": 0.05, "tar_at_fmr/0.01": 0.75,
        "eer_interval/low": 0.1, "eer_interval/high": 0.15,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[f"validation/{name}"] == [(0, value), (3, value)], name
    assert not [name for name in found if name.endswith(("error_rate/synthetic", "eer/synthetic"))]


def test_a_resumed_run_goes_on_in_the_same_curves(plan: Make, step: Make) -> None:
    for first, numbers, loss in ((0, range(1, 8), 1.0), (5, range(6, 10), 2.0)):
        logger = TensorBoardLogger()
        logger.started(plan(first_step=first))
        for number in numbers:
            logger.stepped(step(number, loss=loss))
        logger.close(failed=first == 0)
    losses = scalars(plan().folder / FOLDER)["train/loss"]
    assert losses == [*((number, 1.0) for number in range(1, 6)), *((number, 2.0) for number in range(6, 10))]


def test_a_run_that_never_started_leaves_nothing(tmp_path: Path) -> None:
    logger = TensorBoardLogger()
    logger.noted("too early")
    logger.close(failed=True)
    assert list(tmp_path.iterdir()) == []
