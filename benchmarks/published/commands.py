"""The command of `benchmarks/recipes.py`: options, steps and table."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from common.formats.crop_frame import ARCFACE_SIZE
from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import console
from common.runtime.errors import UserError

HEADINGS = ("recipe", "steps", "EER % before", "EER %", "95 %", "strangers, EER %", "synthetic, EER %")


def print_table(
    people: Annotated[Path, typer.Option(help="Folder with one of photographs per person.")],
    minutes: Annotated[float, typer.Option(min=0.1, help="Of each training.")] = 10,
    only: Annotated[list[str] | None, typer.Option(help="Row by name; may be repeated.")] = None,
    backbone: Annotated[str, typer.Option(help="Light one, in the place of the published.")] = (
        "mobilefacenet"
    ),
    weights: Annotated[Path | None, typer.Option(help="Of the light backbone; random if not told.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of shards, runs, rows and table.")] = Path(
        "results/recipes"
    ),
) -> None:
    """Align people, forge each of their photographs once, and train every recipe on three quarters of them.

    Each row is the last validation within the minutes, on the same pairs of the people held out. Called
    again, it goes on with the rows that are not there yet; --out belongs to one choice of options. The status
    is 1 where a row could not be measured.
    """
    from benchmarks.forging.tables import markdown_table
    from benchmarks.published.rows import ROWS, Setting, measured
    from benchmarks.transferring.crops import align_set

    if only and (unknown := set(only) - {row.name for row in ROWS}):
        known = ", ".join(repr(row.name) for row in ROWS)
        raise typer.BadParameter(f"there is no row {unknown.pop()!r}; --only takes {known}")
    shards = align_set(people, out / "shards", ARCFACE_SIZE, "arcface")
    setting = Setting((shards, _forged(shards, out / "forged")), backbone, weights, minutes, out)
    table: list[tuple[str, ...]] = []
    missing = []
    for row in ROWS:
        if only and row.name not in only:
            continue
        try:
            table.append(cells_of(measured(row, setting)))
        except UserError as error:
            missing.append(str(error))
        text = markdown_table(HEADINGS, table)
        write_text_atomically(out / "table.md", text)
        console.print(text, highlight=False)
    for told in missing:
        console.print(f"[yellow]a row is missing:[/] {escape(told)}")
    if missing:
        raise typer.Exit(1)


def _forged(shards: Path, out: Path) -> Path:
    """Shards of one forgery of each crop; a call that was stopped is gone on with."""
    done = subprocess.run([sys.executable, "-m", "align", "forge", shards, "--out", out], check=False)
    if done.returncode:
        raise UserError(f"the crops in {shards} could not be forged")
    return out


def cells_of(found: dict[str, Any]) -> tuple[str, ...]:
    """The cells of the table, by `HEADINGS`, of what `measured` gives."""
    before, after = found["before"], found["after"]
    low, high = after["intervals"]["eer"]
    apart = after["eer_by_category"]
    return (
        found["name"],
        f"{after['step']:,}",
        _percent(before["eer"] if before["step"] == 0 else None),
        _percent(after["eer"]),
        f"{_percent(low)}–{_percent(high)}",
        _percent(apart.get("different_person")),
        _percent(apart.get("synthetic")),
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
