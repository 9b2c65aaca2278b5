"""The figures of a run under the names that trackers show them by."""

import math

from train.loggers.base import StepRecord, ValidationRecord


def step_scalars(record: StepRecord, images_per_second: float) -> dict[str, float]:
    """What one step gives."""
    return {
        "train/loss": record.loss,
        "train/learning_rate": record.learning_rate,
        "train/images_per_second": images_per_second,
    }


def validation_scalars(record: ValidationRecord) -> dict[str, float]:
    """What one validation gives, shares in [0, 1]; a figure that is undefined is left out."""
    report = record.report
    values = {
        "eer": report.eer,
        "hard_eer": report.hard_eer,
        "accuracy": report.accuracy,
        "threshold": report.threshold,
        "mean_loss": record.loss,
        **{f"error_rate/{category.value}": found.rate for category, found in report.by_category.items()},
        **{f"eer/{category.value}": eer for category, eer in report.eer_by_category.items()},
        **{f"tar_at_fmr/{fmr:g}": tar for fmr, tar in report.tar_at_fmr.items()},
    }
    if interval := report.intervals.get("eer"):
        values |= {"eer_interval/low": interval.low, "eer_interval/high": interval.high}
    return {
        f"validation/{name}": value
        for name, value in values.items()
        if value is not None and math.isfinite(value)
    }
