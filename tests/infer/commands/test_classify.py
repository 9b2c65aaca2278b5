"""`infer classify` in processes of its own: what it prints, and its exit status."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Image8 = NDArray[np.uint8]
Make = Callable[..., Path]


@pytest.mark.slow
def test_the_status_of_one_photograph_is_its_verdict(
    run_commands: Run,
    tmp_path: Path,
    portraits: list[Image8],
    save_jpeg: Callable[[Path, Image8], Path],
    make_classifier: Make,
) -> None:
    save_jpeg(tmp_path / "anna.jpg", portraits[0])
    save_jpeg(tmp_path / "wall.jpg", np.full((200, 200, 3), 128, np.uint8))
    model = [
        "--model",
        make_classifier(OperatingPoint(threshold=0.5, threshold_from="EER", undecided=(0, 1))),
    ]
    words: list[list[object]] = [
        ["anna.jpg", *model, "--threshold", 1],
        ["anna.jpg", *model, "--threshold", 0, "--out", "out"],
        ["anna.jpg", *model],
        ["wall.jpg", *model],
        ["absent.jpg", *model],
    ]
    found = run_commands([["infer", "classify", *own] for own in words], tmp_path)
    assert [done.returncode for done in found] == [0, 1, 2, 2, 2], found
    bona_fide, synthetic, undecided, wall, absent = found
    assert bona_fide.stdout.startswith("bona fide, as far as the model can tell\nP(synthetic) ")
    assert "threshold 1.0000 (as asked for)" in bona_fide.stdout and not bona_fide.stderr
    assert "\nsynthetic\nP(synthetic) " in synthetic.stdout
    assert (
        (tmp_path / "out" / "anna.csv").read_text().startswith("path,face,score,verdict,reason\nanna.jpg,0,")
    )
    assert undecided.stdout.startswith("undecided") and "threshold 0.5000 (EER)" in undecided.stdout
    assert wall.stdout.startswith("no answer: no usable face was found\nno face found\n")
    assert absent.stderr.startswith("error: no such file or folder: absent.jpg") and not absent.stdout
    assert not (tmp_path / "results").exists(), "of one photograph nothing is written unless asked"


@pytest.mark.slow
def test_folders_are_counted_and_submissions_say_what_they_answer_for(
    run_commands: Run,
    tmp_path: Path,
    tiny_shards: Path,
    portraits: list[Image8],
    save_jpeg: Callable[[Path, Image8], Path],
    make_classifier: Make,
    assert_refused: Callable[[Finished, str], None],
) -> None:
    for name, portrait in (("1.jpg", portraits[0]), ("2.jpg", np.full((200, 200, 3), 128, np.uint8))):
        save_jpeg(tmp_path / "test" / name, portrait)
    one, two = make_classifier(), make_classifier(seed=1)
    models = ["--model", one, "--model", two]
    submitted, refused, none, helped = run_commands(
        [
            ["infer", "classify", "test", *models, "--format", "submission"],
            ["infer", "classify", tiny_shards, *models],
            ["infer", "classify", "test"],
            ["infer", "classify", "--help"],
        ],
        tmp_path,
    )
    assert submitted.returncode == 0, submitted.stderr
    assert "an ensemble of 2: the mean of their calibrated logits" in submitted.stdout
    assert "1 no_face; results/test.csv" in submitted.stdout
    assert "the submission answers for 1 no_face" in submitted.stdout
    assert_refused(refused, "the model takes 64 pixels and the template 'box' with the margin 0.2")
    assert_refused(none, "no checkpoint of classification in training_logs/checkpoints")
    assert helped.returncode == 0 and "python -m infer classify portrait.jpg" in helped.stdout
