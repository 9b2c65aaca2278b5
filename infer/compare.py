"""`infer pairs` as a whole: pairs of photographs to scores, verdicts, an evaluation and a picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from infer.embed import embed_photographs
from infer.model import Model
from infer.pairs import find_pairs, read_labels
from infer.picture import draw_results
from infer.score import ScoredPair, score_pairs, write_rejects, write_scores


@dataclass(frozen=True)
class Comparison:
    """What became of a folder of pairs."""

    scored: list[ScoredPair]
    threshold: float  # that the verdicts were taken at
    threshold_source: str  # where it comes from, for people
    at_threshold: VerificationReport | None  # None for unlabelled pairs
    at_eer: VerificationReport | None  # with intervals
    has_labels: bool  # whether there is a labels.csv
    unlabelled: int  # pairs that labels.csv does not name
    without_face: int
    scores_file: Path
    rejects_file: Path
    picture_file: Path


def compare_pairs(
    root: Path,
    model: Model,
    out: Path,
    threshold: float | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Score the pairs of a folder or list; write `NAME.csv`, `NAME_rejected.csv` and `NAME.png` to `out`.

    NAME is that of folder or list. A pair without two faces gets similarity -1 and the verdict `no_face`, and
    counts as rejected in the error rates. The verdicts use `threshold`, or the model's own, or, where neither
    is known, that of the EER of the labelled pairs themselves.

    Raises UserError when there are no pairs, the labels are malformed, or no threshold is to be had.
    """
    pairs = find_pairs(root)
    labels = read_labels(root)
    embeddings = embed_photographs(
        [path for pair in pairs for path in (pair.first, pair.second)], model.encoder, workers, progress
    )
    scored = score_pairs(pairs, embeddings)

    labelled = [
        (entry, labels[entry.pair.pair_id]) for entry in scored if labels and entry.pair.pair_id in labels
    ]
    categories = np.array([category.code for _, category in labelled], np.int8)
    scores = [entry.rank for entry, _ in labelled]
    at_eer = with_intervals(evaluate_pairs(categories, scores), categories, scores) if labelled else None
    used, source = _choose_threshold(threshold, model, at_eer)

    name = root.stem if root.is_file() else root.resolve().name
    comparison = Comparison(
        scored=scored,
        threshold=used,
        threshold_source=source,
        at_threshold=evaluate_pairs(categories, scores, used) if labelled else None,
        at_eer=at_eer,
        has_labels=labels is not None,
        unlabelled=len(scored) - len(labelled),
        without_face=sum(not entry.has_faces for entry in scored),
        scores_file=out / f"{name}.csv",
        rejects_file=out / f"{name}_rejected.csv",
        picture_file=out / f"{name}.png",
    )
    write_scores(comparison.scores_file, scored, used)
    write_rejects(comparison.rejects_file, scored, embeddings)
    draw_results(comparison.picture_file, scored, labels, used)
    return comparison


def _choose_threshold(
    asked: float | None, model: Model, at_eer: VerificationReport | None
) -> tuple[float, str]:
    if asked is not None:
        if not -1 <= asked <= 1:
            raise UserError(f"--threshold must be from -1 to 1, not {asked}")
        return asked, "as asked"
    if model.threshold is not None:
        return model.threshold, "the model's own, from its validation pairs"
    if at_eer is not None and at_eer.threshold == at_eer.threshold:
        return at_eer.threshold, "the EER threshold of these very pairs, for the model has none"
    raise UserError(
        f"{model.name} has no threshold of its own and the pairs have no labels to find one; add --threshold"
    )
