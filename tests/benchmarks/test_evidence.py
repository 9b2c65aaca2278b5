from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.evidencing.ceiling import ceiling_rows, draw_ceiling
from benchmarks.evidencing.measure import CutEncoder, Examination, Rate, Rates, open_examination
from benchmarks.evidencing.people import part_people
from benchmarks.evidencing.rows import Result
from benchmarks.evidencing.tables import report
from common.forge.method_names import METHODS
from common.formats.pair_category import PairCategory
from common.models.encoder import Encoder
from train.data.dataset import CropDataset
from train.data.split import read_split


@pytest.fixture(scope="module")
def faces(write_faces: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_faces(tmp_path_factory.mktemp("faces") / "shards")


@pytest.fixture(scope="module")
def test(faces: Path) -> Examination:
    return open_examination(CropDataset(faces), METHODS, seed=0)


def test_nobody_is_trained_on_and_tested_on(tmp_path: Path) -> None:
    for number in range(12):
        folder = tmp_path / "people" / f"person{number}"
        folder.mkdir(parents=True)
        (folder / "0.jpg").write_text(f"photograph {number}")
    parted = part_people(tmp_path / "people", tmp_path / "a", seed=3)
    known, tested = (sorted(each.name for each in part.iterdir()) for part in (parted.known, parted.tested))
    assert len(known) == 8 and len(tested) == 4 and len({*known, *tested}) == 12
    assert read_split(parted.split, known, least=1) < set(known)
    assert (parted.tested / tested[0] / "0.jpg").read_text() == f"photograph {tested[0][6:]}"
    again = part_people(tmp_path / "people", tmp_path / "b", seed=3)
    assert sorted(each.name for each in again.tested.iterdir()) == tested


def test_an_encoder_that_sees_no_forgery_errs_in_half_and_one_that_does_nowhere(test: Examination) -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([test.rows, test.forgeries.rows])
    vectors = np.eye(64, dtype=np.float32)[test.dataset.identities[rows]]
    vectors += rng.normal(0, 0.01, vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    blind = test.rates(vectors)
    assert blind.different.eer == 0 and blind.twice > 0.5
    assert blind.synthetic.low <= blind.synthetic.eer <= blind.synthetic.high and blind.synthetic.eer > 0.35
    vectors[len(test.rows) :] = 0
    knowing = test.rates(vectors)
    assert knowing.overall.eer == knowing.synthetic.eer == knowing.twice == 0


def test_an_encoder_of_faces_cuts_its_own_crop_out_of_a_wider_one(test: Examination) -> None:
    seen = CutEncoder(Encoder("ir_lite").eval(), test.dataset)
    batch = test.dataset[test.rows[:2]].crops
    assert np.array_equal(seen.embed(batch).numpy(), seen.encoder.embed(batch).numpy())  # it is as wide
    assert (test.pairs.categories == PairCategory.SYNTHETIC.code).any()


def test_tables_tell_one_seed_by_its_interval_and_several_by_their_spread(tmp_path: Path) -> None:
    def rates(eer: float) -> Rates:
        rate = Rate(eer=eer, low=eer - 0.01, high=eer + 0.01)
        return Rates(overall=rate, different=rate, synthetic=rate, twice=0.5)

    results = [
        Result(
            left_out="swap", seed=seed, minutes=1, people_trained=4, people_tested=2, pairs=9, gammas=(4, 1),
            classifier=0.1, recogniser=rates(0.3), fine_tuned=rates(0.2), fused=rates(0.1 + seed / 100),
            alone=rates(0.25),
        )
        for seed in range(2)
    ]  # fmt: skip
    alone, both = report("of one", results[:1]), report("of two", results)
    assert "| swap | fused | 10.00 (9.00–11.00) |" in alone
    assert "| swap | fused | 10.50 (10.00..11.00) |" in both and "| 4, 4 | 2 |" in both
    assert "| swap | fused, γ for known methods alone | 25.00 (25.00..25.00) |" in both
    assert "| 1, 1 | 2 |" in both
    found = {112: {1.0: 0.2, 4.0: 0.1}, 224: {1.0: 0.3}}
    assert ceiling_rows(found) == [["112", "20.0", "10.0"], ["224", "30.0", ""]]
    draw_ceiling(tmp_path / "ceiling.png", found)
    assert (tmp_path / "ceiling.png").read_bytes().startswith(b"\x89PNG")
