from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.forging import experiment
from benchmarks.forging.cost import EVERYTHING, PEER, crop_times
from benchmarks.forging.crops import bona_fide_shards
from benchmarks.forging.experiment import plan_trials, run_experiment
from benchmarks.forging.judge import FORGERIES, Errors, forge_test_crops, judge, pair_up
from benchmarks.forging.published import published_self_blend
from benchmarks.forging.results import ResultFile, settings_hash
from benchmarks.forging.steps import SHARE, crops_needed, step_config, step_times
from benchmarks.forging.trial import NOTHING, TEST_SHARE, Result, Trial, train_trial
from common.forge.method_names import METHODS
from common.formats.pair_category import PairCategory
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.load_encoder import load_encoder
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropDataset
from train.data.split import held_out_identities
from train.load_config import load_config

from .conftest import EACH

Crop = NDArray[np.uint8]
TESTED = held_out_identities([f"person{number}" for number in range(6)], TEST_SHARE, 0)


@pytest.fixture(scope="module")
def faces(write_faces: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_faces(tmp_path_factory.mktemp("faces") / "shards")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    encoder = Encoder("ir_lite")
    info = CheckpointInfo(
        backbone="ir_lite",
        input_format=encoder.input_format,
        threshold=None,
        eer=None,
        accuracy=None,
        epoch=0,
        step=0,
        run="none",
        validation="",
    )
    path = tmp_path_factory.mktemp("weights") / "start.safetensors"
    save_checkpoint(path, encoder, info)
    return path


def tiny(data: Path, weights: Path) -> TrainConfig:
    settings = {
        "data": data,
        "pretrained": str(weights),
        "backbone": "ir_lite",
        "epochs": 1,
        "batch.size": 8,
        "batch.photos_per_identity": 4,
        "batch.loader_workers": 0,
        "forge.share": 0.5,
        "hardware.accelerator": "cpu",
    }
    return load_config(TrainConfig, "forge", settings)


def no_progress(done: int, total: int) -> None:
    pass


def trained_weights(data: Path, weights: Path, folder: Path) -> dict[str, torch.Tensor]:
    folder.mkdir()
    outcome = train_trial(Trial("swap", 0), tiny(data, weights), TESTED, folder, no_progress)
    return load_encoder(str(outcome.last_checkpoint)).encoder.state_dict()


@pytest.mark.slow
def test_an_experiment_fills_its_tables_and_goes_on_where_it_stopped(
    faces: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, out, console = tiny(faces, weights), tmp_path / "out" / "forgery.md", Console(quiet=True)
    trials = plan_trials(["self-blend", "all"], 1)
    assert trials == [Trial("self-blend", 0), Trial(NOTHING, 0)]
    first = run_experiment(base, trials[:1], out, console)
    text = out.read_text(encoding="utf-8")
    assert text.count("| self-blend | ") == 1 and f"| {NOTHING} | " not in text

    trained = []
    run_trial = experiment.run_trial

    def recorded(trial: Trial, *others: object) -> object:
        trained.append(trial)
        return run_trial(trial, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(experiment, "run_trial", recorded)
    results = run_experiment(base, trials, out, console)
    assert trained == trials[1:]
    assert results[0] == first[0]
    assert run_experiment(base, trials, out, console) == results and len(trained) == 1
    assert len(out.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()) == 2

    left_out, everything = results
    assert (left_out.people_trained, left_out.people_tested) == (4, 2)
    assert left_out.pairs[PairCategory.SAME_PERSON] == 2 * EACH * (EACH - 1) // 2
    assert left_out.pairs[PairCategory.SYNTHETIC] == 2 * EACH * FORGERIES * EACH
    assert set(left_out.before.by_method) == {"self-blend"}
    assert len(everything.after.by_method) > 1
    assert left_out.before.different == everything.before.different  # the same pairs by the same encoder
    assert left_out.before != left_out.after

    lines = [line for line in out.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    of_rows = [line.split("|")[1].strip() for line in lines]
    assert of_rows[:4] == ["left out", "---", "self-blend", NOTHING]
    assert of_rows[4:6] == ["tested by", "---"] and set(of_rows[6:]) <= set(METHODS)
    figures = lines[2].split("|")[2:5]
    assert all(0 <= float(part) <= 1 for cell in figures for part in cell.split("→"))


@pytest.mark.slow
def test_results_of_other_settings_are_kept_and_not_read(
    faces: Path, weights: Path, write_faces: Callable[..., Path], tmp_path: Path
) -> None:
    base = tiny(faces, weights)
    settings = settings_hash(base, CropDataset(faces))
    other = base.model_copy(update={"epochs": 2})
    elsewhere = base.model_copy(update={"out": tmp_path})
    changed = write_faces(tmp_path / "changed", frozenset({"person0"}))
    assert settings_hash(elsewhere, CropDataset(faces)) == settings
    assert settings_hash(other, CropDataset(faces)) != settings
    assert settings_hash(base, CropDataset(changed)) != settings

    errors = Errors(overall=0.3, different=0.1, synthetic=0.5, by_method={"swap": 0.5})
    result = Result(
        settings=settings,
        left_out="swap",
        seed=0,
        people_trained=4,
        people_tested=2,
        pairs=dict.fromkeys(PairCategory, 1),
        before=errors,
        after=errors,
        seconds=1.5,
    )
    file = ResultFile(tmp_path / "forgery.jsonl")
    file.add(result)
    with (tmp_path / "forgery.jsonl").open("a", encoding="utf-8") as lines:
        lines.write('{"settings": "torn')
    file.add(result.model_copy(update={"settings": "others"}))
    assert file.read(settings) == [result]
    assert len(file.read("others")) == 1


@pytest.mark.slow
def test_weights_depend_on_the_people_trained_on_alone(
    faces: Path, weights: Path, write_faces: Callable[..., Path], tmp_path: Path
) -> None:
    known = sorted(f"person{number}" for number in range(6) if f"person{number}" not in TESTED)
    plain = trained_weights(faces, weights, tmp_path / "plain")
    others = write_faces(tmp_path / "others", frozenset(TESTED))
    same = trained_weights(others, weights, tmp_path / "others_run")
    assert all(torch.equal(plain[name], same[name]) for name in plain)
    learnt = write_faces(tmp_path / "learnt", frozenset(known[:1]))
    different = trained_weights(learnt, weights, tmp_path / "learnt_run")
    assert any(not torch.equal(plain[name], different[name]) for name in plain)


def test_test_forgeries_are_of_the_test_people_by_the_method_and_partners_are_test_people(
    faces: Path,
) -> None:
    dataset = CropDataset(faces)
    rows = np.flatnonzero(np.isin(dataset.identity_names, sorted(TESTED))[dataset.identities])
    forged = forge_test_crops(dataset, rows, ("swap",), seed=3)
    assert set(forged.methods) == {"swap"}
    assert forged.rows.tolist() == np.repeat(rows, FORGERIES).tolist()
    assert set(forged.partners) <= set(rows.tolist())
    for row, partner in zip(forged.rows.tolist(), forged.partners, strict=True):
        assert partner is not None and dataset.identities[partner] != dataset.identities[row]
    again = forge_test_crops(dataset, rows, ("swap",), seed=3)
    assert np.array_equal(again.images, forged.images)
    assert not np.array_equal(forged.images[0], forged.images[1])


@given(
    arrays.arrays(np.int64, st.integers(4, 20), elements=st.integers(0, 3)),
    st.integers(0, 2**32),
    st.data(),
)
def test_pairs_are_what_their_category_says(
    people: NDArray[np.int64], seed: int, data: st.DataObject
) -> None:
    sources = data.draw(st.lists(st.integers(0, len(people) - 1), max_size=8))
    forged = people[np.array(sources, np.int64)]
    methods = np.array([METHODS[number % 2] for number in range(len(forged))], np.str_)
    pairs = pair_up(people, forged, methods, seed)
    everyone = np.concatenate([people, forged])
    first, second = pairs.positions.T
    code = {category: pairs.categories == category.code for category in PairCategory}
    same = everyone[first] == everyone[second]
    assert np.array_equal(same, ~code[PairCategory.DIFFERENT_PERSON])
    assert np.array_equal(second >= len(people), code[PairCategory.SYNTHETIC])
    assert (first < second).all() and (first < len(people)).all()
    assert len(np.unique(pairs.positions, axis=0)) == len(pairs.positions)
    all_pairs = len(people) * (len(people) - 1) // 2
    assert pairs.count(PairCategory.SAME_PERSON) + pairs.count(PairCategory.DIFFERENT_PERSON) == all_pairs
    assert (
        pairs.methods[second >= len(people)] == methods[second[second >= len(people)] - len(people)]
    ).all()
    assert (pairs.methods[second < len(people)] == "").all()
    chosen = np.bincount(pairs.categories[pairs.balanced], minlength=3)
    assert len(set(chosen)) == 1 and chosen[0] == min(map(pairs.count, PairCategory))
    assert len(np.unique(pairs.balanced)) == len(pairs.balanced)


@pytest.mark.parametrize(("told_apart", "expected"), [(True, 0.0), (False, 0.5)])
def test_the_error_rates_tell_whether_forgeries_are_told_apart(told_apart: bool, expected: float) -> None:
    people = np.repeat([0, 1], 6)
    pairs = pair_up(people, people, np.repeat(["swap", "reenactment"], 6), seed=0)
    rng = np.random.default_rng(0)

    def near(axis: int) -> NDArray[np.float32]:
        vector = np.eye(4)[axis] + rng.normal(0, 0.01, 4)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    forged = people + 2 if told_apart else people
    errors = judge(np.array([near(axis) for axis in (*people, *forged)]), pairs)
    assert errors.different == 0
    assert errors.synthetic == pytest.approx(expected, abs=0.1)
    assert set(errors.by_method) == {"swap", "reenactment"}
    assert errors.overall == pytest.approx(expected / 1.5 if expected else 0, abs=0.1)


def test_only_bona_fide_faces_are_collected_and_people_of_two_folders_are_two(
    faces: Path, write_faces: Callable[..., Path], tmp_path: Path
) -> None:
    forged = write_faces(tmp_path / "forged", synthetic=True)
    alone = CropDataset(bona_fide_shards([faces], tmp_path / "alone"))
    assert alone.identity_names.tolist() == [f"person{number}" for number in range(6)]
    both = CropDataset(bona_fide_shards([faces, forged, faces], tmp_path / "both"))
    assert len(both) == 2 * len(alone) and not both.synthetic.any()
    assert both.identity_names.tolist() == sorted(
        f"{folder}/person{number}" for folder in (0, 2) for number in range(6)
    )
    repeated = CropDataset(bona_fide_shards([faces], tmp_path / "repeated", fewest=len(alone) + 1))
    assert len(repeated) == 2 * len(alone)
    with pytest.raises(UserError, match="no bona fide face"):
        bona_fide_shards([forged], tmp_path / "none")


def test_an_unknown_method_cannot_be_left_out() -> None:
    with pytest.raises(UserError, match="did you mean 'swap'"):
        plan_trials(["swop"], 1)
    assert [trial.left_out for trial in plan_trials([], 1)] == [*METHODS, NOTHING]


def test_the_cost_of_a_crop_is_measured_for_every_method_and_the_peer(faces: Path) -> None:
    times = crop_times(CropDataset(faces), count=3, turns=2)
    assert list(times) == [*METHODS, EVERYTHING, PEER]
    assert all(len(taken) == 2 and min(taken) > 0 for taken in times.values())


@pytest.mark.slow
def test_the_cost_of_a_step_is_measured_by_turns(faces: Path, tmp_path: Path) -> None:
    needed = crops_needed(16, steps=1, turns=2)
    crops = bona_fide_shards([faces], tmp_path / "crops", fewest=2 * needed)
    times = step_times(step_config(crops, tmp_path / "logs", "ir_lite", 16), steps=1, turns=2)
    assert list(times) == [0, SHARE]
    assert all(len(taken) == 2 and min(taken) > 0 for taken in times.values())


def test_the_peer_blends_within_the_face(crops: list[Crop]) -> None:
    outline = np.array([[40, 40], [72, 40], [72, 90], [40, 90]], np.float64)
    forged = [published_self_blend(crops[0], outline, np.random.default_rng(seed)) for seed in range(8)]
    again = published_self_blend(crops[0], outline, np.random.default_rng(0))
    assert np.array_equal(forged[0], again)
    for image in forged:
        assert image.shape == crops[0].shape and image.dtype == np.uint8
        assert not np.array_equal(image, crops[0])
