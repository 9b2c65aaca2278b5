import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from infer.report.curve import CELL, TOLERANCE, error_curve, thin

SCORES = st.lists(st.sampled_from([-1.0, -0.3, 0.0, 0.1, 0.5, 1.0]), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(SCORES, SCORES)
def test_each_point_has_the_error_rates_of_its_threshold(
    genuine: list[float], impostors: list[float]
) -> None:
    curve = error_curve(np.array(genuine), np.array(impostors))
    assert sorted(set(genuine + impostors)) == curve.threshold[::-1].tolist()
    for threshold, fmr, fnmr in zip(curve.threshold, curve.fmr, curve.fnmr, strict=True):
        assert fmr == sum(score >= threshold for score in impostors) / len(impostors)
        assert fnmr == sum(score < threshold for score in genuine) / len(genuine)


def distance_to_line(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Of each point to the nearest place of a line of several parts."""
    start, step = line[:-1], np.diff(line, axis=0)
    length = np.maximum((step**2).sum(axis=1), 1e-12)
    along = (((points[:, None] - start) * step).sum(axis=2) / length).clip(0, 1)
    nearest = start + along[..., None] * step
    return np.sqrt(((points[:, None] - nearest) ** 2).sum(axis=2)).min(axis=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 3, 30, 3000]), st.booleans())
def test_a_thinned_line_is_drawn_as_the_whole_one(seed: int, count: int, steps: bool) -> None:
    rng = np.random.default_rng(seed)
    moves = rng.exponential(400 / count, (count, 2)) * (np.eye(2)[rng.integers(0, 2, count)] if steps else 1)
    points = np.cumsum(moves, axis=0) * [1, -1]
    kept = thin(points)
    assert kept[0] == 0 and kept[-1] == count - 1 and (np.diff(kept) > 0).all()
    if len(kept) > 1:
        assert distance_to_line(points, points[kept]).max() <= 2 * (CELL + TOLERANCE)


def test_of_a_million_points_a_few_hundred_are_left() -> None:
    rng = np.random.default_rng(0)
    curve = error_curve(rng.normal(0.5, 0.2, 100_000), rng.normal(0, 0.2, 900_000))
    places = 400 * np.stack([curve.fmr, curve.fnmr], axis=1)
    assert len(thin(places)) < 500
