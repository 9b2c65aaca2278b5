"""The checkpoints that were kept, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Column, Table

from common.models.checkpoint import CheckpointInfo, read_checkpoint_info
from common.models.leaderboard import LAST_CHECKPOINT, RankedCheckpoint, Ranking, kept_checkpoints, rank
from common.runtime.command_line import printable
from common.runtime.errors import UserError
from train.records.checkpoints import KEPT


@dataclass(frozen=True)
class LeaderboardRow:
    """A kept checkpoint and its places, from 1, among those measured on the same validation pairs."""

    file: str
    info: CheckpointInfo
    places: dict[Ranking, int]  # only the rankings that it is kept for

    @property
    def kept_for(self) -> str:
        """The places in words: `EER 1, accuracy 3`; empty for one that neither ranking keeps."""
        names = {Ranking.EER: "EER", Ranking.ACCURACY: "accuracy"}
        return ", ".join(f"{names[by]} {place}" for by, place in self.places.items())


def leaderboard_rows(folder: Path) -> list[LeaderboardRow]:
    """The kept checkpoints of a folder by rising EER, a set of validation pairs after the other.

    The set that the last checkpoint was measured on comes first.
    """
    entries = kept_checkpoints(folder)
    current = _validation_of_last(folder)
    sets = sorted({entry.info.validation for entry in entries}, key=lambda name: (name != current, name))
    return [row for validation in sets for row in _rows_of(entries, validation)]


def leaderboard_table(rows: Sequence[LeaderboardRow]) -> Table:
    """The rows for the console, with a line between sets of validation pairs: they do not compare."""
    names = ("EER", "95 % interval", "accuracy", "threshold", "kept for", "run", "epoch", "step", "pairs")
    table = Table(*names, Column("file", overflow="fold"))  # the whole name, to be copied
    for index, row in enumerate(rows):
        if index and row.info.validation != rows[index - 1].info.validation:
            table.add_section()
        info = row.info
        words = [row.kept_for, info.run, str(info.epoch), str(info.step), info.validation[:8], row.file]
        figures = [_figure(info.eer), _interval(info), _figure(info.accuracy), _figure(info.threshold)]
        table.add_row(*figures, *(escape(printable(word)) for word in words))
    return table


def _rows_of(entries: list[RankedCheckpoint], validation: str) -> list[LeaderboardRow]:
    orders = {by: rank(entries, validation, by) for by in Ranking}
    places = {by: {entry.path: place for place, entry in enumerate(orders[by], 1)} for by in Ranking}
    ranked = orders[Ranking.EER]
    rest = [entry for entry in entries if entry.info.validation == validation and entry not in ranked]
    return [
        LeaderboardRow(
            entry.path.name,
            entry.info,
            {by: place for by in Ranking if (place := places[by].get(entry.path, KEPT + 1)) <= KEPT},
        )
        for entry in [*ranked, *rest]
    ]


def _validation_of_last(folder: Path) -> str | None:
    try:
        return read_checkpoint_info(folder / LAST_CHECKPOINT).validation
    except UserError:
        return None


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _interval(info: CheckpointInfo) -> str:
    facts = info.validated
    if facts is None or facts.eer_low is None or facts.eer_high is None:
        return "-"
    return f"{facts.eer_low:.4f}-{facts.eer_high:.4f}"
