import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.formats.pair_category import PairCategory
from common.metrics import CategoryErrors, evaluate_pairs
from common.runtime.errors import UserError
from infer.models.model import Model
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.fingerprint import fingerprint
from infer.pair_sets.pair_set import PairSet
from infer.score import Verdict, similarities
from infer.threshold import ChosenPoint, choose_operating_point, choose_threshold, exact_interval

SAME, DIFFERENT, SYNTHETIC = (category.code for category in PairCategory)
coarse = st.integers(-4, 4).map(lambda value: value / 4)
similarity = st.one_of(coarse, st.floats(-1, 1, width=32), st.just(np.nan))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([SAME, DIFFERENT, SYNTHETIC]), similarity), min_size=4, max_size=60),
    st.sampled_from([0.05, 0.1, 0.25, 1 / 3, 0.5]),
)
def test_the_lowest_threshold_whose_fmr_is_within_the_one_asked_for(
    entries: list[tuple[int, float]], fmr: float
) -> None:
    codes = np.array([code for code, _ in entries], np.int8)
    scores = np.array([score for _, score in entries])
    try:
        found = choose_threshold(codes, scores, fmr)
    except UserError as refused:
        too_few = (codes[~np.isnan(scores)] != SAME).sum() * fmr < 1
        no_genuine = not (codes[~np.isnan(scores)] == SAME).any()
        assert too_few or no_genuine or np.mean(scores[~np.isnan(scores) & (codes != SAME)] == 1) > fmr, (
            refused
        )
        return
    assert -1 <= found.threshold <= 1 and float(repr(found.threshold)) == found.threshold
    faces = ~np.isnan(scores)
    impostors, genuine = scores[faces & (codes != SAME)], scores[faces & (codes == SAME)]
    assert found.impostors.rate == np.mean(impostors >= found.threshold) <= fmr
    assert found.genuine.rate == np.mean(genuine < found.threshold)
    assert found.errors[PairCategory.SYNTHETIC].errors == np.sum(
        scores[codes == SYNTHETIC] >= found.threshold
    )
    lower = scores[scores < found.threshold]
    assert np.mean(impostors >= lower.max()) > fmr


def point(genuine: tuple[int, int], strangers: tuple[int, int], synthetic: tuple[int, int]) -> ChosenPoint:
    errors = [CategoryErrors(*counts) for counts in (genuine, strangers, synthetic)]
    return ChosenPoint(0.25, 1e-2, dict(zip(PairCategory, errors, strict=True)))


def test_synthetic_pairs_are_impostors_in_what_is_noted() -> None:
    pair_set = PairSet("set", "set", [], [], [], np.zeros((0, 2), np.int64), np.zeros(0, np.int8))
    noted = point((2, 10), (1, 200), (2, 100)).noted(pair_set)
    assert noted.model_dump() == {
        "threshold": 0.25,
        "fmr_asked": 0.01,
        "fmr": 0.01,
        "fnmr": 0.2,
        "genuine": 10,
        "impostors": 300,
        "pairs": "set",
        "fingerprint": fingerprint(pair_set),
        "crops": None,
    }
    assert noted.doubts() == "only 10 genuine pairs (100 are the least)"
    assert point((2, 100), (1, 200), (2, 100)).noted(pair_set).doubts() == ""
    few = point((2, 99), (1, 200), (2, 99)).noted(pair_set)
    assert few.doubts() == "only 99 genuine pairs and 299 impostor pairs (100 and 300 are the least)"
    strict = point((90, 100), (0, 200), (3, 100)).noted(pair_set)
    assert strict.doubts() == "it rejects 90.0% of the genuine pairs that it was chosen on"


def test_few_impostors_are_told_by_the_rule_of_three() -> None:
    assert point((0, 1), (0, 199), (0, 100)).impostors_to_trust == 300
    assert point((0, 1), (0, 200), (0, 100)).impostors_to_trust is None


def test_intervals_are_those_of_clopper_and_pearson() -> None:
    assert exact_interval(CategoryErrors(0, 10)) == pytest.approx((0, 1 - 0.025 ** (1 / 10)))
    assert exact_interval(CategoryErrors(10, 10)) == pytest.approx((0.025 ** (1 / 10), 1))
    # Johnson, Kotz and Kemp, "Univariate Discrete Distributions": 4 of 20
    assert exact_interval(CategoryErrors(4, 20)) == pytest.approx((0.0573, 0.4366), abs=1e-4)


def test_pairs_that_no_rate_can_be_measured_on_are_refused_before_any_is_embedded(model: Model) -> None:
    made = PairSet("set", "set", [], [], [], np.zeros((0, 2), np.int64), np.zeros(0, np.int8))

    def refused(categories: list[int], fmr: float, told: str) -> None:
        with pytest.raises(UserError, match=told):
            choose_operating_point(replace(made, categories=np.array(categories, np.int8)), model, fmr)

    for fmr in (0, 1, -1, np.nan):
        refused([SAME, DIFFERENT], fmr, "--fmr must lie between 0 and 1")
    refused([-1, -1], 0.1, "add labels.csv")
    refused([DIFFERENT] * 10, 0.1, "no genuine pairs")
    refused([SAME] * 10, 0.1, "no impostor pairs")
    refused([SAME] + [SYNTHETIC] * 499 + [-1] * 9, 1e-3, "499 impostor pairs; it takes 1,000 .* 3,000")


def test_impostors_without_faces_do_not_count_as_enough() -> None:
    codes = np.array([SAME] + [DIFFERENT] * 20, np.int8)
    scores = np.linspace(1, -1, 21)
    assert choose_threshold(codes, scores, 0.1).impostors == CategoryErrors(2, 20)
    scores[5:] = np.nan
    with pytest.raises(UserError, match="only 4 impostor pairs have two usable faces"):
        choose_threshold(codes, scores, 0.1)
    with pytest.raises(UserError, match="no genuine pair has"):
        choose_threshold(codes, np.append(np.nan, scores[1:]), 0.25)


def test_equal_photographs_among_the_impostors_leave_no_threshold() -> None:
    codes = np.array([SAME] + [DIFFERENT] * 10, np.int8)
    with pytest.raises(UserError, match="similarity 1"):
        choose_threshold(codes, np.array([1.0] * 3 + [0.0] * 8), 0.1)


def test_a_folder_of_pairs_gives_what_its_similarities_say(pair_folder: Path, model: Model) -> None:
    calls: list[tuple[int, int]] = []
    pair_set = find_pair_set(pair_folder)
    found = choose_operating_point(pair_set, model, 0.34, 1, lambda *call: calls.append(call))
    assert calls[-1][0] == calls[-1][1]
    from infer.embeddings import embed_images

    scores = similarities(pair_set.members, embed_images(pair_set.images, model, workers=1))
    faces = ~np.isnan(scores)
    expected = evaluate_pairs(pair_set.categories[faces], scores[faces], found.threshold)
    assert found.errors == expected.by_category
    assert found.uncompared == {Verdict.NO_FILE: 1, Verdict.NO_IMAGE: 1}
    assert found.impostors == CategoryErrors(1, 3)


def test_pairs_without_a_label_are_left_out(pair_folder: Path, model: Model) -> None:
    labels = pair_folder / "labels.csv"
    kept = [line for line in labels.read_text().splitlines() if not line.startswith(("b", "missing", "text"))]
    labels.write_text("\n".join(kept) + "\n")
    found = choose_operating_point(find_pair_set(pair_folder), model, 0.34, 1)
    assert found.genuine.total == 1 and found.impostors.total == 3 and not found.uncompared


def test_the_command_stores_what_later_commands_use(
    pair_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from common.models.encoder import Encoder
    from infer.commands.options import ModelChoice
    from infer.commands.threshold import threshold
    from infer.models.load import load_model
    from infer.pair_sets.request import PairRequest

    def choose(fmr: float, model: str = "w.pt") -> None:
        command = inspect.unwrap(threshold)
        command(pair_folder, fmr, wanted=PairRequest(), model=ModelChoice(model), workers=1)

    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    torch.save(Encoder("ir_lite").backbone.state_dict(), "w.pt")
    choose(0.34)
    told = capsys.readouterr().out
    stored = load_model("w.pt", tmp_path).threshold
    assert stored is not None and f"threshold {stored.value!r}" in told
    assert "FMR 0.34" in stored.source and (tmp_path / "w.pt.json").exists()
    for text in (
        "1 of 3",
        "95 % interval",
        "synthetic pairs accepted",
        "FNMR",
        "2 pairs were not compared",
        "take 9",
        "not to be relied on: only 2 genuine",
    ):
        assert text in told
    choose(0.34)
    assert "takes the place of" not in capsys.readouterr().out, "it is the same"
    choose(0.67)
    assert f"takes the place of {stored.value:.4f}, chosen for FMR 0.34" in capsys.readouterr().out
    with pytest.raises(UserError, match="random:ir_lite has no file"):
        choose(0.34, "random:ir_lite")
    assert not list(tmp_path.glob("random*"))
