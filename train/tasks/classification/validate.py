"""Validation of a classifier: its logits for crops held out, and the operating point that they ask for."""

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from scipy.special import expit

from common.metrics import equal_error_rate, evaluate_classification, with_classification_intervals
from common.metrics.calibration import fit_temperature
from common.metrics.figures import Figures
from common.metrics.operating_point import best_f1_threshold
from common.metrics.undecided import undecided_band
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.errors import UserError
from train.distributed.shares import computed_in_shares
from train.tasks.base import evaluating
from train.tasks.classification.figures import figures_of
from train.tasks.classification.validation_data import ValidationData


def validate(classifier: Classifier, data: ValidationData, threshold: str, fabric: Fabric) -> Figures:
    """The figures of a classifier on the crops or tracks held out, with intervals that resample groups.

    Each of the processes scores its share, in float32 as `infer` does. The temperature, the threshold and the
    undecided band are chosen on the same crops, so that figures at the threshold are a little too good.

    Args:
        classifier: on the device of `fabric`, not wrapped by it; its modules stay in their modes.
        data: what is validated with.
        threshold: `eer` or `f1`, see `ClassValidationConfig`.
        fabric: launched.

    Raises UserError, in all processes, when a logit is not finite.
    """
    with evaluating(classifier):
        logits = computed_in_shares(
            data.rows,
            lambda part: data.score(classifier, part, fabric.device),
            (),
            data.at_once,
            fabric,
        )
    if not torch.isfinite(logits).all():
        raise UserError("the logits are no longer finite: training diverged; lower --lr")
    # one process decides, for the others may round otherwise and would then train on differently
    found = _figures(logits.double().cpu().numpy(), data, threshold) if fabric.global_rank == 0 else None
    shared = fabric.broadcast(found)
    assert shared is not None
    return shared


def operating_point(labels: NDArray[np.bool_], logits: NDArray[np.float64], threshold: str) -> OperatingPoint:
    """The temperature, threshold and undecided band that labelled logits (N,) ask for."""
    temperature = fit_temperature(labels, logits).value
    probabilities = expit(logits / temperature)
    if threshold == "f1":
        chosen = best_f1_threshold(labels, probabilities)
    else:
        chosen = float(np.clip(equal_error_rate(labels, probabilities).threshold, 0, 1))
    return OperatingPoint(
        temperature=temperature,
        threshold=chosen,
        undecided=undecided_band(labels, probabilities, chosen),
    )


def _figures(logits: NDArray[np.float64], data: ValidationData, threshold: str) -> Figures:
    point = operating_point(data.labels, logits, threshold)
    probabilities = expit(logits / point.temperature)
    report = evaluate_classification(data.labels, probabilities, data.groups, point.threshold)
    report = with_classification_intervals(report, data.labels, probabilities, data.groups)
    before = evaluate_classification(data.labels, expit(logits))
    return figures_of(report, point, before.ece)
