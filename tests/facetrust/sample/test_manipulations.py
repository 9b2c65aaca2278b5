"""What each manipulation changes, and what it must leave alone."""

import numpy as np
import pytest

from facetrust.sample.manipulations import MANIPULATIONS
from facetrust.sample.people.person import Person
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import render


@pytest.fixture(scope="module")
def portraits():
    people = [Person.from_seed(np.random.SeedSequence([41, i])) for i in range(3)]
    conditions = [Conditions.random(np.random.default_rng([42, i])) for i in range(3)]
    return [(p, c, render(p, c)) for p, c in zip(people, conditions, strict=True)]


@pytest.mark.parametrize("family", MANIPULATIONS)
def test_it_changes_the_face_and_nothing_else(family, portraits):
    for i, (person, conditions, photograph) in enumerate(portraits):
        image = MANIPULATIONS[family](person, conditions, photograph, np.random.default_rng([43, i]))
        assert image.shape == (250, 250, 3) and image.dtype == np.uint8
        change = np.abs(image.astype(np.float32) - photograph.image).mean(axis=2)
        assert change[photograph.face_mask > 0.9].mean() > 1.5
        y, x = np.indices(change.shape)
        middle = photograph.landmarks.mean(axis=0)
        reach = 2.2 * np.linalg.norm(photograph.landmarks - middle, axis=1).max()
        assert change[np.hypot(x - middle[0], y - middle[1]) > reach].max() == 0


@pytest.mark.parametrize("family", MANIPULATIONS)
def test_it_is_deterministic_and_varies_with_its_randomness(family, portraits):
    person, conditions, photograph = portraits[0]
    images = [
        MANIPULATIONS[family](person, conditions, photograph, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


@pytest.mark.parametrize("family", MANIPULATIONS)
def test_it_does_not_change_its_input(family, portraits):
    person, conditions, photograph = portraits[1]
    before = photograph.image.copy(), photograph.clean.copy(), photograph.face_mask.copy()
    MANIPULATIONS[family](person, conditions, photograph, np.random.default_rng(3))
    for old, new in zip(before, (photograph.image, photograph.clean, photograph.face_mask), strict=True):
        assert np.array_equal(old, new)
