"""Leaderboard of the kept checkpoints, as a table."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Column, Table

from common.metrics.figures import CLASSIFICATION, VERIFICATION, Ranking
from common.models.checkpoint import read_standing
from common.models.classifier_checkpoint import read_classifier_info
from common.models.leaderboard import RankedCheckpoint, kept_checkpoints, last_checkpoint, rank
from common.models.standing import Standing
from common.runtime.command_line import printable
from common.runtime.errors import UserError
from train.display import number, span
from train.records.checkpoints import KEPT


@dataclass(frozen=True)
class LeaderboardRow:
    """A kept checkpoint and its places, from 1, among those that it compares with."""

    file: str
    standing: Standing
    places: dict[Ranking, int]  # only the rankings that it is kept for
    fold: str = ""  # of its run, such as "2 of 5"; empty for a run that is none of folds

    @property
    def run(self) -> str:
        """The run, and its fold where it has one."""
        return f"{self.standing.run}, fold {self.fold}" if self.fold else self.standing.run

    @property
    def kept_for(self) -> str:
        """The places in words: `EER 1, accuracy 3`; empty for one that no ranking keeps."""
        return ", ".join(f"{by.title} {place}" for by, place in self.places.items())


def leaderboard_rows(folder: Path) -> list[LeaderboardRow]:
    """The kept checkpoints of a folder, the best first, a task and a set of validation data after the other.

    Verification is the first task, and the data that the last checkpoint of a task was measured on its first.
    """
    entries = kept_checkpoints(folder)
    groups = {entry.standing.group for entry in entries}
    current = set()
    for task in {task for task, _ in groups}:
        with suppress(UserError):
            current.add(read_standing(last_checkpoint(folder, task)).group)
    ordered = sorted(
        groups, key=lambda group: (group[0] != VERIFICATION, group[0], group not in current, group)
    )
    return [row for group in ordered for row in _rows_of(entries, group)]


def leaderboard_table(rows: Sequence[LeaderboardRow]) -> Table:
    """The rows of one task, one or more, for the console; a line parts those that do not compare."""
    primary, *others = rows[0].standing.rankings
    titles = {by.name: by.title for by in others}
    titles |= {name: name for name in rows[0].standing.figures if name not in (primary.name, *titles)}
    data = "pairs" if rows[0].standing.task == VERIFICATION else "data"
    names = (primary.title, "95 % interval", *titles.values(), "kept for", "run", "epoch", "step", data)
    table = Table(*names, Column("file", overflow="fold"))  # the whole name, to be copied
    for index, row in enumerate(rows):
        standing = row.standing
        if index and standing.group != rows[index - 1].standing.group:
            table.add_section()
        figures = [number(standing.figure(primary)), span(standing.interval)]
        figures += [number(standing.figures.get(name)) for name in titles]
        when = (row.run, str(standing.epoch), str(standing.step))
        words = [row.kept_for, *when, standing.validation[:8], row.file]
        table.add_row(*figures, *(escape(printable(word)) for word in words))
    return table


def _fold(entry: RankedCheckpoint) -> str:
    if entry.standing.task == CLASSIFICATION:
        with suppress(UserError):  # another run may have removed it meanwhile
            return read_classifier_info(entry.path).fold
    return ""


def _rows_of(entries: list[RankedCheckpoint], group: tuple[str, str]) -> list[LeaderboardRow]:
    own = [entry for entry in entries if entry.standing.group == group]
    rankings = own[0].standing.rankings
    orders = {by: rank(own, by) for by in rankings}
    ranked = orders[rankings[0]]
    return [
        LeaderboardRow(
            entry.path.name,
            entry.standing,
            {by: order.index(entry) + 1 for by, order in orders.items() if entry in order[:KEPT]},
            _fold(entry),
        )
        for entry in [*ranked, *(entry for entry in own if entry not in ranked)]
    ]
