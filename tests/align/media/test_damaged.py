"""Several hundred hostile files among good photographs: one run of `python -m align run` takes them all."""

import csv
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from common.formats.shards import decode_strings, open_shard, shard_paths

from .damaged import damaged_files, whole_files

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Save = Callable[[Path, Array], Path]

MEMORY = 2 << 30  # bytes a process may come to
TIMEOUT = 120  # seconds; a run takes a fifth of it
GOOD = "m good.jpg"  # in the middle of every folder
# A parent for this run alone: pytest's children, and their peak, would be those of other tests too.
MEASURE = f"""
import pathlib, resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", *sys.argv[2:]], timeout={TIMEOUT}, stdin=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
pathlib.Path(sys.argv[1]).write_text(str(peak))
sys.exit(done.returncode)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names and peak memory"),
]


@dataclass(frozen=True)
class Run:
    """What one run left."""

    done: Finished
    memory: int  # bytes, of the largest process
    rows: list[tuple[str, bytes]]  # path, and the crop with its landmarks, box and score
    rejected: list[tuple[str, str]]  # path and reason

    @property
    def crops(self) -> dict[str, bytes]:
        return dict(self.rows)


@pytest.fixture(scope="module")
def align(process_environment: dict[str, str]) -> Callable[[Path, Path], Run]:
    def run(source: Path, out: Path) -> Run:
        peak = source.parent / "peak"
        words = ["align", "run", str(source), "--out", str(out), "--workers", "2", "--shard-size", "32"]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(peak), *words],
            env=process_environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT + 10,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        rows = []
        for path in shard_paths(out):
            with open_shard(path) as shard:
                columns = [shard[name][:] for name in ("images", "landmarks", "box", "score")]
                for index, name in enumerate(decode_strings(shard["path"][:])):
                    rows.append((name, b"".join(column[index].tobytes() for column in columns)))
        with (out / "rejected.csv").open(encoding="utf-8", newline="") as file:
            head, *rejected = csv.reader(file)
        assert head == ["path", "reason"]
        return Run(done, int(peak.read_text()), rows, [(path, reason) for path, reason in rejected])

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@pytest.fixture(scope="module")
def source(folder: Path, portraits: list[Array], save_jpeg: Save) -> Path:
    """The corpus, with a good photograph in the middle of every folder, and entries that are no files."""
    root = folder / "hostile"
    face = np.array(Image.fromarray(portraits[2]).resize((96, 112), Image.Resampling.BOX))
    for name, content in damaged_files(face):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    odd = root / "odd"
    odd.mkdir()
    (odd / "folder.jpg").mkdir()
    (odd / "broken.jpg").symlink_to("absent")
    (odd / "itself.jpg").symlink_to("itself.jpg")
    (odd / "zero.jpg").symlink_to("/dev/zero")
    (odd / "again").symlink_to(".", target_is_directory=True)
    os.mkfifo(odd / "pipe.jpg")
    for name, content in (("holes.png", b""), ("photograph.jpg", whole_files(face)["baseline.jpg"])):
        with (odd / name).open("wb") as file:  # the hole takes no room on the disk
            file.write(content)
            file.truncate(4 << 30)
    if os.geteuid() != 0:
        (odd / "private.jpg").write_bytes(b"")
        (odd / "private.jpg").chmod(0)
    for number, kind in enumerate(sorted(root.iterdir())):
        save_jpeg(kind / GOOD, portraits[number % len(portraits)])
    return root


@pytest.fixture(scope="module")
def run(align: Callable[[Path, Path], Run], source: Path, folder: Path) -> Run:
    return align(source, folder / "out")


def files(source: Path) -> list[str]:
    found = (path for kind in source.iterdir() for path in kind.iterdir() if path.is_file())
    return [path.relative_to(source).as_posix() for path in found]


def test_the_run_says_nothing_on_stderr(run: Run) -> None:
    assert run.done.stderr == ""


def test_every_file_has_a_row_or_a_reason(run: Run, source: Path) -> None:
    expected = Counter(files(source))
    assert len(expected) >= 800
    listed = Counter([path for path, _ in run.rows] + [path for path, _ in run.rejected])
    assert expected - listed == Counter(), "lost"
    more = listed - expected  # what is no file may be passed over or refused
    assert set(more) <= {path for path, _ in run.rejected} and set(more.values()) <= {1}
    assert all(path.startswith("odd/") for path in more)
    assert all(reason.strip() and "\n" not in reason for _, reason in run.rejected)


def test_memory_is_bounded(run: Run) -> None:
    assert run.memory < MEMORY


def test_good_photographs_have_the_crops_that_they_have_alone(
    run: Run, align: Callable[[Path, Path], Run], source: Path, folder: Path
) -> None:
    good = sorted(path for path in files(source) if path.endswith(GOOD))
    alone = folder / "good"
    for name in good:
        (alone / name).parent.mkdir(parents=True)
        (alone / name).write_bytes((source / name).read_bytes())
    apart = align(alone, folder / "out of good")
    assert len(good) > 10 and apart.rejected == []
    assert apart.crops == {name: run.crops[name] for name in good}


def test_a_second_run_does_nothing(
    run: Run, align: Callable[[Path, Path], Run], source: Path, folder: Path
) -> None:
    def shards() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in shard_paths(folder / "out")}

    before = shards()
    again = align(source, folder / "out")
    assert len(before) > 20 and shards() == before
    assert f"{len(before)} shards, {len(before)} of them already there" in again.done.stdout
    assert again.done.stderr == "" and (again.rows, again.rejected) == (run.rows, run.rejected)


@pytest.mark.parametrize(
    "pattern",
    [
        r"truncated/.*-(0|1|2|10|40)b\..*",
        r"truncated/.*-(jpg|png|bmp|pgm|ppm)-(25|50|75)p\..*",
        r"truncated/(lossy-webp|lossless-webp|raw-tif|lzw-tif|deflate-tif)-(25|50|75)p\..*",
        r"scrambled/.*-(jpg|png|webp|bmp|tif|pgm|ppm)-prepended\..*",
        r"mislabelled/(?!m good).*",
        r"small/(?!m good).*",
        r"heads/(?!m good).*",
        r"png/(inflates|no-data|.*-bomb|many-texts)\.png",
        r"tiff/(float-.*|beyond|nowhere|depth-zero|compression-[2-8])\.tif",
        r"odd/holes\.png",
    ],
)
def test_what_holds_no_picture_is_rejected(run: Run, source: Path, pattern: str) -> None:
    chosen = {path for path in files(source) if re.fullmatch(pattern, path, re.DOTALL)}
    assert chosen and chosen <= {path for path, _ in run.rejected}, chosen & set(run.crops)


@pytest.mark.parametrize(
    "pattern", [r"whole/.*", r".*/m good\.jpg", r"exif/orientation-.*", r"jpeg/(application|comments)\.jpg"]
)
def test_what_holds_the_whole_picture_is_aligned(run: Run, source: Path, pattern: str) -> None:
    chosen = {path for path in files(source) if re.fullmatch(pattern, path)}
    assert chosen and chosen <= set(run.crops), {p: r for p, r in run.rejected if p in chosen}


def test_an_impossible_orientation_leaves_the_photograph_as_it_is(run: Run) -> None:
    upright = run.crops["whole/baseline.jpg"]
    for value in ("0", "9", "65535"):
        assert run.crops[f"exif/orientation-{value}.jpg"] == upright
