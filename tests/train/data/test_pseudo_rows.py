from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind
from common.formats.shards import ShardHeader, ShardRows, write_shard
from common.models.training_facts import MOST_DIGESTS, PseudoTraining, pixel_digest
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.groups import crop_groups
from train.data.pseudo_rows import parts_of, pseudo_notes, pseudo_training, refuse_pseudo


@pytest.fixture
def dataset(tmp_path: Path, make_rows: Callable[..., ShardRows], shard_header: ShardHeader) -> CropDataset:
    """Six crops of noise; those of `carl` and one of `bert` have pseudo-labels."""
    images = np.random.default_rng(1).integers(0, 256, (6, 112, 112, 3), np.uint8)
    rows = make_rows(images, ["anna", "anna", "bert", "bert", "carl", "carl"], [0, 1, 0, 1, 0, 1])
    guessed = np.array([0, 0, 0, 1, 1, 1], np.uint8)
    write_shard(tmp_path / "shard-00000.h5", shard_header, replace(rows, pseudo=guessed))
    return CropDataset(tmp_path)


def test_guesses_are_never_validated_with_nor_trained_on_beside_what_is(dataset: CropDataset) -> None:
    parts = parts_of(dataset, np.array([False, False, True, True, False, False]))  # bert is held out
    assert parts.validated.tolist() == [False, False, True, False, False, False]
    assert parts.left_out.tolist() == [False, False, False, True, False, False]
    assert parts.trained.tolist() == [True, True, False, False, True, True]
    (note,) = pseudo_notes(dataset, parts)
    assert note.startswith("2 crops trained on by pseudo-labels") and "(1 as synthetic)" in note
    assert note.endswith("1 more are left out, tied to crops held out")
    with pytest.raises(UserError, match="3 crops of the data with pseudo-labels"):
        refuse_pseudo(dataset)
    dataset.keep(~dataset.pseudo)
    assert not dataset.pseudo.any() and pseudo_training(dataset, np.arange(3)) is None
    refuse_pseudo(dataset)


def test_a_checkpoint_knows_the_crops_that_were_guessed(dataset: CropDataset) -> None:
    found = pseudo_training(dataset, np.array([0, 4, 5]))
    assert found is not None and (found.crops, found.synthetic) == (2, 1)
    assert set(found.digests) == {pixel_digest(dataset.stored(row)) for row in (4, 5)}
    many = tuple(sorted(f"{n:016x}" for n in range(1, 2 * MOST_DIGESTS, 2)))
    both = found.after(PseudoTraining(crops=64, synthetic=3, digests=many))
    assert (both.crops, both.synthetic, len(both.digests)) == (66, 4, MOST_DIGESTS)
    assert both.digests == tuple(sorted({*many, *found.digests})[:MOST_DIGESTS])


def test_guesses_rename_no_group(dataset: CropDataset) -> None:
    groups, names = crop_groups(dataset)
    assert names == ["anna", "bert", "carl"]
    dataset.pseudo = np.array([1, 0, 0, 0, 0, 0]) > 0
    dataset.identities = np.array([0, 1, 1, 1, 2, 2])  # anna is a guess alone, of the picture of bert
    groups, names = crop_groups(dataset, [DuplicateGroup((0, 2), DuplicateKind.EXACT)])
    assert names[groups[0]] == "bert"
