"""Options and places that several commands of `align` have."""

from pathlib import Path
from typing import Annotated

import typer

from common.runtime.as_option import AsOption

RAW_IMAGES = Path("datasets/raw_images")
PROCESSED_IMAGES = Path("datasets/processed_images")
TEST_PAIRS = Path("data/test_public")
CLIPS = Path("datasets/clips")

WORK = "The work"

Shards = Annotated[Path, typer.Argument(help="Folder of shards.")]
OverwriteShards = Annotated[bool, AsOption("Make existing shards anew.", WORK)]
