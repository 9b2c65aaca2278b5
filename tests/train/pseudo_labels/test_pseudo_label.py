"""`train pseudo-label`: shards and tables of guesses, what is left out, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from align.shards.check import check_shards
from common.formats.shards import ShardHeader, ShardRows, open_shard, read_rows, write_shard
from common.models.classifier_ensemble import load_classifiers, mean_logits
from common.models.crop_settings import CropSettings
from common.runtime.checksum import file_sha256
from common.runtime.device import Device
from common.runtime.errors import UserError
from train.pseudo_labels.guess import guesses
from train.pseudo_labels.request import PseudoLabelRequest
from train.pseudo_labels.run import PseudoLabelling, pseudo_label

Crop = NDArray[np.uint8]
Make = Callable[..., Path]


@pytest.fixture
def model(make_classifier: Make) -> Path:
    return make_classifier(crops=CropSettings())


def labelled(models: list[Path], data: Path, out: Path, **more: Any) -> PseudoLabelling:
    return pseudo_label(models, data, out, PseudoLabelRequest(device=Device.CPU, **more))


def rows_of(folder: Path) -> list[ShardRows]:
    found = []
    for path in sorted(folder.glob("*.h5")):
        with open_shard(path) as shard:
            found.append(read_rows(shard))
    return found


def probability_of(model: Path, data: Path, views: tuple[str, ...] = ("mirror",)) -> NDArray[np.float64]:
    images = [crop for rows in rows_of(data) for crop in rows.images]
    return expit(mean_logits(load_classifiers([model]), images, views))


def test_a_guess_is_made_beyond_both_ends_alone() -> None:
    found = guesses(np.array([0.0, 0.004, 0.005, 0.5, 0.995, 0.996, 1.0]), 0.995)
    assert found.tolist() == [0, 0, -1, -1, -1, 1, 1]


@pytest.mark.slow
def test_shards_of_what_is_certain(model: Path, unlabelled: Path, tmp_path: Path) -> None:
    probability = probability_of(model, unlabelled, ("mirror", "rotate5"))
    at = float(np.sort(np.maximum(probability, 1 - probability))[4])  # seven crops are surer
    out = tmp_path / "pseudo"
    found = labelled([model], unlabelled, out, at=at, tta=("mirror", "rotate5"))
    sure = np.maximum(probability, 1 - probability) > at
    assert found.labels.synthetic + found.labels.bona_fide == sure.sum() and not found.there
    before, after = rows_of(unlabelled), rows_of(out)
    for name in ("images", "landmarks", "box", "score", "alignment"):
        every = np.concatenate([getattr(rows, name) for rows in before])
        np.testing.assert_array_equal(every[sure], np.concatenate([getattr(rows, name) for rows in after]))
    paths = np.array([path for rows in before for path in rows.path])
    assert [path for rows in after for path in rows.path] == paths[sure].tolist()
    flags = np.concatenate([rows.synthetic for rows in after])
    np.testing.assert_array_equal(flags, probability[sure] > 0.5)
    assert all(rows.pseudo is not None and rows.pseudo.all() for rows in after if len(rows))
    report = check_shards(out)
    assert report.problems == [] and report.rows == sure.sum()
    said = json.loads((out / "pseudo_labels.json").read_text())
    assert said["asked"]["models"][0]["sha256"] == file_sha256(model)
    assert said["asked"]["at"] == at and said["asked"]["views"] == ["mirror", "rotate5"]
    assert said["crops"] == 12 and sum(said["left_out"].values()) == 12 - sure.sum()
    assert (out / "rejected.csv").read_text().count("P(synthetic) is neither above") == 12 - sure.sum()
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    again = labelled([model], unlabelled, tmp_path / "again", at=at, tta=("mirror", "rotate5"))
    assert again.labels == found.labels
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == files
    assert labelled([model], unlabelled, out, at=at, tta=("mirror", "rotate5")).there
    with pytest.raises(UserError, match="holds something else already"):
        labelled([model], unlabelled, out, at=at)
    with pytest.raises(UserError, match="already; name the shards that they were made of"):
        labelled([model], out, tmp_path / "other")
    assert not list(tmp_path.glob(".*")), "no temporary folder is left"


@pytest.mark.slow
def test_what_the_models_were_trained_on_is_left_out_and_a_bias_is_told(
    model: Path, unlabelled: Path, tmp_path: Path, shard_header: ShardHeader
) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    (first, _) = rows_of(unlabelled)
    write_shard(seen / "shard-00000.h5", shard_header, replace(first, synthetic=first.synthetic + 1))
    found = labelled([model], unlabelled, tmp_path / "pseudo.csv", at=0.5, labelled=(seen,))
    assert found.labels.left_out["equal to a crop of --labelled"] == 6
    header, *lines = (tmp_path / "pseudo.csv").read_text().splitlines()
    rows = [list(map(int, line.split(","))) for line in lines]
    assert header == "Id,target_feature,is_pseudo" and [row[0] for row in rows] == list(range(6, 12))
    assert [row[1] for row in rows] == (probability_of(model, unlabelled) > 0.5)[6:].astype(int).tolist()
    assert {row[2] for row in rows} == {1} and (tmp_path / "pseudo.json").is_file()
    with pytest.raises(UserError, match="has labels, 0 bona fide and 6 synthetic: what is evaluated on"):
        labelled([model], seen, tmp_path / "other")
    probability = probability_of(model, unlabelled)
    at = max(0.5, float(min(probability.max(), 1 - probability.min()))) + 1e-12
    (note,) = labelled([model], unlabelled, tmp_path / "one_kind", at=at).notes
    assert note.startswith("100.0% of the pseudo-labels are") and "confirmation bias" in note


def test_crops_of_another_frame_and_thresholds_out_of_range_are_refused(
    make_classifier: Make, unlabelled: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="has crops of 112 pixels and the template 'arcface', the model"):
        labelled([make_classifier()], unlabelled, tmp_path / "pseudo")
    for wrong in (0.4, 1.0, float("nan")):
        with pytest.raises(UserError, match=r"at must be from 0\.5 to below 1"):
            PseudoLabelRequest(at=wrong)


def test_a_table_takes_the_place_of_no_other_file_beside_it(
    model: Path, unlabelled: Path, tmp_path: Path
) -> None:
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(UserError, match=r"meta\.json does not tell where pseudo-labels come from"):
        labelled([model], unlabelled, tmp_path / "meta.csv", at=0.5)
    assert (tmp_path / "meta.json").read_text() == "{}" and not (tmp_path / "meta.csv").exists()


@pytest.mark.slow
def test_the_command_says_what_it_did_and_what_is_next(
    run_commands: Callable[..., Any], model: Path, unlabelled: Path, tmp_path: Path
) -> None:
    given = ["train", "pseudo-label", str(model), "--data", str(unlabelled), "--at", "0.6", "--out", "pseudo"]
    (done,) = run_commands([[*given, "--device", "cpu"]], tmp_path)
    words = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    for told in (
        "1 model, views: the crop, mirror; P(synthetic) above 0.6 or below 0.4",
        "of 12 crops with a",
    ):
        assert told in words
    assert "Next: python -m train classifier --data LABELLED_SHARDS --data pseudo" in words
