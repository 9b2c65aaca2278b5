"""Ensembles of the checkpoints of classifiers, for code that has crops already: the mean of their logits."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from common.formats.crop_size import fit_crop
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import LoadedClassifier, load_classifier
from common.models.view_names import DEFAULT_VIEWS
from common.runtime.errors import UserError

BATCH = 64  # crops at one time, in one view

Score = Callable[[NDArray[np.uint8]], NDArray[np.float64]]  # (N, size, size, 3) RGB to logits (N,)


def load_classifiers(files: Sequence[Path]) -> list[LoadedClassifier]:
    """The classifiers of checkpoints, in eval mode on the CPU. Raises UserError as `load_classifier`."""
    return [load_classifier(file) for file in files]


def mean_logits(
    members: Sequence[LoadedClassifier],
    crops: Sequence[NDArray[np.uint8]],
    views: Sequence[str] = DEFAULT_VIEWS,
) -> NDArray[np.float64]:
    """(N,) the mean over members of logit / temperature, of square RGB crops of any size.

    Args:
        members: each on the device that it is to run on.
        crops: N, each (S, S, 3) RGB, brought to the size that a member takes.
        views: names of `VIEWS` that each member averages over beside the crop as it is.

    Raises UserError where a logit is not finite.
    """
    each = []
    for number, member in enumerate(members, 1):
        info = member.info
        name = f"classifier {number} of {len(members)} ({info.network})"
        score = partial(_score, member.classifier, views)
        each.append(calibrated_logits(score, crops, info.input_format.size, info.point.temperature, name))
    mean: NDArray[np.float64] = np.mean(each, axis=0)
    return mean


def _score(classifier: Classifier, views: Sequence[str], crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    device = next(classifier.parameters()).device
    images = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2)
    logits: NDArray[np.float64] = classifier.score(images, views).cpu().numpy().astype(np.float64)
    return logits


def calibrated_logits(
    score: Score, crops: Sequence[NDArray[np.uint8]], size: int, temperature: float, name: str
) -> NDArray[np.float64]:
    """(N,) logits of one classifier, divided by its temperature.

    Args:
        score: the classifier, given at most `BATCH` crops at a time.
        crops: N, each (S, S, 3) RGB of any size.
        size: pixels, both sides of what it takes.
        temperature: above 0.
        name: what the classifier is called in a message.

    Raises UserError where one is not finite.
    """
    found = np.empty(len(crops))
    for start in range(0, len(crops), BATCH):
        found[start : start + BATCH] = score(
            np.stack([fit_crop(crop, size) for crop in crops[start : start + BATCH]])
        )
    return calibrated(found, temperature, name)


def calibrated(logits: NDArray[np.float64], temperature: float, name: str) -> NDArray[np.float64]:
    """Logits (N,) of the classifier `name` over its temperature. Raises UserError for one not finite."""
    with np.errstate(over="ignore"):
        found: NDArray[np.float64] = logits / temperature
    if not np.isfinite(found).all():
        raise UserError(
            f"{name} gives logits that are not finite: its weights or its temperature are damaged; "
            "use another"
        )
    return found
