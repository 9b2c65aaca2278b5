"""Crop options of commands: crops that are there are not made otherwise, and names are checked first."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner, Result

from align.cli import app as align_app
from common.runtime.errors import ParameterError
from infer.cli import app

MODEL = ["--model", "random:ir_lite"]
OPTIONS = {
    "--det-size": "100",
    "--face": "largest",
    "--min-face": "20",
    "--min-score": "0.4",
    "--detector": "retinaface",
}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def refusal(result: Result) -> str:
    assert isinstance(result.exception, ParameterError), result.output
    return result.exception.as_options


@pytest.fixture
def bin_file(tmp_path: Path, crops: list[NDArray[np.uint8]]) -> Path:
    """A verification set of a genuine and an impostor pair."""
    images = []
    for crop in (crops[0], crops[0][:, ::-1], crops[1], crops[2]):
        file = io.BytesIO()
        Image.fromarray(crop).save(file, "PNG")
        images.append(file.getvalue())
    path = tmp_path / "set.bin"
    path.write_bytes(pickle.dumps((images, [True, False])))
    return path


@pytest.mark.parametrize("option", OPTIONS)
def test_a_search_for_faces_is_refused_where_the_source_has_crops(
    option: str, tiny_shards: Path, bin_file: Path, tmp_path: Path
) -> None:
    asked = [*MODEL, option, OPTIONS[option]]
    told = f"the source holds crops already, so that no face is looked for; leave out {option}"
    for words in (
        ["embed", tiny_shards, "--out", tmp_path / "x.h5"],
        ["pairs", tiny_shards, "--out", tmp_path],
        ["pairs", bin_file, "--out", tmp_path],
        ["threshold", bin_file, "--fmr", 0.5],
    ):
        assert refusal(run(*words, *asked)) == told
    assert {path.name for path in tmp_path.iterdir()} == {"set.bin"}


def test_crops_of_a_source_are_told_whatever_the_model_was_trained_on(
    bin_file: Path, checkpoint: Path, tmp_path: Path
) -> None:
    words = ["pairs", bin_file, "--model", checkpoint, "--out", tmp_path]
    for more in ([], ["--crops"], ["--detector", "none"]):
        done = run(*words, *more)
        assert done.exit_code == 0, done.output
        assert "the crops of the source are taken as they are" in done.output
        assert "crops by" not in done.output and "careful: the crops" not in done.output


@pytest.mark.parametrize("given", [["--crops"], ["--detector", "none"]])
def test_crops_contradict_a_search_for_faces(given: list[str], bin_file: Path) -> None:
    told = refusal(run("verify", bin_file, bin_file, *MODEL, *given, "--det-size", 300))
    why = "takes images as they are, so that no face is looked for"
    assert told == f"{' '.join(given)} {why}; leave out --det-size"


def test_the_name_of_a_detector_is_checked_first(bin_file: Path, tmp_path: Path) -> None:
    photographs = tmp_path / "photographs" / "anna"
    photographs.mkdir(parents=True)
    Image.new("RGB", (200, 200)).save(photographs / "0.jpg")
    asked = ["--detector", "retinafase"]
    aligned = CliRunner().invoke(align_app, ["run", str(photographs.parent), "--out", str(tmp_path), *asked])
    for done in (aligned, run("verify", bin_file, bin_file, *asked), run("pairs", bin_file, *asked)):
        assert "not 'retinafase'; did you mean 'retinaface'?" in refusal(done)
        assert not done.output


def test_help_offers_what_is_taken() -> None:
    helps = {name: " ".join(run(name, "--help").output.split()) for name in ("pairs", "threshold")}
    for said in helps.values():
        assert "[central|largest]" in said and "[default: data/test_public]" in said
