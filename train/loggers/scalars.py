"""Scalars of steps and validations, under the names that trackers show."""

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
    """What one validation gives; a figure that is undefined is left out."""
    figures = record.figures
    values = {**figures.values, "mean_loss": record.loss}
    if interval := figures.intervals.get(figures.primary.name):
        values |= {
            f"{figures.primary.name}_interval/{end}": getattr(interval, end) for end in interval._fields
        }
    return {
        f"validation/{name}": value
        for name, value in values.items()
        if value is not None and math.isfinite(value)
    }
