"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from align.crops.options import FaceChoice

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
        help="Folder of pairs, PAIR_ID/0.jpg and PAIR_ID/1.jpg, with labels.csv or without; folder with one "
        "of photographs per person, or of shards, whose photographs are compared each with each; CSV, "
        "path1,path2\\[,label\\[,synthetic1,synthetic2]]; LFW's pairs.txt; or a .bin verification set.",
        show_default=False,
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the photographs that a list names. \\[default: the folder of the list]",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="What a list calls its columns, where that is not known: path1=NAME,label=NAME and so on for "
        "path1, path2, label, synthetic1, synthetic2 and id; ignore=NAME for others.",
    ),
]
PairsPerKind = Annotated[
    int | None,
    typer.Option(
        "--pairs-per-kind",
        min=1,
        help="Of people's photographs draw so many genuine, impostor and synthetic pairs. \\[default: all, "
        "and 100,000 where there are more than 1,000,000]",
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
AllowUnlabelled = Annotated[
    bool,
    typer.Option(
        "--allow-unlabelled",
        help="Go on where labels of a folder's photographs fit none of them, or photographs have no label.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")]

FACE = "The face in a photograph, by default as in the model's training"

DetectorName = Annotated[
    str | None,
    typer.Option(
        "--detector",
        help="retinaface, insightface:PACK, onnx:FILE, or none for crops.",
        rich_help_panel=FACE,
    ),
]
DetSize = Annotated[
    int | None,
    typer.Option(
        "--det-size", help="Larger photographs are searched at this size, in pixels.", rich_help_panel=FACE
    ),
]
MinScore = Annotated[
    float | None,
    typer.Option("--min-score", help="Least score of a face, 0 to 1.", rich_help_panel=FACE),
]
MinFace = Annotated[
    int | None,
    typer.Option(
        "--min-face",
        min=0,
        help="Least side of a face, in pixels of the photograph.",
        rich_help_panel=FACE,
    ),
]
Face = Annotated[
    FaceChoice | None,
    typer.Option(
        "--face",
        help="Which of several: largest, or central, which weighs size against place.",
        rich_help_panel=FACE,
    ),
]
Crops = Annotated[
    bool,
    typer.Option(
        "--crops", help="The images are aligned crops already: no face is looked for.", rich_help_panel=FACE
    ),
]
ColourOrder = Annotated[
    Literal["RGB", "BGR"] | None,
    typer.Option(
        "--colour", help="Order of the channels that the model takes, where its file does not say it."
    ),
]
FollowLinks = Annotated[
    bool, typer.Option("--follow-links", help="Also photographs that links out of the folder lead to.")
]
