import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.metrics import evaluate_pairs
from common.runtime.errors import UserError
from infer.output.results import HardPairs, Results
from infer.report.differences import DifferenceInterval, disagreement, eer_difference_interval, join

Make = Callable[..., Results]


def shuffled(results: Results, rows: list[int]) -> Results:
    """The pairs of these rows, in this order, of photographs that stand in another order."""
    count = len(results.image_names)
    place = {row: position for position, row in enumerate(rows)}
    kept = [number for number, row in enumerate(results.hard.rows.tolist()) if row in place]
    return replace(
        results,
        ids=[results.ids[row] for row in rows],
        image_names=results.image_names[::-1],
        members=count - 1 - results.members[rows],
        categories=results.categories[rows],
        similarity=results.similarity[rows],
        hard=HardPairs(
            np.array([place[int(results.hard.rows[number])] for number in kept], np.int64),
            results.hard.crops[kept],
        ),
    )


def test_pairs_are_joined_by_their_ids_and_left_out_where_one_lacks_them(random_results: Make) -> None:
    whole = random_results(1)
    rows = np.random.default_rng(0).permutation(len(whole.ids))[:100].tolist()
    part = shuffled(random_results(2), rows)
    joined = join(whole, part)
    assert (joined.only_first, joined.only_second) == (len(whole.ids) - 100, 0)
    given, other = joined.given
    assert given.ids == other.ids == [name for name in whole.ids if name in set(part.ids)]
    both = (given.compared & other.compared).tolist()
    kept = [name for name, compared in zip(given.ids, both, strict=True) if compared]
    assert joined.first.ids == joined.second.ids == kept and joined.uncompared == both.count(False)
    for results, source in zip((*joined.given, joined.first, joined.second), (whole, part) * 2, strict=True):
        for row, name in enumerate(results.ids):
            np.testing.assert_equal(results.similarity[row], source.similarity[source.ids.index(name)])
        shown = [results.ids[row] for row in results.hard.rows]
        assert shown == [source.ids[row] for row in source.hard.rows if source.ids[row] in set(results.ids)]
        assert len(results.hard.crops) == len(shown)


def test_photographs_of_pairs_that_are_left_out_are_not_counted(random_results: Make) -> None:
    whole, other = random_results(1), random_results(2)
    rows = np.random.default_rng(1).permutation(len(whole.ids))[:50].tolist()
    kept = set(rows)
    joined = join(whole, shuffled(other, rows))
    for results, source in zip(joined.given, (whole, other), strict=True):
        assert len(results.image_names) == 2 * len(kept)
        for row, name in enumerate(results.ids):
            before = source.members[source.ids.index(name)].tolist()
            for place, image in zip(results.members[row].tolist(), before, strict=True):
                assert results.image_names[place] == source.image_names[image]
    missing = {whole.image_names[row] for row in whole.rejected if row // 2 in kept}
    assert missing == {joined.given[0].image_names[place] for place in joined.given[0].rejected}


def test_results_of_other_pairs_are_refused(random_results: Make) -> None:
    first, second = random_results(1), random_results(2)
    labels = second.categories.copy()
    labels[7] = 1 - labels[7]
    with pytest.raises(UserError, match=r"pair00007.*label"):
        join(first, replace(second, categories=labels))
    names = [*second.image_names]
    names[5] = "other.jpg"
    with pytest.raises(UserError, match=r"pair00002.*photographs"):
        join(first, replace(second, image_names=names))
    with pytest.raises(UserError, match="no pair in common"):
        join(first, replace(second, ids=[f"other{row}" for row in range(len(second.ids))]))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_mcnemars_test_is_that_of_fair_coins(
    make_results: Make, verdicts: list[tuple[int, bool, bool]]
) -> None:
    codes = [code for code, _, _ in verdicts]
    first = make_results(codes, [0.9 if accepted else 0.1 for _, accepted, _ in verdicts], size=16)
    second = make_results(
        codes, [0.3 if accepted else -0.3 for _, _, accepted in verdicts], 16, threshold=0.0
    )
    found = disagreement(join(first, second))
    wins = [0, 0]
    for code, *accepted in verdicts:
        right = [verdict == (code == 0) for verdict in accepted]
        if right[0] != right[1]:
            wins[right.index(True)] += 1
    differing, less = sum(wins), min(wins)
    assert (found.first_right, found.second_right) == tuple(wins) and len(found.rows) == differing
    if not differing:
        assert math.isnan(found.chance)
    else:
        tail = sum(math.comb(differing, k) for k in range(less + 1)) / 2**differing
        assert found.chance == pytest.approx(min(1, 2 * tail))


def test_what_one_did_not_compare_is_left_out_and_unlabelled_pairs_are_not_tested(make_results: Make) -> None:
    first = make_results([0, -1, 1], [np.nan, 0.9, 0.1])
    joined = join(first, make_results([0, -1, 1], [0.8, 0.1, 0.1]))
    found = disagreement(joined)
    assert found is not None and joined.first.ids == joined.second.ids == ["pair00001", "pair00002"]
    assert found.rows.tolist() == [0] and (found.first_right, found.second_right) == (0, 0)
    assert joined.uncompared == 1 and [len(given.ids) for given in joined.given] == [3, 3]
    assert disagreement(join(first, replace(first, threshold=None))) is None


def test_the_interval_of_the_difference_holds_it_and_tells_better_models(random_results: Make) -> None:
    first = random_results(1)
    noise = np.random.default_rng(3).normal(0, 0.4, len(first.ids))
    worse = replace(first, similarity=(first.similarity + noise).clip(-1, 1))
    joined = join(first, worse)
    eers = [
        evaluate_pairs(results.categories, results.similarity).eer
        for results in (joined.first, joined.second)
    ]
    interval = eer_difference_interval(joined)
    assert interval is not None and interval.low <= eers[1] - eers[0] <= interval.high and interval.low > 0
    assert eer_difference_interval(join(first, first)) == DifferenceInterval(0, 0)
    assert eer_difference_interval(join(first, worse)) == interval


@pytest.mark.parametrize(("genuine", "impostors", "bound"), [(60, 100, 0.05), (100, 2, 1.0)])
def test_models_without_errors_are_not_proved_equal(
    make_results: Make, genuine: int, impostors: int, bound: float
) -> None:
    codes = [0] * genuine + [1] * impostors
    first, second = (
        make_results(codes, [high] * genuine + [0.1] * impostors, size=16) for high in (0.8, 0.9)
    )
    expected = DifferenceInterval(-bound, bound, min(genuine, impostors))
    assert eer_difference_interval(join(first, second)) == expected
    assert eer_difference_interval(join(first, first)) == DifferenceInterval(0, 0)


def test_one_class_has_no_interval(make_results: Make) -> None:
    genuine = make_results([0, 0, 0], [0.1, 0.2, 0.3])
    assert eer_difference_interval(join(genuine, genuine)) is None
