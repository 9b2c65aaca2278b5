import numpy as np
import pytest

from infer.output.embedding_file import EmbeddedRows
from infer.search.figures import mates_of, search_figures
from infer.search.nearest import nearest


def rows(vectors: np.ndarray, people: list[str], synthetic: np.ndarray) -> EmbeddedRows:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return EmbeddedRows(unit, [str(row) for row in range(len(unit))], people, synthetic.astype(np.uint8))


def test_open_set_rates_are_those_of_the_definitions() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(80, 8))
    enrolled, shown = np.repeat(np.arange(40), 2), np.arange(320) % 80  # half of the probes are strangers
    gallery = rows(centres[enrolled] + 0.6 * rng.normal(size=(80, 8)), list(map(str, enrolled)), np.zeros(80))
    synthetic = np.arange(320) % 7 == 0
    probes = rows(centres[shown] + 0.6 * rng.normal(size=(320, 8)), list(map(str, shown)), synthetic)
    found = nearest(gallery.vectors, probes.vectors, 10)
    figures = search_figures(probes, found, mates_of(gallery, probes, found, None), 3, 0.8)

    similarity = probes.vectors.astype(np.float64) @ gallery.vectors.T
    mated, strangers = ~synthetic & (shown < 40), ~synthetic & (shown >= 40)
    best = similarity.max(axis=1)
    third = np.sort(similarity, axis=1)[:, -3]
    of_mates = np.where(enrolled == shown[:, None], similarity, -1).max(axis=1)
    of_mates[of_mates < third] = -1  # not among the candidates
    assert figures.identified.probes == mated.sum() and figures.without_mate == strangers.sum()
    assert (figures.synthetic, figures.of_synthetic.probes) == (
        synthetic.sum(),
        (synthetic & (shown < 40)).sum(),
    )
    at = {name: errors.rate for name, errors in figures.at_threshold.items()}
    assert at["fnir"] == np.mean(of_mates[mated] < 0.8) > 0
    assert at["fpir"] == np.mean(best[strangers] >= 0.8) > 0
    assert at["fpir_synthetic"] == np.mean(best[synthetic] >= 0.8)
    assert list(figures.fnir_at_fpir) == [0.1]  # 137 strangers are too few for 0.01
    allowed = np.sort(best[strangers])[::-1][int(0.1 * strangers.sum())]
    at_fpir = figures.threshold_at_fpir[0.1]
    assert np.mean(best[strangers] >= at_fpir) <= 0.1 < np.mean(best[strangers] >= allowed)
    assert figures.fnir_at_fpir[0.1] == np.mean(of_mates[mated] < at_fpir)
    assert figures.fnir_at_fpir[0.1] == pytest.approx(np.mean(of_mates[mated] <= allowed))
    for name, rate in (("fnir", at["fnir"]), ("fnir_at_fpir_0.1", figures.fnir_at_fpir[0.1])):
        low, high = figures.intervals[name]
        assert 0 <= low < rate < high <= 1


def test_without_a_threshold_there_is_no_rate_at_one() -> None:
    faces = rows(np.eye(3), ["a", "b", "a"], np.zeros(3))
    found = nearest(faces.vectors, faces.vectors, 3, np.arange(3))
    mates = mates_of(faces, faces, found, np.arange(3))
    figures = search_figures(faces, found, mates, 10, None)
    assert mates.count.tolist() == [1, 0, 1] and figures.at_threshold == {} and figures.fnir_at_fpir == {}
    assert figures.identified.probes == 2 and figures.without_mate == 1
