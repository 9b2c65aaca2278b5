"""The error rates of an identification of known people (ISO/IEC 19795-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.metrics import Interval, evaluate_pairs, with_intervals
from common.metrics.identification import DEPTH, Identification, evaluate_identification
from common.metrics.report import CategoryErrors
from common.metrics.resampling import intervals_of_means
from common.metrics.sorted_scores import SortedScores
from common.metrics.threshold_at_fmr import threshold_at_fmr
from common.metrics.true_accepts import true_accept_rates
from infer.output.embedding_file import EmbeddedRows
from infer.search.nearest import Nearest

FPIRS = (1e-1, 1e-2, 1e-3)
NOT_AMONG_THEM = -1.0  # in the place of the similarity of a mate that is not among the candidates


@dataclass(frozen=True)
class SearchFigures:
    """How well people of a gallery are found. Synthetic probes are in no rate but their own.

    Attributes:
        rank: candidates that a probe has; a mate below is not found.
        identified: CMC and MAP@10 of the bona fide probes with a mate.
        of_synthetic: the same of synthetic probes, with the person that they imitate as theirs.
        without_mate: bona fide probes whose person is not in the gallery.
        synthetic: synthetic probes, with such a person or without.
        fnir_at_fpir: FNIR by FPIR, for those of 0.1, 0.01 and 0.001 that the probes without a mate suffice
            for, 3 / FPIR of them (rule of three).
        threshold_at_fpir: of these; a higher one than of two photographs, for there are many to be taken for.
        at_threshold: `fnir`, `fpir`, and `fpir_synthetic`, synthetic probes that anybody of the gallery is
            found for; empty without a threshold.
        intervals: of 95 %, people of the probes resampled: `fnir_at_fpir_0.1` and so on, and as the above.
    """

    rank: int
    identified: Identification
    of_synthetic: Identification
    without_mate: int
    synthetic: int
    fnir_at_fpir: Mapping[float, float] = field(default_factory=dict)
    threshold_at_fpir: Mapping[float, float] = field(default_factory=dict)
    at_threshold: Mapping[str, CategoryErrors] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Mates:
    """Which candidates show the person of their probe, and how many of the gallery do."""

    hits: NDArray[np.bool_]  # (P, K)
    count: NDArray[np.int64]  # (P,)
    people: NDArray[np.int64]  # (P,) of the probes


def mates_of(
    gallery: EmbeddedRows, probes: EmbeddedRows, found: Nearest, itself: NDArray[np.int64] | None
) -> Mates:
    """The mates of probes, by the names of their people."""
    names = np.array([*gallery.identity, *probes.identity])
    numbers = np.unique(names, return_inverse=True)[1].astype(np.int64)
    enrolled, people = np.split(numbers, [len(gallery)])
    counts = np.bincount(enrolled, minlength=len(names))[people].astype(np.int64)
    if itself is not None:
        counts -= itself >= 0
    return Mates(enrolled[found.rows] == people[:, None], counts, people)


def search_figures(
    probes: EmbeddedRows, found: Nearest, mates: Mates, rank: int, threshold: float | None
) -> SearchFigures:
    """The figures of probes, of which one or more have a mate in the gallery.

    FPIR is the share of bona fide probes without a mate for which some candidate is at or above the
    threshold, FNIR that of those with a mate for which no mate among the first `rank` candidates is.

    Args:
        probes: as they were searched for.
        found: `rank` candidates or more of each, ten at the least where the gallery has them.
        mates: of these.
        rank: candidates that count for FPIR and FNIR.
        threshold: None where it is not known.
    """
    synthetic = probes.synthetic != 0
    mated, unmated = ~synthetic & (mates.count > 0), ~synthetic & (mates.count == 0)
    of_mates = np.where(mates.hits, found.similarity, NOT_AMONG_THEM)[:, :rank].max(axis=1)
    best = found.similarity[:, 0]
    kinds = {"fnir": mated, "fpir": unmated, "fpir_synthetic": synthetic}
    at: dict[str, CategoryErrors] = {}
    intervals: dict[str, Interval] = {}
    for name, inside in kinds.items():
        if threshold is None or not inside.any():
            continue
        wrong = (of_mates < threshold if name == "fnir" else best >= threshold)[inside]
        at[name] = CategoryErrors(int(wrong.sum()), len(wrong))
        (interval,) = intervals_of_means(wrong[:, None].astype(np.float64), mates.people[inside])
        intervals |= {name: interval} if interval else {}
    scores = SortedScores(np.sort(of_mates[mated]), np.sort(best[unmated]))
    everyone = np.concatenate([mates.people[mated], mates.people[unmated]])
    fnir, of_fnir = _fnir_at_fpir(scores, of_mates[mated], best[unmated], everyone)
    hits, counts, people = mates.hits[:, :DEPTH], mates.count, mates.people
    return SearchFigures(
        rank,
        evaluate_identification(hits[~synthetic], counts[~synthetic], people[~synthetic]),
        evaluate_identification(hits[synthetic], counts[synthetic], people[synthetic]),
        int(unmated.sum()),
        int(synthetic.sum()),
        fnir,
        {fpir: threshold_at_fmr(scores, fpir) for fpir in fnir},
        at,
        intervals | of_fnir,
    )


def _fnir_at_fpir(
    sorted_scores: SortedScores,
    of_mates: NDArray[np.float64],
    of_strangers: NDArray[np.float64],
    everyone: NDArray[np.int64],
) -> tuple[dict[float, float], dict[str, Interval]]:
    """FNIR by FPIR and its intervals: 1 - TAR of pairs whose genuine scores are those of mates."""
    scores = np.concatenate([of_mates, of_strangers])
    codes = np.repeat(
        [PairCategory.SAME_PERSON.code, PairCategory.DIFFERENT_PERSON.code],
        [len(of_mates), len(of_strangers)],
    )
    rates = true_accept_rates(sorted_scores, FPIRS)
    if not rates:
        return {}, {}
    report = replace(evaluate_pairs(codes, scores), tar_at_fmr=rates)
    report = with_intervals(report, codes, scores, np.stack([everyone, everyone], axis=1))
    intervals = {}
    for fpir in rates:
        if interval := report.intervals.get(f"tar_at_fmr_{fpir:g}"):
            intervals[f"fnir_at_fpir_{fpir:g}"] = Interval(1 - interval.high, 1 - interval.low)
    return {fpir: 1 - rate for fpir, rate in rates.items()}, intervals
