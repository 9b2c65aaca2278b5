"""`infer pairs` as a whole: pairs of photographs to scores, verdicts, an evaluation and a picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from common.pairs import PairCategory
from infer.embed import embed_images
from infer.hard_pairs import choose_hard_pairs, crops_of
from infer.models.model import Model
from infer.pair_sets.pair_set import PairSet
from infer.picture import draw_results
from infer.results import HardPairs, Results
from infer.results_file import write_results
from infer.score import ranks, similarities
from infer.score_table import require_parquet, write_rejects, write_scores
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

    Raises UserError when no threshold is to be had, when the source would be overwritten, when the table
    needs a library that is not there, and as `embed_images`.
    """
    files = _files(pair_set, out, table)
    _check_before(pair_set, files, model, threshold, table)
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
    write_results(files["results_file"], results)
    write_scores(out / results.name, results.ids, similarity, used, table)
    write_rejects(files["rejects_file"], results)
    draw_results(files["picture_file"], pair_set, results, model)
    return Comparison(
        results,
        at_threshold=evaluate_pairs(categories, scores, used) if labelled.any() else None,
        at_eer=at_eer,
        **files,
    )


def _files(pair_set: PairSet, out: Path, table: TableFormat) -> dict[str, Path]:
    """What is written, by the name of the attribute of `Comparison` that tells of it."""
    ends = {
        "results_file": ".h5",
        "scores_file": table.suffix,
        "rejects_file": "_rejected.csv",
        "picture_file": ".png",
    }
    return {name: out / f"{pair_set.name}{end}" for name, end in ends.items()}


def _check_before(
    pair_set: PairSet, files: dict[str, Path], model: Model, threshold: float | None, table: TableFormat
) -> None:
    """Raise UserError for what would otherwise be told after hours of work."""
    source = Path(pair_set.source).resolve()
    for path in files.values():
        if path.resolve() == source:
            raise UserError(f"{path} would overwrite the list of pairs; name another folder with --out")
    if table is TableFormat.PARQUET:
        require_parquet()
    labelled = pair_set.categories[pair_set.categories >= 0]
    genuine = labelled == PairCategory.SAME_PERSON.code
    if threshold is not None or genuine.all() or not genuine.any():  # such pairs have no EER
        threshold_for(model, threshold)


def _choose_threshold(
    asked: float | None, model: Model, at_eer: VerificationReport | None
) -> tuple[float, str]:
    # above 1, where nothing is accepted, or NaN it is no threshold for any other pair
    if asked is None and model.threshold is None and at_eer is not None and at_eer.threshold <= 1:
        return at_eer.threshold, "the EER threshold of these very pairs, for the model has none"
    chosen = threshold_for(model, asked)
    return chosen.value, chosen.source
