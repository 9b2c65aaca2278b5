import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from align.shards.equal_crops import equal_crop_notes
from align.shards.run import align_source
from align.sources.find import find_source

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]


@pytest.mark.slow
def test_align_run_tells_of_one_photograph_in_two_folders(
    run_commands: Callable[..., list[Finished]],
    portraits: list[Array],
    save_jpeg: Callable[[Path, Array], Path],
    tmp_path: Path,
) -> None:
    for person in range(3):
        save_jpeg(tmp_path / "p" / f"{person}" / "own.jpg", portraits[person])
    save_jpeg(tmp_path / "p" / "0" / "copy.jpg", portraits[0])  # of one person: no contradiction
    taken = save_jpeg(tmp_path / "p" / "2" / "taken.jpg", portraits[0])
    command = ["align", "run", "p", "--out", "out", "--workers", "1", "--shard-size", "2"]
    (done,) = run_commands([command], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note: 1 picture under several names (3 crops, equal to the last pixel)" in done.stdout
    listed = (tmp_path / "out" / "same_pictures.csv").read_text().splitlines()
    assert listed[1:] == ["1,exact,0/copy.jpg,0,0,", "1,exact,0/own.jpg,0,0,", "1,exact,2/taken.jpg,2,0,"]
    (again,) = run_commands([command], tmp_path)  # it has nothing to do, and tells the same
    assert again.stdout.splitlines()[-1] == done.stdout.splitlines()[-1] and "already there" in again.stdout
    taken.unlink()
    (done,) = run_commands([command], tmp_path)
    assert done.returncode == 0 and "picture" not in done.stdout.replace("same_pictures", "")
    assert not (tmp_path / "out" / "same_pictures.csv").exists()


def test_shards_are_compared_once(
    save_jpeg: Callable[[Path, Array], Path], portraits: list[Array], tmp_path: Path
) -> None:
    for person in ("ann", "bob"):
        save_jpeg(tmp_path / "in" / person / "0.jpg", portraits[0])
    align_source(find_source(tmp_path / "in"), tmp_path / "out")
    asked: list[int] = []
    told = equal_crop_notes(tmp_path / "out", lambda done, total: asked.append(done))
    assert len(told) == 1 and asked
    asked.clear()
    assert equal_crop_notes(tmp_path / "out", lambda done, total: asked.append(done)) == told and not asked
    (tmp_path / "out" / "same_pictures.csv").unlink()
    assert equal_crop_notes(tmp_path / "out", lambda done, total: asked.append(done)) == told and asked


@pytest.mark.slow
@pytest.mark.shared
def test_the_case_of_stolen_photographs(
    run_commands: Callable[..., list[Finished]], shared: Path, tmp_path: Path
) -> None:
    (done,) = run_commands(
        [["align", "run", shared / "cases" / "twice", "--out", "out", "--workers", "1"]], tmp_path
    )
    assert "note: 12 pictures under several names (28 crops, equal to the last pixel)" in done.stdout
