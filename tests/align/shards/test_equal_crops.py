import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from align.forge.options import ForgeOptions
from align.forge.run import forge_folder
from align.shards import equal_crops
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


@pytest.fixture
def compared(save_jpeg: Callable[[Path, Array], Path], portraits: list[Array], tmp_path: Path) -> Path:
    """A folder of shards with one picture under two names, which was compared; photographs are in `in`."""
    for person in ("ann", "bob"):
        save_jpeg(tmp_path / "in" / person / "0.jpg", portraits[0])
    align_source(find_source(tmp_path / "in"), tmp_path / "out")
    told, looked = notes(tmp_path / "out")
    assert told == [TOLD.format(tmp_path / "out" / "same_pictures.csv")] and looked
    return tmp_path / "out"


TOLD = "1 picture under several names (2 crops, equal to the last pixel); they are in {}"


def notes(folder: Path) -> tuple[list[str], bool]:
    """What is told of a folder, and whether its crops were looked at for it."""
    asked: list[int] = []
    return equal_crop_notes(folder, lambda done, total: asked.append(done)), bool(asked)


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("same_pictures.csv", ".compared")}


def test_shards_are_compared_once(compared: Path) -> None:
    before = files(compared)
    assert notes(compared) == ([TOLD.format(compared / "same_pictures.csv")], False)
    align_source(find_source(compared.parent / "in"), compared)  # it has nothing to do
    assert notes(compared)[1] is False and files(compared) == before


def cut_note_and_no_list(folder: Path) -> None:
    note = folder / ".compared"
    note.write_text(note.read_text().splitlines()[0])
    (folder / "same_pictures.csv").unlink()


def other_words(folder: Path) -> None:
    note = folder / ".compared"
    note.write_text(note.read_text().splitlines()[0] + "\nall is well")


@pytest.mark.parametrize(
    "spoil",
    [
        cut_note_and_no_list,
        other_words,
        lambda folder: (folder / "same_pictures.csv").unlink(),
        lambda folder: (folder / "same_pictures.csv").write_text("garbage"),
        lambda folder: (folder / ".compared").write_bytes(b"\xff" * 9999),
        lambda folder: (folder / ".compared").write_text(""),
    ],
)
def test_what_a_comparison_left_is_believed_as_it_left_it(
    compared: Path, spoil: Callable[[Path], object]
) -> None:
    before = files(compared)
    spoil(compared)
    assert notes(compared) == ([TOLD.format(compared / "same_pictures.csv")], True)
    assert files(compared) == before


def test_another_version_compares_again(compared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equal_crops, "COMPARISON_VERSION", equal_crops.COMPARISON_VERSION + 1)
    assert notes(compared)[1]


def test_a_folder_in_the_place_of_the_note_is_named(compared: Path) -> None:
    (compared / ".compared").unlink()
    (compared / ".compared").mkdir()
    with pytest.raises(OSError) as caught:
        equal_crop_notes(compared)
    assert caught.value.filename == str(compared / ".compared")


def test_what_was_noted_goes_with_the_crops(compared: Path, portraits: list[Array], tmp_path: Path) -> None:
    align_source(find_source(tmp_path / "in"), tmp_path / "other")
    for name, content in files(compared).items():
        (tmp_path / "other" / name).write_bytes(content)
    forge_folder(compared, tmp_path / "other", ForgeOptions(("generator-traces",)), overwrite=True)
    (tmp_path / "in" / "bob" / "0.jpg").unlink()
    align_source(find_source(tmp_path / "in"), compared)
    for folder in (compared, tmp_path / "other"):
        assert {path.name for path in folder.iterdir()} >= {"manifest.jsonl"}
        assert not {path.name for path in folder.iterdir()} & {"same_pictures.csv", ".compared"}


@pytest.mark.slow
@pytest.mark.shared
def test_the_case_of_stolen_photographs(
    run_commands: Callable[..., list[Finished]], shared: Path, tmp_path: Path
) -> None:
    (done,) = run_commands(
        [["align", "run", shared / "cases" / "twice", "--out", "out", "--workers", "1"]], tmp_path
    )
    assert "note: 12 pictures under several names (28 crops, equal to the last pixel)" in done.stdout
