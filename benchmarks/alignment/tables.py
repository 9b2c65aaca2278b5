"""The tables of docs/performance.md.

Everything is measured in one run, in turns, and the medians over the rounds are printed:

peer  `retinaface.detect_faces`, then insightface's `norm_crop`, on one image after another
limit  the published detector alone on ready tensors, one single-threaded ONNX Runtime session per core
own    the same of the two-part network that facetrust makes of it, run as often as facetrust runs it
align  `align_source`: listing, starting workers, reading, detecting, cropping, shards and manifest on disk
command  `python -m align run`: the same with the start of Python and the import of all it needs
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from align.crops.crop import crop_face
from align.crops.options import AlignOptions
from align.media.read import read_image
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from benchmarks.alignment.memory import peak_memory
from benchmarks.alignment.peers import detector_alone, norm_crops, split_detector_alone
from benchmarks.alignment.photographs import large_photographs, repeated, small_photographs
from common.formats.shards import decode_strings, open_shard, shard_paths
from common.runtime.device import Device
from common.runtime.worker_processes import available_cores

console = Console(width=110)


def print_tables(
    photographs: Annotated[
        Path | None, typer.Option(help="Folder of 250x250 photographs; rendered ones if not told.")
    ] = None,
    count: Annotated[int, typer.Option(help="Small photographs: the folder's, repeated.")] = 2000,
    large: Annotated[int, typer.Option(help="Photographs of 2 to 12 megapixels.")] = 60,
    rounds: Annotated[int, typer.Option(help="Turns; the median is printed.")] = 5,
    memory: Annotated[bool, typer.Option(help="Also the peak at 2,000 and at 20,000 photographs.")] = True,
    device: Annotated[Device, typer.Option(help="Where facetrust's detector runs.")] = Device.CPU,
) -> None:
    """How fast stage 1 is, beside its peer and its limit, and how much memory it takes."""
    _print_machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = photographs or small_photographs(folder / "rendered")
        small = repeated(base, folder / "small", count)
        big = large_photographs(base, folder / "large", large)
        _print_speed(f"{count:,} photographs of 250x250", small, folder, rounds, device)
        _print_speed(f"{large} photographs of 2 to 12 megapixels", big, folder, rounds, device)
        _print_sharpness(big, folder / "out")
        if memory:
            _print_memory(base, folder)


def _print_machine() -> None:
    import onnxruntime

    names = {line.split(":")[1].strip() for line in _cpu_info() if line.startswith("model name")}
    console.print(
        f"{', '.join(names) or 'processor unknown'}, {available_cores()} cores; "
        f"Python {sys.version.split()[0]}, onnxruntime {onnxruntime.__version__}, OpenCV {cv2.__version__}"
    )


def _cpu_info() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _print_speed(title: str, source: Path, folder: Path, rounds: int, device: Device) -> None:
    paths = sorted(source.rglob("*.jpg"))
    images = [read_image(path) for path in paths[:100]]
    contenders: dict[str, Callable[[], float]] = {
        "peer": lambda: _timed(lambda: norm_crops(paths)),
        "limit": lambda: detector_alone(images, len(paths)),
        "own": lambda: split_detector_alone(paths[:100], len(paths)),
        "align": lambda: _timed(lambda: _align(source, folder / "out", device)),
        "command": lambda: _timed(lambda: _command(source, folder / "out", device)),
    }
    norm_crops(paths[:5])  # the first call loads the network
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name, run in contenders.items():
            seconds[name].append(run())
            console.print(f"[dim]round {turn + 1}: {name} {seconds[name][-1]:.2f} s", end="\r")
    table = Table("", "ms an image", "images a second", "peer / it", "limit / it", title=title)
    for name, taken in seconds.items():
        each = 1000 * statistics.median(taken) / len(paths)
        ratios = [_ratio(seconds[other], taken) for other in ("peer", "limit")]
        table.add_row(name, f"{each:.2f}", f"{1000 / each:.0f}", *(f"{ratio:.2f}" for ratio in ratios))
    console.print(table)


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _ratio(others: list[float], own: list[float]) -> float:
    """The median of the ratios turn by turn, so that a drift of the machine's speed cancels."""
    return statistics.median(other / mine for other, mine in zip(others, own, strict=True))


def _align(source: Path, out: Path, device: Device) -> None:
    shutil.rmtree(out, ignore_errors=True)
    align_source(find_source(source), out, AlignOptions(device=device), engine=Engine())


def _command(source: Path, out: Path, device: Device) -> None:
    shutil.rmtree(out, ignore_errors=True)
    words = [sys.executable, "-m", "align", "run", source, "--out", out, "--device", device.value]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _print_sharpness(source: Path, out: Path) -> None:
    """The energy of edges in facetrust's crops over that in `norm_crop`s of the whole photograph."""
    ratios = []
    for shard in shard_paths(out):
        with open_shard(shard) as file:
            for path, landmarks, crop in zip(
                decode_strings(file["path"][:]), file["landmarks"][:], file["images"][:], strict=True
            ):
                whole = crop_face(read_image(source / path), landmarks)
                ratios.append(_edges(crop) / _edges(whole))
    low, middle, high = np.percentile(ratios, [0, 50, 100])
    console.print(
        f"edge energy of the crops over that of norm_crop's: {low:.2f} to {high:.2f}, median {middle:.2f}"
    )


def _edges(crop: np.ndarray) -> float:
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)).mean())


def _print_memory(base: Path, folder: Path) -> None:
    table = Table("photographs", "peak, all processes", title="Memory, two workers")
    for count in (2_000, 20_000):
        source, out = repeated(base, folder / f"small{count}", count), folder / f"out{count}"
        words = ["-m", "align", "run", str(source), "--out", str(out), "--workers", "2"]
        table.add_row(f"{count:,}", f"{peak_memory([sys.executable, *words]) / 1e6:.0f} MB")
    console.print(table)
