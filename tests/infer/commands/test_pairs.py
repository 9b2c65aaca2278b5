import json
import shutil
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from pyarrow import parquet

from common.metrics import evaluate_pairs, with_intervals
from common.models.encoder import Encoder
from infer.commands.pairs import print_errors
from infer.output.results_file import read_results

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]


@pytest.mark.slow
def test_help_has_examples(run_commands: Run, tmp_path: Path) -> None:
    (done,) = run_commands([["infer", "pairs", "--help"]], tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "Examples" in done.stdout and "python -m infer pairs" in done.stdout


@pytest.mark.slow
def test_bad_input_is_told_in_one_line(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], tmp_path: Path, pair_folder: Path
) -> None:
    shutil.copytree(pair_folder, tmp_path / "malformed")
    (tmp_path / "malformed" / "labels.csv").write_text("pair_id,label,synthetic0,synthetic1\na,1\n")
    (tmp_path / "list.csv").write_text("path1,path2,label\na.jpg,b.jpg,1\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.safetensors").write_bytes(b"\x40\0\0\0\0\0\0\0{")
    untrained = ["--model", "random:ir_lite", "--workers", 1]
    cases = [
        (["infer", "pairs", "pairs"], "train one with 'python -m train run'"),
        (["infer", "pairs", "absent", *untrained], "no such folder or file: absent"),
        (["infer", "pairs", "malformed", *untrained], "labels.csv, line 2"),
        (
            ["infer", "pairs", "list.csv", "--images", "empty", *untrained],
            "2 files are missing (looked for first: empty/a.jpg)",
        ),
        (
            ["infer", "pairs", "pairs", "--model", "cut.safetensors"],
            "cut.safetensors is a safetensors file that is damaged",
        ),
    ]
    for done, (_, told) in zip(run_commands([words for words, _ in cases], tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_weights_that_are_not_numbers_are_told_in_one_line(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], tmp_path: Path, pair_folder: Path
) -> None:
    weights = Encoder("ir_lite").backbone.state_dict()
    next(iter(weights.values())).fill_(torch.nan)
    torch.save(weights, tmp_path / "nan.pt")
    (done,) = run_commands([["infer", "pairs", "pairs", "--model", "nan.pt", "--workers", 1]], tmp_path)
    assert_refused(done, "nan.pt")


@pytest.mark.slow
def test_labelled_and_unlabelled_pairs(run_commands: Run, tmp_path: Path, pair_folder: Path) -> None:
    shutil.copytree(pair_folder, tmp_path / "plain")
    (tmp_path / "plain" / "labels.csv").unlink()
    model = ["--model", "random:ir_lite", "--workers", 1]
    labelled, plain, undecided = run_commands(
        [
            ["infer", "pairs", "pairs", *model],
            ["infer", "pairs", "plain", *model, "--threshold", 0.5],
            ["infer", "pairs", "plain", *model, "--out", "undecided"],
        ],
        tmp_path,
    )
    assert undecided.returncode == 0 and "no threshold known, so no verdicts" in undecided.stdout
    assert labelled.returncode == plain.returncode == 0, labelled.stderr + plain.stderr
    for told in (
        "EER",
        "accuracy",
        "same-person",
        "different-person",
        "synthetic",
        "5 of 7 pairs compared with random:ir_lite",
        "2 pairs were not compared (1 no such file, 1 not an image",
        "EER's, chosen on these very pairs",
        "for other pairs add --threshold",
        "the score does not speak about synthetic faces",
        "95 % interval",
        "against different-person pairs alone",
    ):
        assert told in labelled.stdout
    assert "TAR" not in labelled.stdout  # seven pairs tell nothing of rare errors
    assert "EER" not in plain.stdout and "2 pairs were not compared" in plain.stdout
    for name in ("pairs", "plain"):
        written = {path.name for path in (tmp_path / "results").glob(f"{name}*")}
        assert written == {f"{name}{end}" for end in (".csv", "_rejected.csv", ".png", ".h5")}


def test_rates_are_told_with_their_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    codes = np.repeat([0, 1], [200, 400])
    scores = np.random.default_rng(0).normal(0.5 * (codes == 0), 0.2)
    report = with_intervals(evaluate_pairs(codes, scores), codes, scores)
    print_errors(report, report)
    lines = capsys.readouterr().out.splitlines()
    low, high = report.intervals["eer"]
    threshold = f"at threshold {report.threshold:.4f}"
    assert lines[0] == f"EER {report.eer:.4f} {threshold}, 95 % interval {low:.4f} to {high:.4f}"
    assert sum("against" in line for line in lines) == 1  # there are no synthetic pairs
    assert any(line.startswith(f"TAR {report.tar_at_fmr[0.01]:.4f} at FMR 0.01, 95 %") for line in lines)


def test_one_kind_of_pairs_has_no_eer(capsys: pytest.CaptureFixture[str]) -> None:
    report = evaluate_pairs([0, 0], [0.2, 0.9], 0.5)
    print_errors(report, evaluate_pairs([0, 0], [0.2, 0.9]))
    told = capsys.readouterr().out
    assert "EER unknown" in told and "1 of 2" in told and "nan" not in told.lower()


@pytest.mark.slow
def test_a_submission_has_two_columns_and_parquet_those_of_csv(
    run_commands: Run, tmp_path: Path, pair_folder: Path
) -> None:
    model = ["infer", "pairs", "pairs", "--model", "random:ir_lite", "--threshold", 0.5]
    for form in ("csv", "submission", "parquet"):
        (done,) = run_commands([[*model, "--format", form, "--out", form]], tmp_path)
        assert done.returncode == 0, done.stderr
    scores = (tmp_path / "csv" / "pairs.csv").read_text().splitlines()
    assert (tmp_path / "submission" / "pairs.csv").read_text().splitlines() == [
        line.rsplit(",", 1)[0].replace("missing,", "missing,-1.000000").replace("text,", "text,-1.000000")
        for line in scores
    ]
    found = parquet.read_table(tmp_path / "parquet" / "pairs.parquet").to_pylist()
    told = ["" if row["similarity"] is None else f"{row['similarity']:.6f}" for row in found]
    assert [
        f"{row['pair_id']},{score},{row['verdict']}" for row, score in zip(found, told, strict=True)
    ] == scores[1:]


@pytest.mark.slow
@pytest.mark.shared
def test_all_pairs_of_real_faces_from_a_list(run_commands: Run, tmp_path: Path, shared: Path) -> None:
    faces = shared / "faces" / "lfw10"
    paths = sorted(path.relative_to(faces) for path in faces.rglob("*.jpg"))
    lines = [f"{a},{b},{int(a.parent == b.parent)}" for a, b in combinations(paths, 2)]
    assert len(lines) == 4950
    (tmp_path / "all.csv").write_text("\n".join(["path1,path2,label", *lines]) + "\n")
    model = ["--model", shared / "weights" / "mobilefacenet.pt", "--images", faces]
    (done,) = run_commands([["infer", "pairs", "all.csv", *model]], tmp_path)
    assert done.returncode == 0, done.stderr
    results = read_results(tmp_path / "results" / "all.h5")
    assert len(results.image_names) == 100 and results.rejected == {}
    assert evaluate_pairs(results.categories, results.similarity).eer <= 0.006


@pytest.mark.slow
@pytest.mark.shared
def test_from_a_folder_per_person_to_a_verdict(run_commands: Run, tmp_path: Path, shared: Path) -> None:
    shutil.copyfile(shared / "weights/mobilefacenet.pt", tmp_path / "model.pt")
    people = shared / "faces/lfw10"
    anna, other = people / "Ariel_Sharon/Ariel_Sharon_0001.jpg", people / "Tony_Blair/Tony_Blair_0001.jpg"
    model = ["--model", "model.pt"]
    (chosen,) = run_commands([["infer", "threshold", people, "--fmr", "0.01", *model]], tmp_path)
    assert chosen.returncode == 0, chosen.stderr
    assert "all 4,950 pairs of 100 photographs of 10 people" in chosen.stdout
    assert "model model.pt (as named): mobilefacenet" in chosen.stdout
    (done,) = run_commands([["infer", "verify", anna, other, *model, "--json"]], tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["threshold_source"].startswith("chosen for FMR 0.01 on lfw10")
    drawn, again = run_commands(
        [
            ["infer", "pairs", people, "--pairs-per-kind", 40, "--out", "drawn", *model],
            ["infer", "pairs", "results/lfw10_pairs.csv", "--images", people, "--out", "again", *model],
        ],
        tmp_path,
    )
    assert drawn.returncode == again.returncode == 0, drawn.stderr + again.stderr
    assert "80 pairs scored" in drawn.stdout and "4,950 pairs scored" in again.stdout
    assert len((tmp_path / "drawn/lfw10_pairs.csv").read_text().splitlines()) == 81


@pytest.mark.slow
@pytest.mark.shared
def test_cases_of_lists(
    run_commands: Run, tmp_path: Path, shared: Path, assert_refused: Callable[[Finished, str], None]
) -> None:
    cases, untrained = shared / "cases", ["--model", "random:ir_lite", "--workers", 1]
    shutil.copytree(cases / "absolute", tmp_path / "absolute", copy_function=shutil.copyfile)
    (tmp_path / "empty").mkdir()
    text = (tmp_path / "absolute/pairs.csv").read_text()
    for name, root in (("inside", tmp_path / "absolute"), ("outside", tmp_path / "elsewhere")):
        (tmp_path / f"absolute/{name}.csv").write_text(text.replace("ROOT", str(root)))
    header = "pathA,pathB,label,deepfake_a,deepfake_b\np/a1.jpg,p/a2.jpg,1,0,0\np/a1.jpg,p/b1.jpg,0,0,1\n"
    (tmp_path / "absolute/header.csv").write_text(header)
    inside, outside, known, missing = run_commands(
        [
            ["infer", "pairs", "absolute/inside.csv", *untrained],
            ["infer", "pairs", "absolute/outside.csv", *untrained],
            ["infer", "pairs", "absolute/header.csv", *untrained],
            ["infer", "pairs", cases / "missing/pairs.csv", "--images", "empty", *untrained],
        ],
        tmp_path,
    )
    assert "2 pairs scored" in inside.stdout and "not there as written" not in inside.stdout
    assert_refused(
        outside, "is outside the folder of the photographs, absolute: an absolute path that does not"
    )
    assert "pathA as path1, pathB as path2, deepfake_a as synthetic1" in known.stdout and not known.returncode
    assert_refused(missing, "files are missing (looked for first: empty/x/0.jpg); name another folder")
