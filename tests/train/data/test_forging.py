import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from common.formats.pair_category import PairCategory
from common.formats.shards import ForgeryColumns, ShardHeader, ShardRows, write_shard
from common.models.training_facts import SyntheticTraining
from common.runtime.errors import UserError
from train.augment.config import KNOBS
from train.config import TrainConfig
from train.data.batches import ForgingPlan
from train.data.dataset import CropDataset
from train.data.forging import WithForgeries, batch_forging, forgeable_crops
from train.data.forging_config import ForgeConfig
from train.data.pair_sampler import PairSampler
from train.load_config import load_config
from train.tasks.verification.data import TrainingData, prepare_data
from train.tasks.verification.notes import unproven_notes

Prepare = Callable[..., TrainingData]
OFF = {f"augment.{knob}": 0 for knob in KNOBS}


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    def make(data: Path | list[Path], **changes: Any) -> TrainingData:
        values = {
            "data": data,
            "batch.size": 12,
            "batch.photos_per_identity": 4,
            "validation.share": 0.34,
            "validation.pairs_per_category": 12,
            "forge.share": 0.25,
            **changes,
        }
        return prepare_data(load_config(TrainConfig, None, values), tmp_path / "no-split.json")

    return make


def test_a_share_of_each_batch_is_forged_of_crops_that_are_in_it(
    prepare: Prepare, bona_fide_shards: Path
) -> None:
    data = prepare(bona_fide_shards, **OFF | {"forge.post_processing": 0})
    plans = list(data.batches)
    assert plans
    for plan in plans:
        batch, untouched = data.crops[plan], data.dataset[plan.rows].crops
        assert plan.forged.sum() == 3 and batch.synthetic.tolist() == plan.forged.tolist()
        assert set(plan.rows[plan.forged]) <= set(plan.rows[~plan.forged])
        differs = (batch.crops != untouched).flatten(1).any(dim=1)
        assert differs.tolist() == plan.forged.tolist()
        labels = np.unique(data.dataset.identities[plan.rows], return_inverse=True)[1]
        assert torch.equal(batch.identities.unique(return_inverse=True)[1], torch.from_numpy(labels))


def test_a_view_depends_on_row_and_seed_alone_also_in_another_process(
    prepare: Prepare, bona_fide_shards: Path
) -> None:
    data = prepare(bona_fide_shards)
    plan = next(iter(data.batches))
    turned = type(plan)(*(column[::-1] for column in plan))
    there = pickle.loads(pickle.dumps(data.crops))  # as a loader's process gets it
    assert torch.equal(data.crops[plan].crops, there[turned].crops.flip(0))


def test_post_processing_meets_bona_fide_and_synthetic_crops_alike(
    prepare: Prepare, bona_fide_shards: Path
) -> None:
    plain = prepare(bona_fide_shards, **OFF | {"forge.post_processing": 0})
    processed = prepare(bona_fide_shards, **OFF | {"forge.post_processing": 1})
    plan = next(iter(plain.batches))
    differs = (plain.crops[plan].crops != processed.crops[plan].crops).flatten(1).any(dim=1)
    assert differs.all()


def test_partners_are_trained_on(bona_fide_shards: Path) -> None:
    dataset = CropDataset(bona_fide_shards)
    trained = np.flatnonzero(dataset.identities < 3)
    forging = batch_forging(dataset, forgeable_crops(dataset), trained, ForgeConfig(methods=("swap",)))
    partners = {forging.forger.forge(int(row), seed).partner for row in trained for seed in range(8)}
    assert len(partners) > 5 and partners <= set(trained.tolist())


def test_people_held_out_without_synthetic_crops_are_validated_with_forgeries(
    prepare: Prepare, bona_fide_shards: Path
) -> None:
    data = prepare(bona_fide_shards)
    crops, dataset = data.validation_crops, data.dataset
    held_out = np.isin(dataset.identity_names, data.held_out)[dataset.identities]
    assert isinstance(crops, WithForgeries) and crops.forgeries == held_out.sum() == 12
    assert any("12 forgeries" in note for note in data.notes)
    pairs = data.pairs.rows[data.pairs.categories == PairCategory.SYNTHETIC.code]
    assert len(pairs) == 12
    assert (crops.identities[pairs[:, 0]] == crops.identities[pairs[:, 1]]).all()
    assert (crops.synthetic[pairs].sum(axis=1) == 1).all()
    rows = np.unique(pairs)
    batch = crops[rows]
    assert torch.equal(batch.crops, crops[rows].crops), "every validation sees the same forgeries"
    assert batch.synthetic.tolist() == (rows >= len(dataset)).tolist()
    own = rows[rows < len(dataset)]
    assert torch.equal(batch.crops[: len(own)], dataset[own].crops)


def test_the_fingerprint_of_the_pairs_knows_the_methods(prepare: Prepare, bona_fide_shards: Path) -> None:
    one, two = (
        prepare(bona_fide_shards, **{"forge.methods": [method]}) for method in ("swap", "reenactment")
    )
    assert one.pairs.fingerprint != two.pairs.fingerprint
    assert (one.pairs.rows == two.pairs.rows).all()


def test_synthetic_crops_of_people_held_out_are_validated_with_in_the_place_of_forgeries(
    prepare: Prepare, tiny_shards: Path
) -> None:
    data, without = (
        prepare(tiny_shards, **{"batch.synthetic_share": 0.25, "forge.share": share}) for share in (0.25, 0)
    )
    assert data.validation_crops is data.dataset
    assert data.pairs.fingerprint == without.pairs.fingerprint
    plan = next(iter(data.batches))
    assert plan.forged.sum() == 3 and not data.dataset.synthetic[plan.rows[plan.forged]].any()
    assert data.crops[plan].synthetic.sum() == 6


def test_without_forging_batches_are_those_of_older_versions(prepare: Prepare, tiny_shards: Path) -> None:
    data = prepare(tiny_shards, **{"forge.share": 0})
    plans = list(data.batches)
    assert not any(plan.forged.any() for plan in plans)
    assert plans[0].rows.tolist() == BEFORE_FORGING, "drawn by the version that could not forge"


def test_too_few_bona_fide_places_are_refused(prepare: Prepare, tiny_shards: Path) -> None:
    with pytest.raises(UserError, match=r"fewer than two are left .* lower --forge"):
        prepare(tiny_shards, **{"batch.synthetic_share": 0.5})


def test_crops_without_landmarks_are_never_forged(
    prepare: Prepare, bona_fide_shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landmarks = CropDataset(bona_fide_shards).landmarks.copy()
    landmarks[::2] = np.nan
    landmarks[6:12] = np.nan
    monkeypatch.setattr(CropDataset, "landmarks", landmarks)
    data = prepare(bona_fide_shards, **{"validation.share": 0.1})
    seen = np.concatenate([plan.rows[plan.forged] for plan in data.batches])
    assert len(seen) and np.isfinite(landmarks[seen]).all()
    assert next(iter(data.batches)).rows.shape == (12,)


def test_an_empty_shard_among_others_is_no_harm(
    bona_fide_shards: Path,
    tmp_path: Path,
    shard_header: ShardHeader,
    make_rows: Callable[..., ShardRows],
) -> None:
    write_shard(tmp_path / "shard-00000.h5", shard_header, make_rows([], [], []))
    assert CropDataset(tmp_path, bona_fide_shards).landmarks.shape == (36, 5, 2)


def test_folders_of_shards_are_read_as_one(
    prepare: Prepare, bona_fide_shards: Path, tiny_shards: Path
) -> None:
    both = CropDataset(bona_fide_shards, tiny_shards)
    assert len(both) == 36 + 54 and len(both.identity_names) == 6
    assert torch.equal(both[[36]].crops, CropDataset(tiny_shards)[[0]].crops)
    data = prepare([bona_fide_shards, tiny_shards], **{"batch.synthetic_share": 0.25})
    assert len(data.dataset) == 90


def test_a_listed_pair_has_one_forged_crop_at_most(
    prepare: Prepare, bona_fide_shards: Path, tmp_path: Path
) -> None:
    lines = [f"person{p}/{6 * p + i}.jpg,person{q}/{6 * q + j}.jpg,{int(p == q)}" for p, q, i, j in LISTED]
    (tmp_path / "pairs.csv").write_text("path1,path2,label\n" + "\n".join(lines) + "\n")
    data = prepare(bona_fide_shards, pairs=tmp_path / "pairs.csv", **{"validation.share": 0.34})
    for plan in data.batches:
        forged = plan.forged.reshape(-1, 2).sum(axis=1)
        assert forged.max() == 1 and 0 < forged.sum() <= round(0.25 * len(plan.rows))


BEFORE_FORGING = [32, 30, 34, 35, 0, 2, 8, 7, 12, 11, 15, 16]
LISTED = [(p, p, i, i + 1) for p in range(6) for i in range(5)] + [
    (p, q, i, i) for p in range(6) for q in range(p) for i in range(2)
]


def test_forgeries_made_of_people_on_both_sides_of_the_split_are_passed_over(
    prepare: Prepare,
    bona_fide_shards: Path,
    tmp_path: Path,
    crops: list[Any],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> None:
    people = [f"person{number}" for number in range(6)]
    pairs = [(shown, other) for shown in people for other in people if shown != other]
    forged = [("swap", 1, shown, [shown, other]) for shown, other in pairs]
    forged += [("post-processing", 0, person, [person]) for person in people]
    rows = make_rows(
        [crops[0]] * len(forged), [shown for _, _, shown, _ in forged], [flag for _, flag, _, _ in forged]
    )
    sources = [json.dumps([{"identity": one, "path": "x.jpg"} for one in made]) for *_, made in forged]
    columns = ForgeryColumns([method for method, *_ in forged], ["{}"] * len(forged), sources)
    write_shard(tmp_path / "shard-00000.h5", shard_header, replace(rows, forged=columns))
    data = prepare([bona_fide_shards, tmp_path], **{"forge.share": 0})
    held_out = set(data.held_out)
    assert len(held_out) == 2 and any("are left out" in note for note in data.notes)
    left = [made for made in data.dataset.forgeries() if made is not None]
    assert len(left) == 4 * 3 + 2 + 4
    for made in left:
        assert len({person in held_out for person in made.people}) == 1
        assert made.method == "swap" or not set(made.people) & held_out
    assert len(data.dataset) == len(data.dataset.paths()) == len(data.dataset.landmarks) == 36 + len(left)


def test_pair_lists_keep_half_of_their_genuine_pairs_whole() -> None:
    rows = np.arange(40).reshape(20, 2)
    categories = np.full(20, PairCategory.SAME_PERSON.code, np.int8)
    forging = ForgingPlan(0.5, np.ones(40, np.bool_))
    for plan in PairSampler(rows, categories, size=40, seed=0, forging=forging):
        assert plan.forged.reshape(-1, 2).sum(axis=1).tolist().count(0) == 10


def test_the_same_photographs_aligned_otherwise_are_other_validation_pairs(
    prepare: Prepare, bona_fide_shards: Path, tmp_path: Path
) -> None:
    shutil.copytree(bona_fide_shards, tmp_path / "same")
    shutil.copytree(bona_fide_shards, tmp_path / "other")
    with h5py.File(tmp_path / "other" / "shard-00000.h5", "r+") as shard:
        shard["images"][...] = 255 - shard["images"][...]
    first, same, other = (
        prepare(data, **{"forge.share": 0}).pairs
        for data in (bona_fide_shards, tmp_path / "same", tmp_path / "other")
    )
    assert np.array_equal(first.rows, other.rows)
    assert first.fingerprint == same.fingerprint != other.fingerprint


def test_a_checkpoint_is_told_which_methods_forge_for_it(
    prepare: Prepare, bona_fide_shards: Path, tiny_shards: Path
) -> None:
    data = prepare(bona_fide_shards, **{"forge.methods": ["swap", "self-blend"]})
    assert data.synthetic == SyntheticTraining(crops=0, methods=("self-blend", "swap"))
    assert data.synthetic.saw_synthetic
    plain = prepare(bona_fide_shards, **{"forge.share": 0})
    assert plain.synthetic == SyntheticTraining(crops=0) and not plain.synthetic.saw_synthetic
    seen = prepare(tiny_shards, **{"forge.share": 0})
    assert seen.synthetic == SyntheticTraining(crops=12)
    count = int((seen.pairs.categories == PairCategory.SYNTHETIC.code).sum())
    assert count < 100
    (note,) = unproven_notes(seen.synthetic, seen.pairs)
    assert note.startswith(f"{count} of the validation pairs have a synthetic face, and it takes 100")
    assert unproven_notes(plain.synthetic, plain.pairs) == []
