"""`infer threshold` of a classifier: what it chooses, notes and refuses."""

import inspect
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.classification.ensemble import load_ensemble
from infer.classification.faces import ClassifiedFaces
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FaceVerdict
from infer.classify import classify_source
from infer.commands.faces_read import FACES_AS_FOUND
from infer.commands.options import ModelChoice
from infer.commands.threshold import threshold as command
from infer.cropping import AS_TRAINED
from infer.models.classifier_note import ClassifierNote
from infer.models.notes import notes_file
from infer.models.open_classifier import open_classifier
from infer.pair_sets.request import AS_IT_IS
from infer.threshold_of_classifier import choose_verdicts

Make = Callable[..., Path]


def faces_of(labels: list[int], probability: NDArray[np.float64]) -> ClassifiedFaces:
    """Faces of one model; a P(synthetic) of NaN stands for a photograph without a face."""
    count = len(labels)
    return ClassifiedFaces(
        name="set",
        source="folder/set",
        path=[f"{row}.jpg" for row in range(count)],
        image=np.arange(count),
        face=np.zeros(count, np.int32),
        label=np.array(labels, np.int8),
        group=np.arange(count),
        species=[""] * count,
        logit=np.log(probability / (1 - probability)),
        rejected=dict.fromkeys(np.flatnonzero(np.isnan(probability)).tolist(), "no face found"),
        point=OperatingPoint(),
        models=(),
    )


def test_the_lowest_threshold_within_a_bpcer_and_the_highest_within_an_apcer() -> None:
    bona_fide = np.linspace(0.01, 0.6, 100)
    synthetic = np.linspace(0.4, 0.99, 100)
    probability = np.concatenate([bona_fide, synthetic, [np.nan, 0.5]])
    faces = faces_of([0] * 100 + [1] * 100 + [1, UNLABELLED], probability)
    found = choose_verdicts(faces, "bpcer", 0.05)
    assert np.mean(bona_fide >= found.point.threshold) == pytest.approx(0.05)
    assert found.decisions.synthetic.rate == np.mean(synthetic < found.point.threshold)
    low, high = found.undecided
    assert low < found.point.threshold < high
    outside = np.mean(bona_fide >= high), np.mean(synthetic < low)
    assert outside[0] <= 0.025 and outside[1] <= found.decisions.synthetic.rate / 2
    assert (found.unlabelled, found.unscored) == (1, {FaceVerdict.NO_FACE: 1})
    other = choose_verdicts(faces, "apcer", 0.05)
    assert other.decisions.synthetic.rate == pytest.approx(0.05)
    assert other.point.threshold < found.point.threshold
    assert "only 100 bona fide faces (300 are" not in found.noted(None).doubts()
    assert choose_verdicts(faces, "bpcer", 0.01).noted(None).doubts() == (
        "only 100 bona fide faces (300 are the least)"
    )
    for labels, told in (
        ([UNLABELLED] * 202, "does not say which faces are synthetic"),
        ([1] * 202, "has no usable bona fide face"),
        ([0] * 202, "has no usable synthetic face"),
    ):
        with pytest.raises(UserError, match=told):
            choose_verdicts(faces_of(labels, probability), "bpcer", 0.05)
    with pytest.raises(UserError, match=r"rate of 0\.001 cannot be measured on 100 bona fide faces"):
        choose_verdicts(faces, "bpcer", 0.001)


def test_what_is_noted_goes_before_the_classifier_s_own(make_classifier: Make) -> None:
    own = OperatingPoint(temperature=2, threshold=0.4, threshold_from="EER", undecided=(0.3, 0.5))
    file = make_classifier(own)
    note = ClassifierNote(
        kind="apcer", asked=0.01, threshold=0.2, undecided=(0.1, 0.25), apcer=0.01, bpcer=0.7,
        bona_fide=1000, synthetic=1000, faces="set",
    )  # fmt: skip
    notes = notes_file(file)
    assert open_classifier(file, Device.CPU).info.point == own
    text = '{"classification": %s, "sha256": "%s"}'
    notes.write_text(text % (note.model_dump_json(), open_classifier(file, Device.CPU).sha256))
    point = open_classifier(file, Device.CPU).info.point
    assert (point.temperature, point.threshold, point.undecided) == (2, 0.2, (0.1, 0.25))
    assert point.threshold_from == (
        "chosen for APCER 0.01 on set; not to be relied on: it fails on 70.0% of the bona fide faces it was "
        "chosen on"
    )
    notes.write_text(text % (note.model_dump_json(), "0" * 64))
    assert open_classifier(file, Device.CPU).info.point == own, "of another file of this name"


def threshold(source: Path, model: Path | None, **rates: float) -> None:
    """The command, as it is called with its groups of options."""
    asked = {"fmr": None, "bpcer": None, "apcer": None, **rates}
    inspect.unwrap(command)(
        source,
        **asked,
        wanted=AS_IT_IS,
        model=ModelChoice(None if model is None else str(model)),
        faces=FACES_AS_FOUND,
        workers=1,
    )


@pytest.mark.slow
def test_the_command_notes_what_it_chose(
    faces_folder: Path, make_classifier: Make, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = make_classifier()
    with pytest.raises(UserError, match="cannot be measured on 3 bona fide faces"):
        threshold(faces_folder, file, bpcer=0.01)
    assert not notes_file(file).exists()
    threshold(faces_folder, file, bpcer=0.4)
    told = " ".join(capsys.readouterr().out.split())
    assert "for BPCER 0.4" in told and "not to be relied on: only 3 bona fide and 3 synthetic faces" in told
    assert "1 no_face, 1 unreadable" in told and "1 of 3" in told and f"stored in {notes_file(file)}" in told
    point = open_classifier(file, Device.CPU).info.point
    assert (
        f"threshold {point.threshold!r}" in told and "chosen for BPCER 0.4 on faces" in point.threshold_from
    )
    threshold(faces_folder, file, apcer=0.4)
    assert "chosen for BPCER 0.4 on faces" in " ".join(capsys.readouterr().out.split())
    for rates, told in (
        ({}, "name the rate"),
        ({"bpcer": 0.1, "apcer": 0.1}, "give either bpcer or apcer"),
        ({"bpcer": 0.1, "fmr": 0.1}, "fmr is of encoders"),
    ):
        with pytest.raises(UserError, match=told):
            threshold(faces_folder, file, **rates)
    with pytest.raises(UserError, match="is a face encoder, not a classifier"):
        threshold(faces_folder, checkpoint, bpcer=0.4)


@pytest.mark.slow
def test_results_are_not_scored_again(
    faces_folder: Path, make_classifier: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = make_classifier(), make_classifier(seed=1)
    results = {}
    for name, models in (("one", [one]), ("both", [one, other])):
        ensemble = load_ensemble(models, tmp_path, AS_TRAINED, Device.CPU)
        classify_source(faces_folder, tmp_path / name, ensemble, workers=1)
        results[name] = tmp_path / name / "faces.h5"
    threshold(results["one"], None, bpcer=0.4)
    by_results = open_classifier(one, Device.CPU).info.point
    threshold(faces_folder, one, bpcer=0.4)
    assert open_classifier(one, Device.CPU).info.point == by_results
    for source, model, rates, told in (
        (results["both"], None, {"bpcer": 0.4}, "is of an ensemble of 2"),
        (results["one"], other, {"bpcer": 0.4}, "is not the classifier that made"),
        (results["one"], faces_folder / "fake" / "9.jpg", {"bpcer": 0.4}, "is no classifier, or not there"),
        (results["one"], None, {"fmr": 0.4}, "takes the pairs themselves"),
        (pairs_results(tmp_path), None, {"bpcer": 0.4}, "is no file of results of 'infer classify'"),
    ):
        with pytest.raises(UserError, match=told):
            threshold(source, model, **rates)


def pairs_results(folder: Path) -> Path:
    """A file that says it holds results of pairs."""
    path = folder / "pairs.h5"
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "facetrust-results"
    return path
