"""Who is photographed how often, and which manipulations occur where."""

from collections import Counter

from facetrust.sample.manipulations import MANIPULATIONS, TEST_ONLY_FAMILIES, TRAIN_FAMILIES
from facetrust.sample.options import SampleOptions
from facetrust.sample.people.person import Person
from facetrust.sample.plan import BONA_FIDE, person_seed, plan_pairs, plan_training

OPTIONS = SampleOptions(identities=9, photos=4, synthetic=3, test_identities=10, pairs=120, seed=2)


def test_training_uses_each_training_family_equally_and_never_the_others():
    families = Counter(shot.family for sitting in plan_training(OPTIONS) for shot in sitting.shots)
    assert families == {BONA_FIDE: 36} | dict.fromkeys(TRAIN_FAMILIES, 9)


def test_file_names_do_not_tell_the_kind():
    first = [
        s.synthetic for sitting in plan_training(OPTIONS) for s in sitting.shots if s.path.endswith("/0.jpg")
    ]
    assert len(set(first)) == 2


def test_test_pairs_use_all_families_in_equal_shares():
    sittings, rows = plan_pairs(OPTIONS)
    family_of = {shot.path: shot.family for sitting in sittings for shot in sitting.shots}
    used = Counter()
    for row in rows:
        sides = {family_of[f"{row.pair_id}/{side}.jpg"] for side in (0, 1)} - {BONA_FIDE}
        used.update(sides)
    assert used == dict.fromkeys(MANIPULATIONS, 10)
    assert set(TEST_ONLY_FAMILIES) == set(MANIPULATIONS) - set(TRAIN_FAMILIES)


def test_labels_follow_from_who_is_on_the_photographs():
    sittings, rows = plan_pairs(OPTIONS)
    shown = {shot.path: (s.identity, shot.synthetic) for s in sittings for shot in s.shots}
    for row in rows:
        (person0, synthetic0), (person1, synthetic1) = (shown[f"{row.pair_id}/{side}.jpg"] for side in (0, 1))
        assert (row.synthetic0, row.synthetic1) == (synthetic0, synthetic1)
        assert row.label == int(person0 == person1 and not synthetic0 and not synthetic1)


def test_either_side_may_be_the_synthetic_one():
    rows = plan_pairs(OPTIONS)[1]
    assert sum(row.synthetic0 for row in rows) > 5 and sum(row.synthetic1 for row in rows) > 5


def test_some_different_people_look_alike():
    sittings, rows = plan_pairs(OPTIONS)
    shown = {shot.path: sitting.identity for sitting in sittings for shot in sitting.shots}
    people = [Person.from_seed(person_seed(OPTIONS.seed, "test", i)) for i in range(OPTIONS.test_identities)]
    alike = 0
    for row in rows:
        first, second = (people[shown[f"{row.pair_id}/{side}.jpg"]] for side in (0, 1))
        alike += first is not second and (first.group, first.gender) == (second.group, second.gender)
    assert alike >= 5


def test_no_test_person_is_a_training_person():
    training = {Person.from_seed(person_seed(0, "train", i)).texture_seed for i in range(60)}
    testing = {Person.from_seed(person_seed(0, "test", i)).texture_seed for i in range(60)}
    assert len(training) == len(testing) == 60
    assert not training & testing
