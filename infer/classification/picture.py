"""A picture of classified faces: a grid, the most certain mistakes first."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from common.runtime.atomic import write_atomically
from infer.classification.faces import ClassifiedFaces
from infer.classification.shown import ShownFaces
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict
from infer.output.palette import LIGHT

COLUMNS = 8
CELL, TITLE = 1.45, 0.4  # inches
RIGHT, WRONG, UNKNOWN = LIGHT["same_person"], LIGHT["wrong"], LIGHT["soft"]


def draw_faces(path: Path, faces: ClassifiedFaces, shown: ShownFaces) -> None:
    """Write a PNG: a frame is green where the verdict is right, red where it is wrong.

    It is grey where there is no verdict, or no label to hold it against. Below stands P(synthetic), and what
    the face is where that is known. `shown` may be empty.
    """
    rows = max(1, -(-len(shown.rows) // COLUMNS))
    figure = Figure(figsize=(CELL * COLUMNS, 1.2 * CELL * rows + TITLE), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    codes, probability = faces.verdict_codes, faces.probability
    for axes in grid:
        axes.axis("off")
    for axes, row, crop in zip(grid, shown.rows.tolist(), shown.crops, strict=False):
        _draw(axes, crop, FACE_VERDICTS[codes[row]], int(faces.label[row]), float(probability[row]))
    figure.suptitle(_title(faces, len(shown.rows)), fontsize=10, fontweight="bold", color=LIGHT["ink"])
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def _title(faces: ClassifiedFaces, count: int) -> str:
    if not count:
        return "no face was found"
    order = "the most certain mistakes first" if faces.has_labels else "the most synthetic first"
    below = "below P(synthetic) and the truth" if faces.has_labels else "below P(synthetic)"
    scored = len(faces) - len(faces.rejected)
    return f"{count} of {scored:,} faces, {order}; frame green: right, red: wrong, grey: not known; {below}"


def _draw(axes: Axes, crop: NDArray[np.uint8], verdict: FaceVerdict, label: int, probability: float) -> None:
    colour = _colour(verdict, label)
    axes.axis("on")
    axes.imshow(crop)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=2.5)
    truth = "" if label == UNLABELLED else "\nsynthetic" if label else "\nbona fide"
    axes.set_xlabel(f"P {probability:.2f}{truth}", fontsize=8, color=colour)


def _colour(verdict: FaceVerdict, label: int) -> str:
    if label == UNLABELLED or verdict not in (FaceVerdict.BONA_FIDE, FaceVerdict.SYNTHETIC):
        return UNKNOWN
    return RIGHT if (verdict is FaceVerdict.SYNTHETIC) == bool(label) else WRONG
