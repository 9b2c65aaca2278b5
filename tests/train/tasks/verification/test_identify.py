import numpy as np
import pytest
import torch

import train.tasks.verification.identify as identification
from train.tasks.verification.identify import identify


def test_each_crop_is_searched_among_all_other_bona_fide_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    people, synthetic = rng.integers(0, 6, 60), rng.random(60) < 0.3
    vectors = rng.normal(size=(60, 8)) + 2 * rng.normal(size=(6, 8))[people]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first: dict[bool, list[float]] = {False: [], True: []}
    for probe in range(60):
        others = [row for row in range(60) if row != probe and not synthetic[row]]
        nearest = sorted(others, key=lambda row: -vectors[probe] @ vectors[row])
        first[bool(synthetic[probe])].append(people[nearest[0]] == people[probe])
    embeddings = torch.from_numpy(vectors).float()
    bona_fide, forged = identify(embeddings, people, synthetic)
    assert (bona_fide.probes, forged.probes) == (int((~synthetic).sum()), int(synthetic.sum()))
    assert bona_fide.cmc[1] == pytest.approx(np.mean(first[False])) and forged.cmc[1] == np.mean(first[True])
    monkeypatch.setattr(identification, "MOST_SIMILARITIES", 100)
    assert identify(embeddings, people, synthetic) == (bona_fide, forged)


def test_embeddings_that_are_all_alike_find_nobody() -> None:
    people = np.repeat(np.arange(20), 2)
    bona_fide, forged = identify(torch.ones(40, 1), people, np.zeros(40, np.bool_))
    assert bona_fide.cmc == {1: 0, 5: 0, 10: 0} and bona_fide.map_at_10 == 0
    assert forged.probes == 0
