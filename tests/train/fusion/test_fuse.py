from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from scipy.special import expit, logit

from common.formats.pair_category import PairCategory
from common.metrics import evaluate_pairs
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.classifier_checkpoint import load_classifier
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.fused.checkpoint import load_fused
from common.models.fused.fusion import Fusion
from common.models.input_format import InputFormat
from common.runtime.errors import UserError
from train.data.split import write_split
from train.fusion.choose import GAMMAS, Said, choose
from train.fusion.held_out import people_to_choose_on
from train.fusion.request import FuseRequest
from train.fusion.run import fuse


@pytest.fixture
def recogniser(tmp_path: Path) -> Path:
    """A checkpoint of a run whose split lies where runs have it."""
    info = CheckpointInfo(
        backbone="ir_lite", input_format=InputFormat(), threshold=0.42, eer=0.1, accuracy=0.9, epoch=1,
        step=1, run="20260101-000000", validation="v", trained_on="faces",
    )  # fmt: skip
    path = tmp_path / "logs" / "checkpoints" / "last.safetensors"
    path.parent.mkdir(parents=True)
    save_checkpoint(path, Encoder("ir_lite"), info)
    split = tmp_path / "logs" / "runs" / info.run / "split.json"
    split.parent.mkdir(parents=True)
    write_split(split, [f"person{number}" for number in range(1, 6)])
    return path


def test_what_is_chosen_is_chosen_on_people_held_out_and_stored(
    recogniser: Path, make_classifier: Callable[..., Path], bona_fide_shards: Path, tmp_path: Path
) -> None:
    classifier, out = make_classifier(crops=CropSettings()), tmp_path / "fused.safetensors"
    found = fuse(str(recogniser), classifier, out, FuseRequest((bona_fide_shards,), pairs=20))
    assert found.chosen is not None and found.chosen.fusion.gamma in GAMMAS
    said = load_fused(out)[1]
    assert said == found.info and said.crops == CropSettings()
    assert said.fusion == found.chosen.fusion and said.threshold == found.chosen.after.threshold
    assert said.validated is not None and said.validated.people == 5  # not the one that was trained on
    assert found.chosen.after.by_category[PairCategory.SYNTHETIC].total == 20  # forged here
    notes = " ".join(found.notes)
    assert f"whether {classifier} was trained on some of these people is not known" in notes
    assert "forgeries of our own" in notes and "not to be relied on: only 5 people" in notes


@pytest.mark.slow
def test_without_data_the_towers_bring_their_own(
    recogniser: Path,
    make_classifier: Callable[..., Path],
    run_commands: Callable[..., list[CompletedProcess[str]]],
    tmp_path: Path,
) -> None:
    towers = ["--recogniser", recogniser, "--classifier", make_classifier(crops=CropSettings())]
    (made,) = run_commands([["train", "fuse", *towers, "--out", "f.safetensors"]], tmp_path)
    assert made.returncode == 0 and "nothing was chosen" in made.stdout, made.stderr
    info = load_fused(tmp_path / "f.safetensors")[1]
    assert info.threshold == 0.42 and info.threshold_from.startswith("the recogniser's own")


def test_towers_that_do_not_go_together_are_refused(
    recogniser: Path, make_classifier: Callable[..., Path], bona_fide_shards: Path, tmp_path: Path
) -> None:
    out = tmp_path / "f.safetensors"
    with pytest.raises(UserError, match="--template loose"):
        fuse(str(recogniser), make_classifier(), out, FuseRequest())
    with pytest.raises(UserError, match="is one of the towers"):
        fuse(str(recogniser), make_classifier(), recogniser, FuseRequest())
    loose = make_classifier(crops=CropSettings(template="loose", margin=0.5))
    with pytest.raises(
        UserError, match="has crops of 112 pixels and the template 'arcface', the model takes 224"
    ):
        fuse(str(recogniser), loose, out, FuseRequest((bona_fide_shards,)))
    with pytest.raises(UserError, match="is a face encoder, not a classifier; make one"):
        fuse(str(recogniser), recogniser, out, FuseRequest())
    assert not out.exists()


def test_a_fused_encoder_is_called_one_where_a_classifier_is_named(
    recogniser: Path, make_classifier: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "fused.safetensors"
    fuse(str(recogniser), make_classifier(crops=CropSettings()), out, FuseRequest())
    with pytest.raises(UserError, match="is a fused encoder, not a classifier; make one"):
        load_classifier(out)


def test_people_that_a_tower_was_trained_on_are_left_out(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(9)]
    splits = {"a": tmp_path / "a.json", "b": tmp_path / "b.json"}
    write_split(splits["a"], names[:7])
    write_split(splits["b"], names[2:])
    assert people_to_choose_on(names, {**splits}) == (set(names[2:7]), [])
    write_split(splits["b"], ["others"])  # a training on other data, which may know some of these as well
    people, notes = people_to_choose_on(names, {**splits, "c": None})
    assert people == set(names[:7]) and [note.split()[1] for note in notes] == ["b", "c"]
    for held_out, left in ((names[6:], 1), (names[7:], 0)):
        write_split(splits["b"], held_out)  # nobody is left whom neither tower was trained on
        with pytest.raises(UserError, match=f"{left} of these 9 people were held out by a and b"):
            people_to_choose_on(names, {**splits})


def said_with(skill: float, count: int = 900) -> Said:
    """What towers say of so many pairs of each category; the classifier is right by its skill."""
    rng = np.random.default_rng(0)
    synthetic = np.repeat([False, False, True], 2 * count)
    synthetic[4 * count :: 2] = False  # a bona fide photograph and a forgery
    similarity = np.concatenate([rng.normal(mean, 0.1, count) for mean in (0.7, 0.1, 0.65)])
    return Said(
        similarity=similarity.clip(-1, 1),
        scattered=rng.normal(0, 1 / 16, 3 * count),
        logits=rng.normal(0, 2, len(synthetic)) + skill * (2.0 * synthetic - 1),
        synthetic=synthetic,
        positions=np.arange(6 * count).reshape(-1, 2),
        categories=np.repeat([category.code for category in PairCategory], count).astype(np.int8),
        people=np.arange(6 * count).reshape(-1, 2) // 12,
    )


def test_the_gate_opens_as_far_as_the_classifier_is_right() -> None:
    for skill, most in ((0.0, 0.36), (3.0, 0.12)):
        said = said_with(skill)
        found = choose(said, Fusion(features=128, synthetic_from=0.8))
        limit, temperature = found.fusion.synthetic_from, found.fusion.temperature
        assert expit(logit(0.8) / temperature) == pytest.approx(limit)  # calls the same faces synthetic
        assert found.after.eer <= most and found.after.eer <= found.before.eer + 0.01
        assert (found.fusion.gamma < 0.1) == (skill == 0)
        assert bool(found.doubts) == (skill == 0)


def test_a_gate_for_unknown_methods_finds_more_of_them_and_costs_little_of_the_known() -> None:
    said = said_with(6.0)
    unknown = said.less_sure(0.4)
    alone, wary = (choose(said, Fusion(features=128), sureness) for sureness in (1, 0.5))
    errors = [evaluate_pairs(unknown.categories, unknown.scores(each.fusion)).eer for each in (alone, wary)]
    assert wary.fusion.gamma > alone.fusion.gamma and errors[1] < errors[0] - 0.01
    assert alone.after.eer == alone.least.eer == wary.least.eer <= wary.after.eer <= alone.after.eer + 0.02
