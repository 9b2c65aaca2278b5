import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from infer.examine import Examiner
from infer.models.encoder_model import EncoderModel
from infer.models.model import Model, Threshold
from infer.output.verdict_picture import draw_verdict
from infer.verify import verdicts_of

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Image8 = NDArray[np.uint8]
MODEL = ["--model", "random:ir_lite"]


@pytest.fixture
def folder(tmp_path: Path, portraits: list[Image8], save_jpeg: Callable[[Path, Image8], Path]) -> Path:
    """Two portraits, the first one's mirror image, a dark copy, an empty photograph and a text."""
    save_jpeg(tmp_path / "anna.jpg", portraits[0])
    save_jpeg(tmp_path / "mirrored.jpg", portraits[0][:, ::-1])
    save_jpeg(tmp_path / "bert.jpg", portraits[1])
    save_jpeg(tmp_path / "dark.jpg", (portraits[0] * 0.15).astype(np.uint8))
    save_jpeg(tmp_path / "wall.jpg", np.full((200, 200, 3), 128, np.uint8))
    (tmp_path / "text.jpg").write_text("no image")
    return tmp_path


@pytest.mark.slow
def test_the_status_is_the_verdict(run_commands: Run, folder: Path) -> None:
    same, other, dark = run_commands(
        [
            ["infer", "verify", "anna.jpg", "mirrored.jpg", *MODEL, "--threshold", 0.9],
            ["infer", "verify", "anna.jpg", "bert.jpg", *MODEL, "--threshold", 0.9999],
            ["infer", "verify", "anna.jpg", "dark.jpg", *MODEL, "--threshold", -1, "--picture", "out/v.png"],
        ],
        folder,
    )
    assert (same.returncode, other.returncode, dark.returncode) == (0, 1, 0), same.stderr + other.stderr
    assert same.stdout.startswith("same person") and "threshold  0.9000 (as asked for)" in same.stdout
    assert other.stdout.startswith("not the same person") and "similarity " in other.stdout
    assert "careful: in the second photograph the face is too dark" in dark.stdout
    assert "careful" not in same.stdout + other.stdout
    with Image.open(folder / "out" / "v.png") as picture:
        assert picture.format == "PNG" and min(picture.size) > 500
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 1000  # faces
    assert {path.name for path in (folder / "out").iterdir()} == {"v.png"}


def test_a_picture_takes_any_name(
    model: Model, folder: Path, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = Examiner(model).examine((folder / "anna.jpg", folder / "bert.jpg"))
    (found,) = verdicts_of((first, second), 0.5)
    names = ("\udcff\x1b\x00.jpg", "\u7167\u7247 \U0001f600 \u0635 $x^2.jpg")  # not UTF-8; not in the font
    draw_verdict(folder / "v.png", (first, second), names, found, Threshold(0.5, "as asked for"), None)
    with Image.open(folder / "v.png") as picture:
        assert picture.format == "PNG"
    assert not [str(warning.message) for warning in recwarn] and not caplog.records


@pytest.mark.slow
def test_json_is_one_object_whatever_happens(run_commands: Run, folder: Path) -> None:
    same, other, wrong, absent, given, both = run_commands(
        [
            ["infer", "verify", "anna.jpg", "mirrored.jpg", *MODEL, "--threshold", 0.9, "--json"],
            ["infer", "verify", "anna.jpg", "bert.jpg", *MODEL, "--threshold", 0.9999, "--json"],
            ["infer", "verify", "anna.jpg", "wall.jpg", *MODEL, "--threshold", 0.9, "--json"],
            ["infer", "verify", "anna.jpg", "absent.jpg", "--json"],
            ["infer", "verify", "anna.jpg", "wall.jpg", *MODEL, "--threshold", 0.9, "--crops", "--json"],
            ["infer", "verify", "anna.jpg", "wall.jpg", "--crops", "--face", "largest", "--json"],
        ],
        folder,
    )
    told = json.loads(same.stdout)
    assert same.returncode == 0 and same.stderr == ""
    assert told["verdict"] == "match" and told["similarity"] > 0.9 and told["threshold"] == 0.9
    assert told["model"] == "random:ir_lite" and told["reasons"]
    assert [entry["path"] for entry in told["photographs"]] == ["anna.jpg", "mirrored.jpg"]
    for entry in told["photographs"]:
        assert entry["faces_found"] == 1 and entry["score"] > 0.9 and entry["warnings"] == []
        left, top, right, bottom = entry["box"]
        assert all(left < x < right and top < y < bottom for x, y in entry["landmarks"])
    assert given.returncode in (0, 1)
    assert [entry["score"] for entry in json.loads(given.stdout)["photographs"]] == [None, None]
    assert other.returncode == 1 and json.loads(other.stdout)["verdict"] == "no_match"
    assert wrong.returncode == 2 and json.loads(wrong.stdout) == {"error": "wall.jpg: no face found"}
    assert absent.returncode == 2 and json.loads(absent.stdout) == {"error": "no such file: absent.jpg"}
    assert both.returncode == 2 and "leave out --face" in json.loads(both.stdout)["error"]


@pytest.mark.slow
def test_without_a_threshold_the_similarity_is_told_and_how_to_get_one(
    run_commands: Run, folder: Path, model: Model
) -> None:
    assert isinstance(model, EncoderModel)
    torch.save(model.encoder.backbone.state_dict(), folder / "published weights.pt")
    weights = ["--model", "published weights.pt"]
    plain, told, baseline = run_commands(
        [
            ["infer", "verify", "anna.jpg", "bert.jpg", *weights, "--picture", "v.png"],
            ["infer", "verify", "anna.jpg", "bert.jpg", *weights, "--json"],
            ["infer", "verify", "anna.jpg", "bert.jpg", *MODEL],
        ],
        folder,
    )
    assert plain.returncode == told.returncode == baseline.returncode == 2
    answer = json.loads(told.stdout)
    assert answer["verdict"] is answer["threshold"] is answer["threshold_source"] is None
    assert f"similarity {answer['similarity']:.4f}" in plain.stdout and plain.stderr == ""
    assert plain.stdout.startswith("no verdict: no threshold known")
    said = " ".join(plain.stdout.split())
    assert "infer threshold PAIRS --fmr 0.01 --model 'published weights.pt'" in said
    assert "add --threshold" in baseline.stdout and "infer threshold" not in baseline.stdout
    with Image.open(folder / "v.png") as picture:
        picture.load()


@pytest.mark.slow
def test_no_verdict_is_an_error(
    run_commands: Run, folder: Path, assert_refused: Callable[[Finished, str], None]
) -> None:
    asked = [*MODEL, "--threshold", 0.5]
    before = (folder / "anna.jpg").read_bytes()
    (folder / "anna.png").write_bytes(before)
    cases: list[tuple[list[object], str]] = [
        (["wall.jpg", "text.jpg", *asked], "wall.jpg: no face found; text.jpg: not an image"),
        (["absent.jpg", "anna.jpg", *asked], "no such file: absent.jpg"),
        ([".", "anna.jpg", *asked], ".: not a file"),
        (["anna.jpg", "bert.jpg"], "train one with 'python -m train run'"),
        (["anna.jpg", "bert.jpg", *asked, "--picture", "v.jpg"], "ends in .png"),
        (["anna.jpg", "bert.jpg", *asked, "--face", "all"], "choose central or largest"),
        (["anna.jpg", "bert.jpg", *asked, "--detector", "yolo"], "--detector is retinaface"),
        (["anna.png", "bert.jpg", *asked, "--picture", "anna.png"], "would overwrite the photograph"),
    ]
    found = run_commands([["infer", "verify", *words] for words, _ in cases], folder)
    for done, (_, told) in zip(found, cases, strict=True):
        assert_refused(done, told)
        assert done.stdout == ""
    assert (folder / "anna.png").read_bytes() == before and not (folder / "v.jpg").exists()


@pytest.mark.slow
def test_help_has_examples(run_commands: Run, tmp_path: Path) -> None:
    (done,) = run_commands([["infer", "verify", "--help"]], tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "Examples" in done.stdout and "python -m infer verify" in done.stdout


@pytest.mark.slow
@pytest.mark.shared
def test_a_published_network_knows_people(run_commands: Run, shared: Path, tmp_path: Path) -> None:
    faces = shared / "faces" / "lfw10"
    first, *_, last = sorted(path for path in faces.iterdir() if path.is_dir())
    one, two = sorted(first.glob("*.jpg"))[:2]
    other = min(last.glob("*.jpg"))
    network = ["--model", shared / "weights" / "mobilefacenet.pt", "--threshold", 0.35]
    same, different = run_commands(
        [["infer", "verify", one, two, *network], ["infer", "verify", one, other, *network]], tmp_path
    )
    assert (same.returncode, different.returncode) == (0, 1), same.stdout + different.stdout
