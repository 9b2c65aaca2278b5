"""`infer audit` as users run it."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

Finished = CompletedProcess[str]
RunCommands = Callable[..., list[Finished]]
AssertRefused = Callable[[Finished, str], None]

PEOPLE = 42  # of lfw300, each seventh
WRONG = 0.05  # share of labels that are swapped


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_an_audit_writes_its_files_and_says_what_it_did_not_judge(
    tiny_shards: Path, tmp_path: Path, run_commands: RunCommands
) -> None:
    """With random weights; the same again gives the same bytes."""
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"held_out": ["person1"]}))
    command = ["infer", "audit", tiny_shards, "--model", "random:ir_lite", "--split", split]
    first, second = run_commands([[*command, "--out", tmp_path / name] for name in ("a", "b")], cwd=tmp_path)
    assert first.returncode == second.returncode == 0, first.stderr
    said = " ".join(first.stdout.split())
    assert "54 crops of 6 people audited" in said
    assert "18 crops are marked synthetic: whom they show is not judged" in said
    assert "unmarked synthetic faces are not judged: this model does not say that it ever saw any" in said
    rows = {
        line.split("│")[1].strip(): line.split("│")[3].strip()
        for line in first.stdout.splitlines()
        if "│" in line
    }
    assert rows["synthetic-candidate"] == "not judged" and rows["same-picture-over-split"].isdecimal()
    names = {"audit.csv", "relabel.csv", "contact_sheet.png"}
    assert {file.name for file in (tmp_path / "a").iterdir()} == names
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    assert Image.open(tmp_path / "a" / "contact_sheet.png").width > 800


@pytest.mark.slow
def test_a_split_that_is_none_or_of_others_is_refused(
    tiny_shards: Path, tmp_path: Path, run_commands: RunCommands, assert_refused: AssertRefused
) -> None:
    (tmp_path / "other.json").write_text('{"held_out": ["somebody"]}')
    (tmp_path / "none.json").write_text("[]")
    start = ["infer", "audit"]
    model = ["--model", "random:ir_lite"]
    done = run_commands(
        [
            [*start, tiny_shards, *model, "--split", tmp_path / "none.json"],
            [*start, tiny_shards, *model, "--split", tmp_path / "other.json"],
        ],
        cwd=tmp_path,
    )
    assert_refused(done[0], "is not a stored split")
    assert_refused(done[1], "holds out nobody")


@pytest.mark.slow
@pytest.mark.shared
def test_planted_label_errors_of_lfw_are_found_and_corrected(
    shared: Path, tmp_path: Path, run_commands: RunCommands
) -> None:
    """The floor: of the labels swapped, 90 % are found, and 80 % of what is found was swapped."""
    folders = sorted(path for path in (shared / "faces/lfw300").iterdir() if path.is_dir())[:: 300 // PEOPLE]
    files = sorted(file for folder in folders for file in folder.glob("*.jpg"))
    places = [f"{file.parent.name}/{file.name}" for file in files]
    rng = np.random.default_rng(12)
    swapped: dict[str, str] = {}
    for first, second in rng.permutation(len(files)).reshape(-1)[: len(files) // 2 * 2].reshape(-1, 2):
        people = files[first].parent.name, files[second].parent.name
        if people[0] != people[1] and len(swapped) < WRONG * len(files):
            places[first], places[second] = (f"{people[1]}/x{first}.jpg", f"{people[0]}/x{second}.jpg")
            swapped |= {places[first]: people[0], places[second]: people[1]}
    for file, place in zip(files, places, strict=True):
        target = tmp_path / "photographs" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    run_commands([["align", "run", "photographs", "--out", "shards", "--workers", "1"]], cwd=tmp_path)
    model = shared / "weights/mobilefacenet.pt"
    [done] = run_commands([["infer", "audit", "shards", "--model", model, "--out", "out"]], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    wrong = {
        row["path"]: row for row in rows_of(tmp_path / "out/audit.csv") if row["finding"] == "wrong-label"
    }
    assert len(swapped) >= 20
    assert len(set(wrong) & set(swapped)) >= 0.9 * len(swapped)
    assert len(set(wrong) & set(swapped)) >= 0.8 * len(wrong)
    again = [
        "align",
        "run",
        "photographs",
        "--out",
        "again",
        "--relabel",
        "out/relabel.csv",
        "--workers",
        "1",
    ]
    [corrected] = run_commands([again], cwd=tmp_path)
    assert corrected.returncode == 0, corrected.stderr
    assert "photographs given to other people" in " ".join(corrected.stdout.split())
    relabel = {row["path"]: row["identity"] for row in rows_of(tmp_path / "out/relabel.csv")}
    assert len(set(relabel.items()) & set(swapped.items())) >= 0.9 * len(swapped)
    assert len(set(relabel.items()) - set(swapped.items())) <= 2
