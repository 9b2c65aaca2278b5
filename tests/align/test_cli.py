import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]


@pytest.mark.slow
def test_help_has_examples(run_commands: Run, tmp_path: Path) -> None:
    names = ("run", "check", "info", "show", "sample")
    group, *commands = run_commands(
        [["align", "--help"], *(["align", name, "--help"] for name in names)], tmp_path
    )
    assert group.returncode == 0 and all(name in group.stdout for name in names)
    for name, done in zip(names, commands, strict=True):
        assert done.returncode == 0 and done.stderr == ""
        assert "Examples" in done.stdout and f"python -m align {name}" in done.stdout
    for option in ("--detector", "--size", "--template", "--on-missing", "--face", "--layout", "--overwrite"):
        assert option in commands[0].stdout


@pytest.mark.slow
def test_bad_input_is_told_in_one_line(
    run_commands: Run,
    assert_refused: Callable[[Finished, str], None],
    tmp_path: Path,
    portraits: list[Array],
    save_jpeg: Save,
) -> None:
    save_jpeg(tmp_path / "good" / "p" / "0.jpg", portraits[0])
    shutil.copytree(tmp_path / "good", tmp_path / "bad_meta")
    (tmp_path / "bad_meta" / "meta.json").write_text("{")
    shutil.copytree(tmp_path / "good", tmp_path / "odd_meta")
    (tmp_path / "odd_meta" / "meta.json").write_text(json.dumps({"p/0.jpg": "fake"}))
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "manifest.jsonl").write_text('{"format": "other"}\n')
    cases = [
        (["align", "run", "absent"], "no such folder: absent"),
        (["align", "run"], "no such folder: datasets/raw_images"),
        (["align", "run", "empty"], "no photographs in empty"),
        (["align", "run", "bad_meta"], "meta.json is not valid JSON"),
        (["align", "run", "odd_meta"], '"p/0.jpg" must be 0'),
        (["align", "run", "good", "--out", "file"], "file"),
        (["align", "run", "good", "--out", "foreign"], "not a manifest of this version"),
        (["align", "show", "absent"], "no such folder: absent"),
        (["align", "show", "empty"], "no shards in empty"),
    ]
    for done, (_, told) in zip(run_commands([words for words, _ in cases], tmp_path), cases, strict=True):
        assert_refused(done, told)


@pytest.mark.slow
def test_a_wrong_option_is_status_2_without_a_traceback(run_commands: Run, tmp_path: Path) -> None:
    commands = [["align", "run", "--workers", "0"], ["align", "run", "--nonsense"], ["align", "walk"]]
    for done in run_commands(commands, tmp_path):
        assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr


@pytest.mark.slow
def test_hostile_photographs_are_listed_and_the_run_ends_well(
    run_commands: Run, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    person = tmp_path / "in" / "Zoë"
    good = save_jpeg(person / "gut ✓.jpg", portraits[0]).read_bytes()
    (person / "half.jpg").write_bytes(good[: len(good) // 2])
    (person / "text.jpg").write_text("text")
    (person / "empty.jpg").write_bytes(b"")
    (person / "folder.jpg").mkdir()
    Image.new("RGB", (1, 1)).save(person / "dot.png")
    Image.new("1", (30_000, 30_000)).save(person / "huge.png")
    Image.fromarray(portraits[1]).convert("CMYK").save(person / "cmyk.jpg")
    Image.fromarray(portraits[1]).convert("L").save(person / "grey.pgm")
    Image.fromarray(portraits[1]).convert("RGBA").save(person / "alpha.png")
    (done,) = run_commands([["align", "run", "in", "--out", "out [red]", "--workers", 1]], tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "4 of 9 photographs aligned" in done.stdout
    report = (tmp_path / "out [red]" / "rejected.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in report] == [
        "path",
        *(f"Zoë/{name}" for name in ("dot.png", "empty.jpg", "half.jpg", "huge.png", "text.jpg")),
    ]
    assert all(line.split(",", 1)[1] for line in report)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["out [red]", "[link=x]y"])
def test_a_path_in_brackets_is_printed_as_it_is(
    run_commands: Run, tmp_path: Path, portraits: list[Array], save_jpeg: Save, name: str
) -> None:
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    (done,) = run_commands([["align", "run", "in", "--out", name, "--workers", 1]], tmp_path)
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith(name)
    check, info = run_commands([["align", "check", name], ["align", "info", name]], tmp_path)
    assert check.returncode == info.returncode == 0
    assert check.stdout.rstrip().endswith(name)
    assert info.stdout.startswith(f"{name}\n")


@pytest.mark.slow
def test_what_a_run_prints(
    run_commands: Run, tmp_path: Path, portraits: list[Array], group_photograph: Array, save_jpeg: Save
) -> None:
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    save_jpeg(tmp_path / "in" / "p" / "1.jpg", group_photograph)
    (tmp_path / "in" / "p" / "2.jpg").write_text("no image")
    command = ["align", "run", "in", "--out", "out", "--shard-size", 2, "--workers", 1]
    every = [*command[:-4], "--face", "all", "--out", "every", "--layout", "people", "--workers", 1]
    first, faces = run_commands([command, every], tmp_path)
    (again,) = run_commands([command], tmp_path)
    for done in (first, faces, again):
        assert done.returncode == 0 and done.stderr == ""
        assert "1 rejected: " in done.stdout and "not an image" in done.stdout
    lines = first.stdout.splitlines()
    assert lines[0] == (
        "3 photographs of 1 person in in, 0 of them synthetic; "
        "layout people (recognised; --layout tells another)"
    )
    assert lines[1].strip() == "what the photographs were taken for"
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines[3:6]]
    assert rows == [["known people", "1"], ["bona fide photographs", "3"], ["synthetic photographs", "0"]]
    assert lines[7] == "2 of 3 photographs aligned into 2 shards: out"
    assert "rejected.csv" in lines[8]
    assert (
        faces.stdout.splitlines()[0] == "3 photographs of 1 person in in, 0 of them synthetic; layout people"
    )
    assert faces.stdout.splitlines()[7] == "2 of 3 photographs aligned (7 faces) into 1 shard: every"
    assert again.stdout.splitlines()[7] == (
        "2 of 3 photographs aligned into 2 shards, 2 of them already there: out"
    )


@pytest.mark.slow
def test_show_draws_the_crops_that_run_made(
    run_commands: Run, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    for number, image in enumerate(portraits[:3]):
        save_jpeg(tmp_path / "in" / f"p{number}" / "0.jpg", image)
    (done,) = run_commands([["align", "run", "in", "--out", "out"]], tmp_path)
    assert done.returncode == 0, done.stderr
    (done,) = run_commands([["align", "show", "out", "--out", "sheet.png"]], tmp_path)
    assert done.returncode == 0 and "3 crops drawn: sheet.png" in done.stdout
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_nothing_aligned_is_a_failure_with_its_reasons(run_commands: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"path,identity,synthetic\ngone.jpg,a,0\n{tmp_path}s/b.jpg,b,1\n")
    (done,) = run_commands([["align", "run", "list.csv", "--out", "out", "--workers", 1]], tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "none of the 2 photographs was aligned: 1 " in done.stderr
    assert "1 the path leaves the folder of the list" in done.stderr
    (told,) = run_commands([["align", "info", "out"]], tmp_path)
    assert "synthetic photographs" in told.stdout and "list.csv" in told.stdout
