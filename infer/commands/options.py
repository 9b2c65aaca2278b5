"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

TEST_PAIRS = Path("data/test_public")
RESULTS = Path("results")
CHECKPOINTS = Path("training_logs/checkpoints")

ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Checkpoint, published weights, ONNX file, or random:BACKBONE. "
        "\\[default: the best of training_logs/checkpoints]",
    ),
]
Pairs = Annotated[
    Path,
    typer.Argument(
        help="Folder of pairs, PAIR_ID/0.jpg and PAIR_ID/1.jpg, with labels.csv beside them or without; a "
        "CSV, path1,path2,label\\[,synthetic1,synthetic2]; LFW's pairs.txt; or a .bin verification set.",
        show_default=False,
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the photographs that a list names. \\[default: the folder of the list]",
    ),
]
AskedThreshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=-1,
        max=1,
        help="Accept similarities from here on. \\[default: the model's own]",
    ),
]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing", help="Take the shards that lie there, also where their manifest lists others."
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")]
