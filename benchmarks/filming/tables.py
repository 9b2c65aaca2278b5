"""The tables of docs/performance.md about clips.

Everything is measured in one run, in turns, and the medians over the rounds are printed:

plain loop  OpenCV, `retinaface.detect_faces` on each frame at full size, insightface's `norm_crop`
limit       decoding alone, then the published detector alone on ready tensors, both on all cores
align       `align_source`: two readings of each file, a process that decodes, tracks, crops, shards on disk
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from align.shards.run import align_source
from align.sources.find import find_source
from align.sources.layouts import LayoutName
from align.tracks.options import ClipOptions
from benchmarks.alignment.memory import peak_memory
from benchmarks.alignment.peers import detector_alone
from benchmarks.filming.clips import clips_in, copied, prolonged, rendered_clips
from benchmarks.filming.peers import decoding_alone, frames_of, plain_loop

console = Console(width=110)


def print_tables(
    clips: Annotated[Path | None, typer.Option(help="Folder of clips; rendered ones if not told.")] = None,
    count: Annotated[int, typer.Option(help="Clips that are rendered.")] = 8,
    side: Annotated[int, typer.Option(help="Pixels of a side of their frames.")] = 1080,
    every: Annotated[float | None, typer.Option(help="Seconds between frames; all if not told.")] = None,
    rounds: Annotated[int, typer.Option(help="Turns; the median is printed.")] = 3,
    memory: Annotated[bool, typer.Option(help="Also the peak for a minute and for an hour.")] = True,
    memory_every: Annotated[float, typer.Option(help="Seconds between the frames of these.")] = 2,
) -> None:
    """Frames a second from clips to shards of crops, beside peer and limit, and the memory of long clips."""
    options = ClipOptions(all_frames=True) if every is None else ClipOptions(every=every)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = clips_in(clips) if clips else rendered_clips(folder, count, side)
        paths = copied(found, folder / "clips")  # without labels and photographs beside them
        _print_speed(paths, options, folder / "out", rounds)
        if memory:
            _print_memory(paths[0], folder, memory_every)


def _print_speed(clips: list[Path], options: ClipOptions, out: Path, rounds: int) -> None:
    frames = [image for clip in clips[:4] for image in frames_of(clip, options)]
    total = plain_loop(clips, options.every)  # the first call loads the network
    ready = frames[:: max(1, len(frames) // 64)]
    ways: dict[str, Callable[[], float]] = {
        "plain loop": lambda: _timed(lambda: plain_loop(clips, options.every)),
        "limit": lambda: decoding_alone(clips, options) + detector_alone(ready, total),
        "align": lambda: _timed(lambda: _align(clips[0].parent, out, options, total)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    height, width = frames[0].shape[:2]
    title = f"{len(clips)} clips, {total:,} frames of {width}x{height}"
    table = Table("", "frames a second", "times the plain loop", "of the limit", title=title)
    for name, taken in seconds.items():
        ratios = [
            statistics.median(other / own for other, own in zip(seconds[peer], taken, strict=True))
            for peer in ("plain loop", "limit")
        ]
        table.add_row(name, f"{total / statistics.median(taken):.1f}", *(f"{ratio:.2f}" for ratio in ratios))
    console.print(table)


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _align(source: Path, out: Path, options: ClipOptions, frames: int) -> None:
    shutil.rmtree(out, ignore_errors=True)
    found = align_source(find_source(source, LayoutName.FLAT, clips=True), out, clip_options=options)
    if found.frames < 0.95 * frames or found.rejected:  # OpenCV and PyAV may differ by a frame
        raise RuntimeError(f"{found.frames:,} of {frames:,} frames were looked at: {dict(found.rejected)}")


def _print_memory(clip: Path, folder: Path, every: float) -> None:
    table = Table("length", "peak, all processes", title=f"Memory, a frame every {every:g} s")
    for length, seconds in (("a minute", 60), ("an hour", 3600)):
        source, out = folder / f"{seconds}", folder / f"out{seconds}"
        source.mkdir()
        prolonged(clip, source / clip.name, seconds)
        words = [
            "-m",
            "align",
            "run",
            str(source),
            "--out",
            str(out),
            "--every",
            str(every),
            "--workers",
            "1",
        ]
        table.add_row(length, f"{peak_memory([sys.executable, *words]) / 1e6:.0f} MB")
    console.print(table)
