from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from torch import Tensor

import train.distributed.shares as shares
import train.tasks.verification.validate as validation
from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport, equal_error_rate, evaluate_pairs
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.validation_pairs import ValidationPairs, draw_validation_pairs
from train.tasks.verification.validate import validate

HELD_OUT = {"person1", "person4", "person5"}


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


@pytest.fixture(scope="module")
def dataset(tiny_shards: Path) -> CropDataset:
    return CropDataset(tiny_shards)


@pytest.fixture(scope="module")
def pairs(dataset: CropDataset) -> ValidationPairs:
    return draw_validation_pairs(dataset, HELD_OUT, 10, seed=0)


@pytest.fixture
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder("ir_lite").eval()


def one_by_one(encoder: Encoder, dataset: CropDataset, pairs: ValidationPairs) -> dict[int, np.ndarray]:
    """The embedding of each row of the pairs."""
    rows = np.unique(pairs.rows).tolist()
    return {row: encoder.embed(dataset[[row]].crops)[0].numpy() for row in rows}


def assert_alike(report: VerificationReport, other: VerificationReport) -> None:
    assert report.eer == other.eer and report.hard_eer == other.hard_eer
    assert report.by_category == other.by_category and report.eer_by_category == other.eer_by_category
    assert report.threshold == pytest.approx(other.threshold, abs=1e-4)
    assert report.intervals.keys() == other.intervals.keys()


def test_all_pairs_are_scored_as_the_encoder_embeds_them(
    dataset: CropDataset, pairs: ValidationPairs, encoder: Encoder, fabric: Fabric
) -> None:
    report = validate(encoder, dataset, pairs, fabric)
    vectors = one_by_one(encoder, dataset, pairs)
    expected = evaluate_pairs(pairs.categories, [vectors[a] @ vectors[b] for a, b in pairs.rows.tolist()])
    assert report.eer == pytest.approx(expected.eer)
    assert report.threshold == pytest.approx(expected.threshold, abs=1e-4)
    assert [entry.total for entry in report.by_category.values()] == [10, 10, 10]
    for name in ("eer", "eer_different_person", "eer_synthetic", "accuracy"):
        low, high = report.intervals[name]
        assert 0 <= low <= high <= 1


def test_the_hard_eer_is_against_the_nearest_impostors(
    dataset: CropDataset,
    pairs: ValidationPairs,
    encoder: Encoder,
    fabric: Fabric,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = one_by_one(encoder, dataset, pairs)
    impostors = []
    for row, vector in vectors.items():
        if dataset.synthetic[row]:
            continue
        for synthetic in (False, True):
            nearest = [
                float(vector @ other)
                for name, other in vectors.items()
                if dataset.synthetic[name] == synthetic
                and (dataset.identities[name] == dataset.identities[row]) == synthetic
            ]
            impostors += [max(nearest)] if nearest else []
    genuine = [
        float(vectors[a] @ vectors[b])
        for (a, b), code in zip(pairs.rows.tolist(), pairs.categories, strict=True)
        if code == PairCategory.SAME_PERSON.code
    ]
    expected = equal_error_rate([1] * len(genuine) + [0] * len(impostors), genuine + impostors).eer
    report = validate(encoder, dataset, pairs, fabric)
    assert report.hard_eer == pytest.approx(expected) and report.hard_eer >= report.eer
    monkeypatch.setattr(validation, "MOST_SIMILARITIES", 1)
    monkeypatch.setattr(validation, "PAIRS_AT_ONCE", 7)
    assert_alike(validate(encoder, dataset, pairs, fabric), report)


def test_without_an_impostor_at_hand_the_hard_eer_is_undefined(
    dataset: CropDataset, encoder: Encoder, fabric: Fabric
) -> None:
    bona_fide = np.flatnonzero((dataset.identities == 0) & ~dataset.synthetic)[:2]
    forged = np.flatnonzero((dataset.identities == 1) & dataset.synthetic)[:1]
    rows = np.array([bona_fide, [bona_fide[0], forged[0]]])
    codes = np.array([PairCategory.SAME_PERSON.code, PairCategory.SYNTHETIC.code], np.int8)
    report = validate(encoder, dataset, ValidationPairs(rows, codes, "x"), fabric)
    assert np.isnan(report.hard_eer) and not np.isnan(report.eer)


class Share(NamedTuple):
    """What `validate` asks of one of several processes; the embeddings of the others are known already."""

    world_size: int
    global_rank: int
    fabric: Fabric
    embedded: dict[int, Tensor]  # by rank

    @property
    def device(self) -> torch.device:
        return self.fabric.device

    def gather(self, mine: Tensor) -> Tensor:
        self.embedded[self.global_rank] = mine
        empty = torch.zeros_like(mine)
        return torch.cat([self.embedded.get(rank, empty) for rank in range(self.world_size)])

    def broadcast(self, report: VerificationReport) -> VerificationReport:
        return report


@pytest.mark.parametrize("processes", [2, 5, 50])
def test_the_shares_of_several_processes_make_the_whole(
    dataset: CropDataset,
    pairs: ValidationPairs,
    encoder: Encoder,
    fabric: Fabric,
    processes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = validate(encoder, dataset, pairs, fabric)
    embedded: dict[int, Tensor] = {}
    for rank in reversed(range(processes)):  # the first is last, when all shares are known
        share = Share(processes, rank, fabric, embedded)
        monkeypatch.setattr(shares, "gather_rows", share.gather)
        if rank:
            with pytest.raises(AssertionError):  # these get the report from the first
                validate(encoder, dataset, pairs, share)
        else:
            assert_alike(validate(encoder, dataset, pairs, share), whole)
    assert len({tensor.shape for tensor in embedded.values()}) == 1
    filled = sum(int(tensor.norm(dim=1).gt(0).sum()) for tensor in embedded.values())
    assert filled == len(np.unique(pairs.rows))  # each crop once, by one of them


def test_every_module_stays_in_its_mode(
    dataset: CropDataset, pairs: ValidationPairs, encoder: Encoder, fabric: Fabric
) -> None:
    encoder.train()
    frozen = next(module for module in encoder.modules() if isinstance(module, torch.nn.BatchNorm2d)).eval()
    modes = [module.training for module in encoder.modules()]
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    report = validate(encoder, dataset, pairs, fabric)
    assert [module.training for module in encoder.modules()] == modes and not frozen.training
    assert all(torch.equal(before[name], value) for name, value in encoder.state_dict().items())
    assert_alike(validate(encoder.eval(), dataset, pairs, fabric), report)


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
def test_figures_are_those_of_float32_whatever_the_precision_of_the_run(
    dataset: CropDataset, pairs: ValidationPairs, encoder: Encoder, fabric: Fabric, precision: str
) -> None:
    mixed = Fabric(accelerator="cpu", plugins=MixedPrecision(precision, "cpu"))  # type: ignore[arg-type]
    mixed.setup(encoder)
    exact, other = (validate(encoder, dataset, pairs, used) for used in (fabric, mixed))
    assert exact.threshold == other.threshold
    assert_alike(exact, other)


def test_a_report_does_not_depend_on_the_batches(
    dataset: CropDataset,
    pairs: ValidationPairs,
    encoder: Encoder,
    fabric: Fabric,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = validate(encoder, dataset, pairs, fabric)
    monkeypatch.setattr(validation, "EMBED_BATCH", 7)
    assert_alike(validate(encoder, dataset, pairs, fabric), whole)


def test_embeddings_that_are_not_finite_end_the_run(
    dataset: CropDataset, pairs: ValidationPairs, encoder: Encoder, fabric: Fabric
) -> None:
    with torch.no_grad():
        next(encoder.parameters()).fill_(np.nan)
    encoder.train()
    with pytest.raises(UserError, match="lower --lr"):
        validate(encoder, dataset, pairs, fabric)
    assert encoder.training
