"""Pairs a second, from JPEG files to scores.

Everything is measured in one run, in turns, and medians over the rounds are printed:

plain loop            a photograph at a time: `retinaface.detect_faces`, `norm_crop`, the backbone in torch;
                      also with torch on one thread, for its threads and ONNX Runtime's hinder each other
facetrust             `embed_images` and `similarities`, the start of the workers included
limit                 the published detector alone on ready tensors, one session per core, and after it the
                      backbone alone in torch on ready batches, with its own threads
own networks          the same of the networks that facetrust makes of them

Facetrust averages crop and mirror image, which takes a second forward. The plain loop is measured with and
without; facetrust is measured without as well, so that like can be compared with like.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.table import Table

from align.crops.aligner import AlignedFace, align_photographs
from align.media.read import read_image
from benchmarks.alignment.peers import detector_alone, split_detector_alone
from benchmarks.inference.plain_loop import PlainLoop
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from infer.embeddings import align_options, embed_images
from infer.models.cpu_network import CpuNetwork
from infer.models.encoder_model import EncoderModel
from infer.models.model import Model
from infer.score import similarities

READY = 64  # photographs that the networks alone are measured on, again and again
BATCH = 16  # of the network alone in torch: of 4 to 64 the fastest on two cores

PLAIN, PLAIN_MIRRORED = "plain loop", "plain loop, mirror image too"
PLAIN_ONE_THREAD = "plain loop, torch on one thread"
OWN, OWN_PLAIN = "facetrust", "facetrust without the mirror image"
LIMIT, OWN_LIMIT = "limit, without the mirror image", "own networks, without the mirror image"


class WithoutMirror(Model):
    """A model whose embeddings are of the crops alone, as the plain loop's are."""

    def __init__(self, model: EncoderModel) -> None:
        self.card, self.threshold, self.file = model.card, None, None
        self.network = CpuNetwork(model.encoder)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Model.embed`, less the mirror images."""
        features = self.network.features(list(crops))
        return features / np.linalg.norm(features, axis=1, keepdims=True)


@dataclass(frozen=True)
class Ready:
    """What the networks alone are given.

    Attributes:
        paths: files, for the split detector.
        photographs: (H, W, 3) uint8 RGB.
        crops: (size, size, 3) uint8 RGB.
    """

    paths: list[Path]
    photographs: list[NDArray[np.uint8]]
    crops: list[NDArray[np.uint8]]


def measure_speed(root: Path, model: Model, rounds: int) -> dict[str, list[float]]:
    """Seconds of each turn of each way, for all pairs of a folder of pairs.

    Raises UserError for a model that is not torch's, and for photographs without a face.
    """
    if not isinstance(model, EncoderModel):
        raise UserError("the plain loop runs in torch; name a checkpoint or random:BACKBONE with --model")
    pairs = [(folder / "0.jpg", folder / "1.jpg") for folder in sorted(root.iterdir())]
    ready = _ready([path for pair in pairs for path in pair][:READY], model)
    without = WithoutMirror(model)
    ways: dict[str, Callable[[], float]] = {
        PLAIN: _timed_loop(PlainLoop(model.encoder, mirrored=False), pairs),
        PLAIN_ONE_THREAD: _timed_loop(PlainLoop(model.encoder, mirrored=False, threads=1), pairs),
        PLAIN_MIRRORED: _timed_loop(PlainLoop(model.encoder, mirrored=True), pairs),
        OWN: lambda: _compare(pairs, model),
        OWN_PLAIN: lambda: _compare(pairs, without),
        LIMIT: lambda: (
            detector_alone(ready.photographs, 2 * len(pairs))
            + _torch_alone(model.encoder, ready.crops, 2 * len(pairs))
        ),
        OWN_LIMIT: lambda: (
            split_detector_alone(ready.paths, 2 * len(pairs))
            + _own_alone(without.network, ready.crops, 2 * len(pairs))
        ),
    }
    PlainLoop(model.encoder, mirrored=False).scores(pairs[:3])  # the first call loads the detector
    _compare(pairs, model)  # the first one starts the process that workers are forked from
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    return seconds


def speed_table(seconds: dict[str, list[float]], pairs: int, title: str) -> Table:
    """The rates, and how they compare turn by turn, so that a drift of the machine's speed cancels."""
    table = Table(
        "", "pairs/s", "ms a photograph", "plain loop / it", "mirrored loop / it", "limit / it", title=title
    )
    for name, taken in seconds.items():
        each = statistics.median(taken) / pairs
        ratios = (
            statistics.median(other / own for other, own in zip(seconds[peer], taken, strict=True))
            for peer in (PLAIN, PLAIN_MIRRORED, LIMIT)
        )
        table.add_row(name, f"{1 / each:.1f}", f"{500 * each:.2f}", *(f"{ratio:.2f}" for ratio in ratios))
    return table


def measure_cached(root: Path, model: Model, count: int, rounds: int) -> str:
    """All pairs of some photographs, each of which is aligned and embedded once, in words."""
    paths: list[Path | bytes] = list(sorted(root.rglob("*.jpg"))[:count])
    members = np.stack(np.triu_indices(len(paths), 1), axis=1)
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        similarities(members, embed_images(paths, model))
        taken.append(time.perf_counter() - start)
    middle = statistics.median(taken)
    return (
        f"all {len(members):,} pairs of {len(paths)} photographs, each embedded once: {middle:.2f} s, "
        f"{len(members) / middle:,.0f} pairs/s"
    )


def _ready(paths: list[Path], model: Model) -> Ready:
    options = align_options(model, aligned=False)
    faces = [outcome for outcome in align_photographs(paths, options) if isinstance(outcome, AlignedFace)]
    if not faces:
        raise UserError("no face in any of the photographs; name others with --photographs")
    return Ready(paths, [read_image(path) for path in paths], [face.image for face in faces])


def _timed_loop(loop: PlainLoop, pairs: list[tuple[Path, Path]]) -> Callable[[], float]:
    return lambda: _timed(lambda: loop.scores(pairs))


def _compare(pairs: list[tuple[Path, Path]], model: Model) -> float:
    images: list[Path | bytes] = [path for pair in pairs for path in pair]
    members = np.arange(len(images), dtype=np.int64).reshape(-1, 2)
    return _timed(lambda: similarities(members, embed_images(images, model)))


def _torch_alone(encoder: Encoder, crops: list[NDArray[np.uint8]], count: int) -> float:
    images = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float()
    mean, scale = (
        torch.tensor(values).view(1, 3, 1, 1)
        for values in (encoder.input_format.mean, encoder.input_format.scale)
    )
    images = ((images - mean) / scale).repeat(-(-BATCH // len(crops)), 1, 1, 1)
    batch = images[:BATCH].contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        encoder.backbone(batch)
        # whole batches, counted by the photograph
        steps = -(-count // BATCH)
        return _timed(lambda: [encoder.backbone(batch) for _ in range(steps)]) * count / (steps * BATCH)


def _own_alone(network: CpuNetwork, crops: list[NDArray[np.uint8]], count: int) -> float:
    views = (crops * -(-count // len(crops)))[:count]
    return _timed(lambda: network.features(views))


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
