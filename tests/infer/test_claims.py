"""What is said of synthetic faces and of thresholds, wherever a verdict is told."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.forge.face import Face
from common.forge.forger import Forger
from common.formats.crop_frame import ARCFACE_POINTS
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.training_facts import SyntheticTraining, ValidationFacts
from infer.claims import in_words, judges_synthetic, synthetic_statement
from infer.export.export import export_onnx
from infer.export.options import ExportOptions
from infer.models.load import load_model
from infer.models.model import Model
from infer.output.results import Results
from infer.report.write import report_page
from infer.score import Verdict

Run = Callable[..., list[subprocess.CompletedProcess[str]]]
SEEN = SyntheticTraining(crops=1200, methods=("self-blend", "swap"), eer=0.0312, pairs=300)
UNSEEN = SyntheticTraining(crops=0)
FEW = ValidationFacts(people=2, genuine=45, impostors=145, eer_low=0, eer_high=1)


@pytest.mark.parametrize("training", [None, UNSEEN])
@pytest.mark.parametrize("verdict", [*Verdict, None])
def test_who_knows_no_synthetic_faces_calls_nothing_bona_fide(
    training: SyntheticTraining | None, verdict: Verdict | None
) -> None:
    words = in_words(verdict, training)
    assert not judges_synthetic(training)
    assert "bona fide" not in words or "which this model cannot tell" in words
    assert synthetic_statement(training).startswith("the score does not speak about synthetic faces")


def test_who_was_trained_against_forgeries_tells_which_and_how_well() -> None:
    assert "bona fide as far as the model can tell" in in_words(Verdict.MATCH, SEEN)
    assert synthetic_statement(SEEN) == (
        "trained against 1,200 synthetic faces (forged by self-blend, swap); EER of genuine against "
        "synthetic pairs 0.0312, on 300 synthetic pairs; forgeries of other kinds may pass"
    )
    hostile = SEEN.model_copy(update={"methods": tuple(["\x1b[2J"] * 99)})
    assert synthetic_statement(hostile).isprintable() and len(synthetic_statement(hostile)) < 300


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"eer": None}, "how well it tells them was not measured"),
        ({"eer": float("nan")}, "how well it tells them was not measured"),
        ({"pairs": 0}, "how well it tells them was not measured"),
        ({"pairs": 99}, "on only 99 synthetic pairs (100 are the least)"),
        ({"eer": 0.4}, "it tells them badly: EER of genuine against synthetic pairs 0.4000"),
    ],
)
def test_who_was_not_shown_to_tell_forgeries_calls_nothing_bona_fide(
    facts: dict[str, object], why: str
) -> None:
    unproven = SEEN.model_copy(update=facts)
    assert not judges_synthetic(unproven)
    assert in_words(Verdict.MATCH, unproven) == (
        "same person, if both photographs are bona fide, which this model was not shown to tell"
    )
    said = synthetic_statement(unproven)
    assert said.startswith("the score does not speak about synthetic faces: ") and why in said
    assert "trained against 1,200 synthetic faces (forged by self-blend, swap)" in said


@pytest.fixture(scope="module")
def save(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A checkpoint of random weights that says this of its training."""
    folder = tmp_path_factory.mktemp("claims")

    def make(name: str, **facts: object) -> Path:
        told: dict[str, object] = {
            "backbone": "ir_lite",
            "input_format": InputFormat(),
            "threshold": 0.2,
            "eer": 0.0,
            "accuracy": 1.0,
            "epoch": 1,
            "step": 1,
            "run": "r",
            "validation": "v",
        }
        path = folder / f"{name}.safetensors"
        save_checkpoint(path, Encoder("ir_lite"), CheckpointInfo(**(told | facts)))  # type: ignore[arg-type]
        return path

    return make


@pytest.mark.slow
def test_a_forged_face_of_the_same_person_through_a_plain_recogniser(
    run_commands: Run,
    save: Callable[..., Path],
    crops: list[NDArray[np.uint8]],
    save_jpeg: Callable[[Path, NDArray[np.uint8]], Path],
    tmp_path: Path,
) -> None:
    save_jpeg(tmp_path / "real.jpg", crops[0])
    forged = Forger(("self-blend",)).forge(Face(crops[0], ARCFACE_POINTS), None, seed=0)
    save_jpeg(tmp_path / "forged.jpg", forged.image)
    asked = ["infer", "verify", "real.jpg", "forged.jpg", "--crops", "--threshold", -1, "--model"]
    plain, plain_json, trained = run_commands(
        [
            [*asked, "random:ir_lite"],
            [*asked, save("unseen", synthetic=UNSEEN), "--json"],
            [*asked, save("seen", synthetic=SEEN)],
        ],
        tmp_path,
    )
    assert plain.returncode == plain_json.returncode == trained.returncode == 0, plain.stderr
    said = " ".join(plain.stdout.split())
    assert said.startswith("same person, if both photographs are bona fide, which this model cannot tell")
    assert "the score does not speak about synthetic faces" in said and "as far as the model" not in said
    told = json.loads(plain_json.stdout)
    assert told["judges_synthetic"] is False and "cannot tell" in told["statement"]
    assert "the model was trained without any" in told["synthetic_statement"]
    said = " ".join(trained.stdout.split())
    assert "both photographs bona fide as far as the model can tell" in said
    assert "EER of genuine against synthetic pairs 0.0312, on 300 synthetic pairs" in said


@pytest.mark.slow
def test_a_threshold_from_too_little_is_told_with_every_verdict(
    run_commands: Run,
    save: Callable[..., Path],
    pair_folder: Path,
    tmp_path: Path,
) -> None:
    few = save("few", validated=FEW)
    pair = [pair_folder / "a" / "0.jpg", pair_folder / "a" / "1.jpg"]
    verify, told, pairs = run_commands(
        [
            ["infer", "verify", *pair, "--model", few],
            ["infer", "verify", *pair, "--model", few, "--json"],
            ["infer", "pairs", pair_folder, "--model", few, "--workers", 1],
        ],
        tmp_path,
    )
    assert verify.returncode in (0, 1) and pairs.returncode == 0, verify.stderr + pairs.stderr
    for said in (verify.stdout, json.loads(told.stdout)["threshold_doubt"], pairs.stdout):
        words = " ".join(said.split())
        assert "not to be relied on: only 2 people, 45 genuine pairs and 145 impostor pairs" in words
        assert "python -m infer threshold" in words
    asked = load_model(str(few), tmp_path)
    assert asked.threshold is not None and asked.threshold.doubt
    enough = ValidationFacts(people=50, genuine=500, impostors=5000, eer_low=0.01, eer_high=0.03)
    for settled in (save("enough", validated=enough), save("unknown")):
        trusted = load_model(str(settled), tmp_path).threshold
        assert trusted is not None and trusted.doubt == ""


def test_an_export_passes_on_what_its_checkpoint_knows(
    save: Callable[..., Path],
    tmp_path: Path,
    graph_once: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infer.export.export.graph_of", graph_once)
    before = load_model(str(save("exported", validated=FEW, synthetic=SEEN)), tmp_path)
    export_onnx(before, tmp_path / "e.onnx", ExportOptions())
    after = load_model(str(tmp_path / "e.onnx"), tmp_path)
    assert (after.card.synthetic, after.card.validated) == (SEEN, FEW)
    assert after.threshold == before.threshold and after.threshold is not None and after.threshold.doubt
    export_onnx(before, tmp_path / "asked.onnx", ExportOptions(threshold=0.3))
    asked = load_model(str(tmp_path / "asked.onnx"), tmp_path).threshold
    assert asked is not None and asked.doubt == ""


def test_the_report_says_it_too(make_plain_results: Callable[..., Results]) -> None:
    plain = make_plain_results()
    page = report_page(plain)
    assert (
        "The score does not speak about synthetic faces: nothing says" in page
        and "trained against 1" not in page
    )
    card = replace(plain.card, synthetic=SEEN, validated=FEW, eer=0.0)
    page = report_page(replace(plain, card=card, threshold_doubts=("few pairs <b>",)))
    assert "Trained against 1,200 synthetic faces" in page and "does not speak" not in page
    assert "Few pairs &lt;b&gt;." in page and "of 2 people, 45 genuine and 145 impostor pairs" in page


@pytest.fixture
def make_plain_results(model: Model) -> Callable[..., Results]:
    """Results of four labelled pairs by a model that says nothing of its training."""
    from infer.output.results import HardPairs

    def make() -> Results:
        return Results(
            name="x",
            source="x",
            ids=list("abcd"),
            image_names=["0.jpg", "1.jpg"],
            members=np.array([[0, 1]] * 4),
            categories=np.array([0, 0, 1, 2], np.int8),
            has_labels=True,
            similarity=np.array([0.9, 0.8, 0.1, 0.2]),
            rejected={},
            threshold=0.5,
            threshold_source="as asked for",
            card=model.card,
            hard=HardPairs(np.zeros(0, np.int64), np.zeros((0, 2, 112, 112, 3), np.uint8)),
        )

    return make
