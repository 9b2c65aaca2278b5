"""Options and places that several commands of `align` have."""

from pathlib import Path
from typing import Annotated

import typer

RAW_IMAGES = Path("datasets/raw_images")
PROCESSED_IMAGES = Path("datasets/processed_images")
TEST_PAIRS = Path("data/test_public")

WORK = "The work"

Shards = Annotated[Path, typer.Argument(help="Folder of shards.")]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing", help="Take the shards that lie there, also where their manifest lists others."
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes; by default one per core.", rich_help_panel=WORK)
]
OverwriteShards = Annotated[
    bool, typer.Option("--overwrite", help="Make existing shards anew.", rich_help_panel=WORK)
]
