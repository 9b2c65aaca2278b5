"""The command of `benchmarks/detectors.py`: options, turns and table.

All rows are of one run: every contender sees the same photographs in turns, and medians are printed.

peer  `retinaface.detect_faces` and insightface's `norm_crop`, as a user writes them
limit  the published RetinaFace alone on ready tensors, one single-threaded session
"""

import math
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from align.detectors.registry import RETINAFACE, detector_names
from common.runtime.command_line import console
from common.runtime.device import Device

if TYPE_CHECKING:
    from align.sources.find import Source

Find = Callable[[Sequence[Path]], list]
PEER, LIMIT = "peer", "limit"
HEADINGS = ("detector", "found", "landmarks off: median", "95 %", "EER %", "images a second")


def compare(
    folder: Annotated[Path, typer.Argument(help="Folder of people's photographs.")],
    detectors: Annotated[
        list[str] | None,
        typer.Option(
            "--detector", help=f"Beside retinaface; may be repeated: {', '.join(detector_names())}."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Recogniser for the EER; none: no EER.")] = None,
    rounds: Annotated[int, typer.Option(min=0, help="Turns of the speed; 0 leaves it out.")] = 3,
    device: Annotated[Device, typer.Option(help="Where networks run.")] = Device.CPU,
) -> None:
    """Found faces, landmarks against RetinaFace in distances of the eyes, EER after it, images a second."""
    import cv2
    import torch

    from align.sources.find import find_source
    from benchmarks.detecting.measure import faces_by, faces_by_peer
    from benchmarks.inference.machine import describe_machine

    cv2.setNumThreads(1)
    torch.set_num_threads(1)  # a core for each, as the workers of align have
    source = find_source(folder)
    paths = [source.root / photograph.path for photograph in source.photographs]
    names = list(dict.fromkeys([RETINAFACE, *(detectors or [])]))
    contenders: dict[str, Find] = {name: faces_by(name, device) for name in names}
    contenders[PEER] = faces_by_peer
    console.print(f"{len(paths):,} photographs of {source.people:,} people; {describe_machine()}")
    found = {name: find(paths) for name, find in contenders.items()}
    eers = _eers(found, source, model, device) if model else dict.fromkeys(found, math.nan)
    speeds = _speeds(contenders, paths, rounds)
    table = [HEADINGS, ["---"] * len(HEADINGS)]
    for name, faces in found.items():
        count = sum(face is not None for face in faces)
        off = (_shown(value, 3) for value in _off(faces, found[RETINAFACE]))
        table.append([_short(name), f"{count:,}", *off, _shown(100 * eers[name], 2), _shown(speeds[name], 0)])
    table.append([LIMIT, *["–"] * 4, _shown(speeds[LIMIT], 0)])
    console.print("\n".join(f"| {' | '.join(row)} |" for row in table), highlight=False, soft_wrap=True)


def _speeds(contenders: dict[str, Find], paths: Sequence[Path], rounds: int) -> dict[str, float]:
    """Images a second, the median over turns; NaN without any."""
    from benchmarks.detecting.measure import published_alone, seconds_of

    if not rounds:
        return dict.fromkeys([*contenders, LIMIT], math.nan)
    runs = {name: partial(find, paths) for name, find in contenders.items()} | {LIMIT: published_alone(paths)}
    taken = [{name: seconds_of(run) for name, run in runs.items()} for _ in range(rounds)]
    return {name: len(paths) / statistics.median(turn[name] for turn in taken) for name in runs}


def _eers(found: dict[str, list], source: "Source", model: str, device: Device) -> dict[str, float]:
    """The EER of a recogniser after each detector, over all pairs of the photographs."""
    from benchmarks.detecting.measure import eer_of
    from common.formats.pair_category import PairCategory
    from facetrust.photographs import load_model
    from infer.pair_sets.all_pairs import make_pairs

    recogniser = load_model(model, device=device)
    _, identity = np.unique([photograph.identity for photograph in source.photographs], return_inverse=True)
    synthetic = np.array([photograph.synthetic for photograph in source.photographs], np.bool_)
    pairs = make_pairs(identity, synthetic, None, str(source.origin))
    genuine = pairs.categories == PairCategory.SAME_PERSON.code
    return {name: eer_of(faces, recogniser, pairs, genuine) for name, faces in found.items()}


def _off(faces: list, others: list) -> tuple[float, float]:
    """Median and 95th percentile of `distances`; NaN where no face was found by both."""
    from benchmarks.detecting.measure import distances

    off = distances(faces, others)
    return (float(np.median(off)), float(np.percentile(off, 95))) if len(off) else (math.nan, math.nan)


def _short(name: str) -> str:
    """A detector without the folder of its file."""
    kind, colon, argument = name.partition(":")
    return f"{kind}{colon}{argument.rpartition('/')[2]}"


def _shown(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
