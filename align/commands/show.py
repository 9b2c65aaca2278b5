"""`align show`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, Shards
from common.runtime.command_line import console, examples, print_notes
from common.runtime.wording import counted

EXAMPLES = examples("python -m align show", "python -m align show datasets/mine --out sheet.png --people 20")


def show(
    shards: Shards = PROCESSED_IMAGES,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("results/contact_sheet.png"),
    people: Annotated[int, typer.Option(min=1, help="Rows: how many people.")] = 10,
    per_person: Annotated[int, typer.Option(min=1, help="Columns: crops of each.")] = 10,
) -> None:
    """Draw a contact sheet of crops with their landmarks; synthetic ones are framed red."""
    from align.shards.show import contact_sheet
    from common.formats.shard_folder import open_folder

    print_notes(open_folder(shards).notes)
    count = contact_sheet(shards, out, people, per_person)
    console.print(f"{counted(count, 'crop')} drawn: {escape(str(out))}")
