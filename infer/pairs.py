"""Comparison of pairs of photographs, as `infer pairs` does it: scores, verdicts, evaluation, picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from common.runtime.errors import UserError
from infer.claims import TUNED, threshold_doubt
from infer.hard_pairs import crops_of, hardest_pairs, rank_pairs
from infer.models.model import FaceModel, Threshold
from infer.output.pairs_picture import draw_results, pictured_pairs
from infer.output.results import HardPairs, Results
from infer.output.results_file import write_results
from infer.output.score_table import require_parquet, write_rejects, write_scores
from infer.output.table_format import TableFormat
from infer.pair_scores import score_pairs
from infer.pair_sets.fingerprint import fingerprint
from infer.pair_sets.pair_set import PairSet
from infer.score import Verdict
from infer.uncompared import refuse_without_scores
from infer.verify import known_threshold

OF_THESE_PAIRS = "the EER threshold of these very pairs, for the model has none"


@dataclass(frozen=True)
class Comparison:
    """The outcome of comparing a set of pairs."""

    results: Results
    at_threshold: VerificationReport | None  # of labelled pairs that were compared, None without such
    at_eer: VerificationReport | None  # the same with intervals
    results_file: Path
    scores_file: Path
    rejects_file: Path
    picture_file: Path

    @property
    def unlabelled(self) -> int:
        """Pairs that the labels do not name."""
        return int((~self.results.labelled).sum())

    @property
    def uncompared(self) -> dict[Verdict, int]:
        """Pairs without a score, by the kind of reason; they are in no figure."""
        return self.results.uncompared


def compare_pairs(
    pair_set: PairSet,
    model: FaceModel,
    out: Path,
    threshold: float | None = None,
    table: TableFormat = TableFormat.CSV,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Score pairs; write the table of scores, `NAME_rejected.csv`, `NAME.png` and `NAME.h5` to `out`.

    NAME is that of the set. A pair without two faces gets no similarity, a verdict that says why, and takes
    no part in any figure. The verdicts use `threshold`, or the model's own, or, where neither is known, that
    of the EER of the labelled pairs themselves; where there is none either, there are no verdicts.

    Raises UserError when no pair can be compared, and then nothing is written, when the source would be
    overwritten, when the table needs a library that is not there, and as `score_pairs`.
    """
    files = _files(pair_set, out, table)
    _check_before(pair_set, files, table)
    chosen = known_threshold(model, threshold)
    similarity, rejected, towers = score_pairs(
        pair_set.images, pair_set.members, model, pair_set.aligned, workers, progress
    )
    refuse_without_scores(pair_set.source, pair_set.images, similarity, rejected)
    measured = (pair_set.categories >= 0) & ~np.isnan(similarity)
    categories, scores = pair_set.categories[measured], similarity[measured]
    at_eer = (
        with_intervals(evaluate_pairs(categories, scores), categories, scores) if measured.any() else None
    )
    chosen = chosen or _threshold_of_eer(at_eer)
    ranking = rank_pairs(pair_set.categories, similarity)
    hard, pictured = hardest_pairs(ranking), pictured_pairs(ranking)
    shown = np.concatenate([hard, *pictured.values()])
    crops = crops_of(pair_set, shown, model)
    results = Results(
        name=pair_set.name,
        source=pair_set.source,
        ids=pair_set.ids,
        image_names=pair_set.image_names,
        members=pair_set.members,
        categories=pair_set.categories,
        has_labels=pair_set.has_labels,
        similarity=similarity,
        rejected=rejected,
        threshold=chosen.value if chosen else None,
        threshold_source=chosen.source if chosen else "",
        threshold_doubts=_doubts(chosen, pair_set),
        notes=pair_set.notes,
        card=model.card,
        hard=HardPairs(hard, crops[: len(hard)]),
        towers=towers,
    )
    _write(results, files, out, table)
    draw_results(files["picture_file"], results, pictured, crops[len(hard) :])
    return Comparison(
        results,
        at_threshold=evaluate_pairs(categories, scores, chosen.value) if chosen and at_eer else None,
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


def _write(results: Results, files: dict[str, Path], out: Path, table: TableFormat) -> None:
    write_results(files["results_file"], results)
    columns = results.verdict_codes, table, results.tower_columns
    write_scores(out / results.name, results.ids, results.similarity, *columns)
    write_rejects(files["rejects_file"], results)


def _check_before(pair_set: PairSet, files: dict[str, Path], table: TableFormat) -> None:
    """Raise UserError for what would otherwise be told after hours of work."""
    source = Path(pair_set.source).resolve()
    for path in files.values():
        if path.resolve() == source:
            raise UserError(f"{path} would overwrite the list of pairs; name another folder with --out")
    if table is TableFormat.PARQUET:
        require_parquet()


def _threshold_of_eer(at_eer: VerificationReport | None) -> Threshold | None:
    # above 1, where nothing is accepted, or NaN it is no threshold for any other pair
    if at_eer is None or not at_eer.threshold <= 1:
        return None
    return Threshold(at_eer.threshold, OF_THESE_PAIRS)


def _doubts(chosen: Threshold | None, pair_set: PairSet) -> tuple[str, ...]:
    if chosen is None:
        return ()
    doubt = threshold_doubt(chosen)
    tuned = chosen.source == OF_THESE_PAIRS or chosen.chosen_on == fingerprint(pair_set)
    return (*([doubt] if doubt else []), *([TUNED] if tuned else []))
