from collections.abc import Callable
from pathlib import Path

import pytest

from common.formats.pair_category import PairCategory
from common.metrics import CategoryErrors, Interval, VerificationReport
from train.config import TrainConfig
from train.loggers.base import RunPlan, StepRecord, ValidationRecord
from train.tasks.verification.figures import COLUMNS, figures_of

REPORT = VerificationReport(
    eer=0.125,
    eer_threshold=0.3,
    threshold=0.31,
    accuracy=0.9,
    by_category={
        PairCategory.SAME_PERSON: CategoryErrors(1, 8),
        PairCategory.DIFFERENT_PERSON: CategoryErrors(0, 4),
        PairCategory.SYNTHETIC: CategoryErrors(0, 0),
    },
    eer_by_category={PairCategory.DIFFERENT_PERSON: 0.05, PairCategory.SYNTHETIC: float("nan")},
    tar_at_fmr={0.01: 0.75},
    hard_eer=0.4,
    intervals={"eer": Interval(0.1, 0.15)},
)


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., RunPlan]:
    def make(
        first_step: int = 0, device: str = "cuda:0", backbone: str = "ir_101", **config: object
    ) -> RunPlan:
        folder = tmp_path / "runs" / "run-a"
        folder.mkdir(parents=True, exist_ok=True)
        settings = TrainConfig.model_validate({"epochs": 4, **config}).model_dump(mode="json")
        return RunPlan(
            settings, "run-a", folder, device, backbone, "12 crops to train on, 6 pairs to validate on",
            {"validation_pairs": 6}, COLUMNS, steps_per_epoch=25, first_step=first_step,
            from_scratch=settings["pretrained"] is None, wants_gpu=True,
        )  # fmt: skip

    return make


@pytest.fixture
def step() -> Callable[..., StepRecord]:
    def make(number: int, loss: float = 1.5, images: int = 64, waited: float = 0.0) -> StepRecord:
        return StepRecord((number - 1) // 25 + 1, number, 1e-4, loss, images, waited)

    return make


@pytest.fixture
def validation() -> Callable[..., ValidationRecord]:
    def make(step: int, loss: float | None = 2.25, report: VerificationReport = REPORT) -> ValidationRecord:
        return ValidationRecord("run-a", step // 25, step, 1e-4, loss, 0, figures_of(report))

    return make
