import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.partners import CANDIDATES, Partners
from common.formats.crop_frame import ARCFACE_POINTS


def landmarks_of(rows: int, spread: float = 3.0, seed: int = 0) -> np.ndarray:
    return ARCFACE_POINTS + np.random.default_rng(seed).normal(0, spread, (rows, 5, 2))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=40),
    st.integers(0, 2**40),
)
def test_a_partner_is_usable_and_somebody_else(crops: list[tuple[int, bool, bool]], seed: int) -> None:
    """Crops of (identity, usable as a partner, has landmarks)."""
    landmarks = landmarks_of(len(crops))
    landmarks[[not has for _, _, has in crops]] = np.nan
    identities = np.array([identity for identity, _, _ in crops])
    usable = np.flatnonzero([usable for _, usable, _ in crops])
    partners = Partners(landmarks, identities, usable)
    for row, (identity, _, has_landmarks) in enumerate(crops):
        partner = partners.of(row, seed)
        possible = {r for r, (who, usable, has) in enumerate(crops) if usable and has and who != identity}
        if has_landmarks and possible:
            assert partner in possible
        else:
            assert partner is None


def test_the_nearest_candidate_is_chosen() -> None:
    landmarks = landmarks_of(2000)
    partners = Partners(landmarks, np.arange(2000), np.arange(2000))
    distance = np.linalg.norm(landmarks - landmarks[0], axis=2).mean(axis=1)
    chosen = [partners.of(0, seed) for seed in range(200)]
    ranks = np.argsort(np.argsort(distance))[chosen]
    # the least of n evenly spread ranks is at 1 / (n + 1) of them on average
    assert 0.5 < ranks.mean() / (2000 / (CANDIDATES + 1)) < 1.6
    assert len(set(chosen)) > 40


def test_equal_rows_and_seeds_have_equal_partners() -> None:
    landmarks = landmarks_of(500)
    one, again = (Partners(landmarks.copy(), np.arange(500) // 5, np.arange(500)) for _ in range(2))
    drawn = [one.of(row, seed) for row in range(20) for seed in range(5)]
    assert drawn == [again.of(row, seed) for row in range(20) for seed in range(5)]
    assert len({one.of(3, seed) for seed in range(30)}) > 5


def test_the_only_other_person_among_thousands_is_found() -> None:
    identities = np.zeros(5000, np.int64)
    identities[4321] = 1
    partners = Partners(landmarks_of(5000), identities, np.arange(5000))
    assert {partners.of(7, seed) for seed in range(20)} == {4321}


def test_at_equal_distance_the_first_drawn_is_chosen() -> None:
    partners = Partners(np.repeat(ARCFACE_POINTS[None], 100, axis=0), np.arange(100), np.arange(100))
    chosen = [partners.of(0, seed) for seed in range(50)]
    assert len(set(chosen)) > 20
    assert 0 not in chosen


def test_nobody_else_is_no_partner() -> None:
    landmarks = landmarks_of(4)
    assert Partners(landmarks, np.zeros(4, np.int64), np.arange(4)).of(0, 1) is None
    assert Partners(landmarks, np.arange(4), np.array([], np.int64)).of(0, 1) is None
    assert Partners(landmarks, np.arange(4), np.array([2])).of(2, 1) is None
