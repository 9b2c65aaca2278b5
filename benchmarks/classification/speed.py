"""Photographs a second, from JPEG files to verdicts.

Everything is measured in one run, in turns, and medians over the rounds are printed:

plain loop            a photograph at a time: `retinaface.detect_faces`, the box of the face with a margin,
                      one forward of the network in torch
facetrust             `score_images` and the verdicts, the start of the workers included
limit                 the published detector alone on ready tensors, one session per core, and after it the
                      network alone in torch on ready batches, with its own threads

Facetrust averages crop and mirror image, which takes a second forward. So the loop and the limit are measured
with the mirror image as well, so that like can be compared with like.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from rich.table import Table

from align.crops.aligner import Rejection
from align.media.read import read_image
from benchmarks.alignment.peers import detector_alone
from common.formats.crop_size import fit_crop
from common.models.classifier import Classifier
from common.runtime.errors import UserError
from infer.classification.align_faces import align_faces
from infer.classification.ensemble import Ensemble
from infer.classification.faces import probabilities
from infer.classification.score import score_images
from infer.classification.verdict import face_verdicts
from infer.models.classifier_model import TorchClassifier

READY = 64  # photographs that the networks alone are measured on, again and again
BATCH = 16  # of the network alone in torch
MARGIN = 0.2  # of the plain loop's crop

PLAIN, PLAIN_MIRRORED = "plain loop", "plain loop, mirror image too"
OWN = "facetrust"
LIMIT, LIMIT_MIRRORED = "limit, without the mirror image", "limit, mirror image too"


def measure_speed(paths: Sequence[Path], ensemble: Ensemble, rounds: int) -> dict[str, list[float]]:
    """Seconds of each turn of each way, for all photographs.

    Raises UserError for a model that is not torch's, and for photographs without a face.
    """
    (member,) = ensemble.members
    if not isinstance(member.model, TorchClassifier):
        raise UserError("the plain loop runs in torch; name a checkpoint with --model")
    classifier = member.model.classifier
    ready = paths[:READY]
    faces = [found for found in align_faces(ready, ensemble.ways) if not isinstance(found, Rejection)]
    if not faces:
        raise UserError("no face in any of the photographs; name others with --photographs")
    photographs = [read_image(path) for path in ready]
    crops = np.stack([fit_crop(found[0].views[0], member.size) for found in faces])
    count = len(paths)
    ways: dict[str, Callable[[], float]] = {
        PLAIN: lambda: _timed(lambda: _plain_loop(paths, classifier, mirrored=False)),
        PLAIN_MIRRORED: lambda: _timed(lambda: _plain_loop(paths, classifier, mirrored=True)),
        OWN: lambda: _timed(lambda: _verdicts(paths, ensemble)),
        LIMIT: lambda: detector_alone(photographs, count) + _network_alone(classifier, crops, count),
        LIMIT_MIRRORED: lambda: (
            detector_alone(photographs, count) + _network_alone(classifier, crops, 2 * count)
        ),
    }
    _plain_loop(paths[:3], classifier, mirrored=False)  # the first call loads the detector
    _verdicts(paths, ensemble)  # the first one starts the process that workers are forked from
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    return seconds


def speed_table(seconds: dict[str, list[float]], count: int, title: str) -> Table:
    """The rates, and how they compare turn by turn, so that a drift of the machine's speed cancels."""
    peers = (PLAIN, PLAIN_MIRRORED, LIMIT, LIMIT_MIRRORED)
    heads = ("loop / it", "mirrored loop / it", "limit / it", "mirrored limit / it")
    table = Table("", "a second", "ms each", *heads, title=title)
    for name, taken in seconds.items():
        each = statistics.median(taken) / count
        ratios = (
            statistics.median(other / own for other, own in zip(seconds[peer], taken, strict=True))
            for peer in peers
        )
        table.add_row(name, f"{1 / each:.1f}", f"{1000 * each:.2f}", *(f"{ratio:.2f}" for ratio in ratios))
    return table


def _verdicts(paths: Sequence[Path], ensemble: Ensemble) -> NDArray[np.int8]:
    scored = score_images(list(paths), ensemble)
    logits = [float("nan") if isinstance(found, str) else found[0].logit for found in scored]
    return face_verdicts(probabilities(np.array(logits)), ensemble.point)


def _plain_loop(paths: Sequence[Path], classifier: Classifier, mirrored: bool) -> list[float]:
    """The peer, as a user writes it: P(synthetic) of each photograph, NaN without a face."""
    import retinaface

    found = []
    for path in paths:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        faces = retinaface.detect_faces(image)
        if not faces:
            found.append(float("nan"))
            continue
        face, size = faces[0], classifier.input_format.size
        wide, high = int(MARGIN * face.width), int(MARGIN * face.height)
        left, top = max(0, face.x - wide), max(0, face.y - high)
        right, bottom = face.x + face.width + wide, face.y + face.height + high
        crop = cv2.resize(image[top:bottom, left:right], (size, size), interpolation=cv2.INTER_AREA)
        images = torch.from_numpy(crop).permute(2, 0, 1)[None]
        with torch.inference_mode():
            logits = classifier(images)
            if mirrored:
                logits = (logits + classifier(images.flip(3))) / 2
            found.append(float(logits.sigmoid()))
    return found


def _network_alone(classifier: Classifier, crops: NDArray[np.uint8], count: int) -> float:
    """Seconds of the network in torch for `count` crops, on ready batches, counted by the crop."""
    images = torch.from_numpy(crops).permute(0, 3, 1, 2).repeat(-(-BATCH // len(crops)), 1, 1, 1)
    with torch.inference_mode():
        batch = classifier.planes(images[:BATCH])
        classifier.network(batch)
        steps = -(-count // BATCH)
        return _timed(lambda: [classifier.network(batch) for _ in range(steps)]) * count / (steps * BATCH)


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
