"""`infer pairs` as a whole: pairs of photographs to scores, verdicts, an evaluation and a picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from infer.embed import embed_images
from infer.hard_pairs import choose_hard_pairs, crops_of
from infer.models.model import Model
from infer.pair_sets.pair_set import PairSet
from infer.picture import draw_results
from infer.results import HardPairs, Results, write_results
from infer.score import ranks, similarities
from infer.score_table import write_rejects, write_scores
from infer.table_format import TableFormat
from infer.verification import threshold_for


@dataclass(frozen=True)
class Comparison:
    """What became of a set of pairs."""

    results: Results
    at_threshold: VerificationReport | None  # None for unlabelled pairs
    at_eer: VerificationReport | None  # with intervals
    results_file: Path
    scores_file: Path
    rejects_file: Path
    picture_file: Path

    @property
    def unlabelled(self) -> int:
        """Pairs that the labels do not name."""
        return int((~self.results.labelled).sum())

    @property
    def without_face(self) -> int:
        """Pairs of which one photograph has no usable face."""
        return int(np.isnan(self.results.similarity).sum())


def compare_pairs(
    pair_set: PairSet,
    model: Model,
    out: Path,
    threshold: float | None = None,
    table: TableFormat = TableFormat.CSV,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Score pairs; write the table of scores, `NAME_rejected.csv`, `NAME.png` and `NAME.h5` to `out`.

    NAME is that of the set. A pair without two faces gets similarity -1 and the verdict `no_face`, and counts
    as rejected in the error rates. The verdicts use `threshold`, or the model's own, or, where neither is
    known, that of the EER of the labelled pairs themselves.

    Raises UserError when no threshold is to be had, and as `embed_images`.
    """
    embeddings = embed_images(pair_set.images, model, pair_set.aligned, workers, progress)
    similarity = similarities(pair_set.members, embeddings)
    labelled = pair_set.categories >= 0
    categories, scores = pair_set.categories[labelled], ranks(similarity[labelled])
    at_eer = (
        with_intervals(evaluate_pairs(categories, scores), categories, scores) if labelled.any() else None
    )
    used, source = _choose_threshold(threshold, model, at_eer)
    hard = choose_hard_pairs(pair_set.categories, similarity)
    results = Results(
        name=pair_set.name,
        source=pair_set.source,
        ids=pair_set.ids,
        image_names=pair_set.image_names,
        members=pair_set.members,
        categories=pair_set.categories,
        has_labels=pair_set.has_labels,
        similarity=similarity,
        rejected=embeddings.rejected,
        threshold=used,
        threshold_source=source,
        card=model.card,
        hard=HardPairs(hard, crops_of(pair_set, hard, model)),
    )
    return Comparison(
        results,
        at_threshold=evaluate_pairs(categories, scores, used) if labelled.any() else None,
        at_eer=at_eer,
        **_write(results, pair_set, model, out, table),
    )


def _write(
    results: Results, pair_set: PairSet, model: Model, out: Path, table: TableFormat
) -> dict[str, Path]:
    """The files, by the name of the attribute of `Comparison` that tells of them."""
    picture_file, results_file = (out / f"{results.name}{suffix}" for suffix in (".png", ".h5"))
    scores_file = write_scores(out / results.name, results.ids, results.similarity, results.threshold, table)
    rejects_file = write_rejects(out / f"{results.name}_rejected.csv", results)
    write_results(results_file, results)
    draw_results(picture_file, pair_set, results, model)
    return {
        "results_file": results_file,
        "scores_file": scores_file,
        "rejects_file": rejects_file,
        "picture_file": picture_file,
    }


def _choose_threshold(
    asked: float | None, model: Model, at_eer: VerificationReport | None
) -> tuple[float, str]:
    if asked is None and model.threshold is None and at_eer is not None and not math.isnan(at_eer.threshold):
        return at_eer.threshold, "the EER threshold of these very pairs, for the model has none"
    chosen = threshold_for(model, asked)
    return chosen.value, chosen.source
