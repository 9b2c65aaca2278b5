import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from common.metrics import VerificationReport, equal_error_rate, evaluate_pairs, resampling, with_intervals
from common.metrics.resample import presort, weighted_eer, weighted_true_accept_rate

coarse = st.integers(-4, 4).map(lambda value: value / 4)


def evaluated(codes: np.ndarray, scores: np.ndarray, identities: np.ndarray | None) -> VerificationReport:
    return with_intervals(evaluate_pairs(codes, scores), codes, scores, identities)


def some_pairs(count: int, people: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, scores rounded to 2 decimals and identities; only different-person pairs have two."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, count).astype(np.int8)
    identities = rng.integers(0, people, (count, 2))
    identities[codes != 1, 1] = identities[codes != 1, 0]
    return codes, rng.normal(1.5 * (codes == 0), 1).round(2), identities


def literal(
    codes: np.ndarray, scores: np.ndarray, identities: np.ndarray | None, threshold: float, resamples: int
) -> dict[str, list[float]]:
    """Resampling as it is told: units are drawn and the pairs written out as often as they are drawn."""
    names, units = np.unique(
        np.stack([np.arange(len(codes))] * 2, axis=1) if identities is None else identities,
        return_inverse=True,
    )
    units = units.reshape(-1, 2)
    rng = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {
        "eer": [],
        "eer_different_person": [],
        "eer_synthetic": [],
        "accuracy": [],
        "tar": [],
    }
    for _ in range(resamples):
        draws = rng.integers(0, len(names), len(names)).tolist()
        repeats = [draws.count(a) if a == b else draws.count(a) * draws.count(b) for a, b in units.tolist()]
        label, score = np.repeat(codes, repeats), np.repeat(scores, repeats)
        drawn["eer"].append(equal_error_rate(label == 0, score).eer)
        for name, left_out in (("eer_different_person", 2), ("eer_synthetic", 1)):
            kept = label != left_out
            drawn[name].append(equal_error_rate(label[kept] == 0, score[kept]).eer)
        drawn["accuracy"].append(float(np.mean((score >= threshold) == (label == 0))))
        rates = [
            float(np.mean(score[label == 0] >= t))
            for t in np.unique(score)
            if np.mean(score[label > 0] >= t) <= 1e-2
        ]
        drawn["tar"].append(max(rates, default=0.0))
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("by_identity", [True, False])
def test_it_is_the_literal_resampling(monkeypatch: pytest.MonkeyPatch, by_identity: bool) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 60)
    monkeypatch.setattr(resampling, "FEWEST_RESAMPLES", 1)
    codes, scores, people = some_pairs(600, 40)
    identities = people if by_identity else None
    report = evaluated(codes, scores, identities)
    expected = literal(codes, scores, identities, report.threshold, 60)
    assert set(report.intervals) == {*expected} - {"tar"} | {"tar_at_fmr_0.01"}
    for name, values in expected.items():
        found = report.intervals["tar_at_fmr_0.01" if name == "tar" else name]
        assert found == pytest.approx(np.percentile(values, [2.5, 97.5]), abs=1e-12), name


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), coarse, st.integers(0, 4)), min_size=1, max_size=40))
def test_weighted_rates_are_those_of_the_pairs_written_out(entries: list[tuple[int, float, int]]) -> None:
    codes, scores, weights = np.array(entries).T
    accepts = presort(codes.astype(np.int8), scores, None).accepts(weights.astype(np.int64))
    impostor = accepts[1] + accepts[2]
    repeats = weights.astype(int)
    genuine = np.repeat(codes, repeats) == 0
    expected = equal_error_rate(genuine, np.repeat(scores, repeats)).eer
    found = weighted_eer(accepts[0], impostor)
    assert found == expected or (math.isnan(found) and math.isnan(expected))
    assert accepts[:, -1].sum() == repeats.sum()


def test_with_every_weight_one_the_rates_are_the_exact_ones() -> None:
    codes, scores, _ = some_pairs(20_000, 100)
    report = evaluate_pairs(codes, scores)
    accepts = presort(codes, scores, None).accepts(np.ones(len(codes), np.int64))
    assert weighted_eer(accepts[0], accepts[1] + accepts[2]) == report.eer
    for target, rate in report.tar_at_fmr.items():
        assert weighted_true_accept_rate(accepts[0], accepts[1] + accepts[2], target) == rate


@pytest.mark.slow
def test_the_intervals_are_around_the_rates_and_fixed_by_the_seed() -> None:
    codes, scores, identities = some_pairs(3000, 100)
    report = evaluated(codes, scores, identities)
    assert evaluated(codes, scores, identities) == report
    other = with_intervals(evaluate_pairs(codes, scores), codes, scores, identities, seed=1)
    assert other.intervals != report.intervals
    rates = {"eer": report.eer, "accuracy": report.accuracy, "tar_at_fmr_0.01": report.tar_at_fmr[0.01]}
    rates |= {f"eer_{category.value}": eer for category, eer in report.eer_by_category.items()}
    assert rates.keys() == report.intervals.keys()
    for name, rate in rates.items():
        low, high = report.intervals[name]
        assert low < rate < high and high - low < 0.2, name


def test_the_order_of_the_pairs_and_the_names_of_the_people_do_not_matter() -> None:
    codes, scores, identities = some_pairs(500, 30)
    order = np.random.default_rng(5).permutation(500)
    shuffled = evaluated(codes[order], scores[order], 7 * identities[order][:, ::-1] - 100)
    assert shuffled.intervals == evaluated(codes, scores, identities).intervals


@pytest.mark.slow
def test_intervals_by_identity_cover_the_truth_where_those_by_pair_are_too_narrow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
    people, photographs, spread, trials = 40, 8, 0.8, 40
    truth = norm.cdf(-3 / (math.hypot(1, spread) + math.hypot(1, spread, spread)))
    covered = np.zeros((trials, 2), bool)
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        of_person = rng.normal(0, spread, (2, people))  # who is hard to recognise, who looks like everybody
        same = np.repeat(np.arange(people), photographs)
        first = np.repeat(np.arange(people), 2 * photographs)
        second = (first + rng.integers(1, people, len(first))) % people
        scores = rng.normal(
            np.concatenate([3 + of_person[0][same], of_person[1][first] + of_person[1][second]]), 1
        )
        codes = np.repeat([0, 1], [len(same), len(first)])
        identities = np.stack([np.concatenate([same, first]), np.concatenate([same, second])], axis=1)
        for column, units in enumerate((identities, None)):
            low, high = evaluated(codes, scores, units).intervals["eer"]
            covered[trial, column] = low <= truth <= high
    by_identity, by_pair = covered.mean(axis=0)
    assert by_identity >= 0.85
    assert by_pair < by_identity - 0.1


def test_no_error_among_few_people_is_no_proof_of_none() -> None:
    people = np.arange(30)
    codes = np.repeat([0, 1], 30)
    identities = np.concatenate([np.stack([people, people], 1), np.stack([people, (people + 1) % 30], 1)])
    report = evaluated(codes, np.repeat([0.9, 0.1], 30), identities)
    assert report.eer == 0 and report.accuracy == 1
    assert report.intervals["eer"] == (0, pytest.approx(0.1))
    assert report.intervals["accuracy"] == (pytest.approx(0.9), 1)
    assert "eer_synthetic" not in report.intervals


def test_two_people_tell_nothing_however_many_pairs_they_give() -> None:
    genuine, impostors = np.linspace(0, 1, 40), np.linspace(-0.5, 0.5, 40)
    people = [[person, person] for person in (0, 1) for _ in range(20)] + [[0, 1]] * 40
    codes = np.repeat(np.array([0, 1], np.int8), 40)
    report = evaluated(codes, np.concatenate([genuine, impostors]), np.array(people))
    assert 0 < report.eer < 1 and report.intervals["eer"] == (0, 1), "every resample of both is the sample"


@pytest.mark.parametrize("codes", [[0, 0, 0], [1, 2], []])
def test_what_is_undefined_has_no_interval(codes: list[int]) -> None:
    assert evaluated(np.array(codes), np.linspace(0, 1, len(codes)), None).intervals == {}


def test_a_given_threshold_has_an_accuracy_even_for_one_class() -> None:
    codes, scores = np.zeros(50, np.int8), np.linspace(0, 1, 50)
    report = with_intervals(evaluate_pairs(codes, scores, 0.5), codes, scores)
    assert set(report.intervals) == {"accuracy"}


def test_millions_of_pairs_are_not_resampled() -> None:
    codes = np.arange(1_000_001) % 3
    assert evaluated(codes, codes / 3, None).intervals == {}


def test_identities_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="two for each of 3 pairs"):
        evaluated(np.array([0, 1, 2]), np.array([0.9, 0.2, 0.1]), np.array([1, 2, 3]))
