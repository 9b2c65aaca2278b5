import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from train.plots.curves import RunCurves
from train.plots.panels import LOSS, PRETRAINING_COLOUR, RUN_COLOURS, draw_panel
from train.plots.plot import MOST_RUNS, plot_history
from train.tasks.classification.figures import F1_PANEL
from train.tasks.verification.figures import EER_PANEL, ERROR_PANEL

Record = dict[str, Any]


def record(run: str, step: int, eer: float | None, **more: object) -> Record:
    """As `train.records.history` writes it."""
    rate = {"errors": 1, "total": 10, "rate": eer}
    return {
        "run": run,
        "epoch": step // 100,
        "step": step,
        "loss": None if step == 0 else 20 / step,
        "eer": eer,
        "hard_eer": None if eer is None else min(0.5, 2 * eer),
        "intervals": {} if eer is None else {"eer": [eer / 2, eer * 1.5]},
        "errors": {category.value: rate for category in PairCategory},
        **more,
    }


def old_record(run: str, step: int, eer: float) -> Record:
    """As the first version wrote it."""
    new = record(run, step, eer)
    del new["hard_eer"], new["intervals"]
    return new


def falling(run: str, count: int, start: float = 0.4) -> list[Record]:
    return [record(run, 100 * index, start * math.exp(-4 * index / count)) for index in range(count)]


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def has_colour(path: Path, colour: str) -> bool:
    wanted = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    return int((pixels(path) == wanted).all(axis=2).sum()) > 500


def panel() -> Axes:
    return Figure().subplots()


@pytest.mark.parametrize("count", [1, 2, 25, 500])
def test_it_is_one_picture_of_readable_size(tmp_path: Path, count: int) -> None:
    path = plot_history(falling("a", count), tmp_path / "runs" / "a" / "curves.png")
    height, width, _ = pixels(path).shape
    assert 1000 < width < 2000 and 800 < height < 2500
    assert [file.name for file in path.parent.iterdir()] == ["curves.png"]


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (plot_history(falling("a", 9), tmp_path / name).read_bytes() for name in "xy")
    assert first == second


def test_the_latest_run_unless_told_otherwise(tmp_path: Path) -> None:
    records = [*falling("old", 20), *falling("new", 5)]
    latest = plot_history(records, tmp_path / "latest.png").read_bytes()
    assert latest == plot_history(records, tmp_path / "x.png", "new").read_bytes()
    assert latest == plot_history(falling("new", 5), tmp_path / "x.png").read_bytes()
    assert plot_history(records, tmp_path / "x.png", "old").read_bytes() != latest


def test_every_run_has_its_colour(tmp_path: Path) -> None:
    records = [old for index in range(MOST_RUNS + 3) for old in falling(f"run{index}", 4, 0.04 * (index + 1))]
    three = plot_history(records[:12], tmp_path / "three.png", every_run=True)
    assert [has_colour(three, colour) for colour in RUN_COLOURS] == [True] * 3 + [False] * (MOST_RUNS - 3)
    many = plot_history(records, tmp_path / "many.png", every_run=True)
    assert all(has_colour(many, colour) for colour in RUN_COLOURS) and len(RUN_COLOURS) == MOST_RUNS


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train first: python -m train run"):
        plot_history([], tmp_path / "x.png")
    with pytest.raises(UserError, match="no run 'c' in the history; the latest are b, a"):
        plot_history([*falling("a", 2), *falling("b", 2)], tmp_path / "x.png", "c")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "records",
    [
        [record("a", 0, None)],
        [record("a", 0, 0.4), record("a", 100, None), record("a", 200, 0.0)],
        [old_record("a", 0, 0.4), record("a", 100, 0.1)],
        [{"run": "a"}],
        [{}],
        [{"run": "a", "step": "x", "eer": "y", "errors": [], "intervals": {"eer": [0.1]}, "loss": {}}],
        [record("a$\\frac{", 0, 0.3), record("_b", 0, 0.3), record("c" * 300, 0, 0.3)],
        [record("a", step, 0.0) for step in range(3)],
        [record("a", step, 0.2, loss=-1.0) for step in range(3)],
    ],
    ids=["null", "gaps", "old", "empty", "bare", "malformed", "names", "perfect", "negative"],
)
@pytest.mark.parametrize("every_run", [False, True])
@pytest.mark.filterwarnings("error")
def test_whatever_a_history_holds_makes_a_picture(
    tmp_path: Path, records: list[Record], every_run: bool
) -> None:
    height, width, _ = pixels(plot_history(records, tmp_path / "x.png", every_run=every_run)).shape
    assert width < 2000 and height < 2500


def test_curves_are_by_step_with_gaps_where_nothing_is_known() -> None:
    curves = RunCurves.of("a", [record("a", 200, 0.1), old_record("a", 0, 0.4), record("a", 100, None)])
    np.testing.assert_array_equal(curves.step, [0, 100, 200])
    np.testing.assert_allclose(curves.values("eer", 100), [40, math.nan, 10])
    low, high = curves.interval("eer", 100)
    np.testing.assert_allclose(low, [math.nan, math.nan, 5])
    np.testing.assert_allclose(high, [math.nan, math.nan, 15])
    np.testing.assert_allclose(curves.values("hard_eer", 100), [math.nan, math.nan, 20])
    np.testing.assert_allclose(curves.values("loss"), [math.nan, 0.2, 0.1])
    np.testing.assert_allclose(curves.values("errors/synthetic/rate", 100), [40, math.nan, 10])


def test_a_gap_does_not_hide_the_points_around_it() -> None:
    axes = panel()
    draw_panel(axes, LOSS, [RunCurves.of("a", [record("a", step, 0.1) for step in (0, 100, 200)])])
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_xdata(), [100, 200])


@pytest.mark.parametrize(
    ("eers", "scale"),
    [((0.4, 0.3), "linear"), ((0.4, 0.004), "log"), ((0.4, 0.004, 0.0), "symlog"), ((0.0, 0.0), "linear")],
)
def test_the_axis_of_the_eer_shows_every_point(eers: tuple[float, ...], scale: str) -> None:
    axes = panel()
    draw_panel(
        axes, EER_PANEL, [RunCurves.of("a", [record("a", index, eer) for index, eer in enumerate(eers)])]
    )
    low, high = axes.get_ylim()
    assert axes.get_yscale() == scale and low <= 100 * min(eers) and high >= 100 * max(eers)


def test_the_legend_tells_the_figures_and_lies_beside_the_curves() -> None:
    axes = panel()
    curves = RunCurves.of("a", [record("a", 0, 0.4), record("a", 100, 0.02), record("a", 200, 0.03)])
    draw_panel(axes, EER_PANEL, [curves])
    legend = axes.get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [
        "EER (last 3 %)",
        "lowest EER (2 % at step 100)",
        "95 % interval of the EER",
        "hard pairs (last 6 %)",
    ]
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert legend.get_window_extent().x0 > axes.bbox.x1


def test_all_three_categories_are_drawn() -> None:
    axes = panel()
    draw_panel(axes, ERROR_PANEL, [RunCurves.of("a", falling("a", 4))])
    legend = axes.get_legend()
    assert legend is not None and len(axes.lines) == 3
    texts = [text.get_text().split(" (")[0] for text in legend.get_texts()]
    assert texts == ["same-person rejected", "different-person accepted", "synthetic accepted"]


def of_classifier(run: str, step: int, f1: float, **more: object) -> Record:
    loss = None if step == 0 else 2 / step
    return {
        "run": run, "task": "classification", "epoch": step // 10, "step": step, "loss": loss,
        "auc": f1, "f1": f1, **more,
    }  # fmt: skip


def pretrained(run: str, count: int) -> list[Record]:
    return [
        {"run": run, "task": "pretraining", "step": 40 * step, "loss": 1 / step, "validation_loss": 0.5}
        for step in range(1, count)
    ]


def test_the_loss_of_a_pretraining_is_dashed_behind_that_of_what_started_from_it(tmp_path: Path) -> None:
    own = [of_classifier("b", step, 0.6, pretraining="a") for step in (0, 10, 20)]
    with_it = plot_history([*pretrained("a", 30), *own], tmp_path / "x.png")
    assert has_colour(with_it, PRETRAINING_COLOUR)
    assert not has_colour(plot_history(own, tmp_path / "y.png"), PRETRAINING_COLOUR)  # of another history
    axes = panel()
    before = RunCurves.of("a", pretrained("a", 30))
    draw_panel(axes, LOSS, [RunCurves.of("b", own)], [before])
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_array_equal(dashed[0].get_xdata(), before.step)
    legend = axes.get_legend()
    assert legend is not None
    told = [text.get_text() for text in legend.get_texts()]
    assert told == [
        "loss (last 0.1)",
        "pre-training, run a (last 0.0345)",
    ]


def test_the_highest_f1_is_written_beside_its_point() -> None:
    axes = panel()
    scores = {0: 0.5, 10: 0.875, 20: 0.75}
    curves = RunCurves.of("b", [of_classifier("b", step, f1) for step, f1 in scores.items()])
    draw_panel(axes, F1_PANEL, [curves])
    assert [text.get_text() for text in axes.texts] == ["0.875, epoch 1"]
    assert axes.texts[0].xy == (10, 0.875)  # type: ignore[attr-defined]


def test_folds_are_drawn_together_and_those_that_have_not_begun_are_waited_for(tmp_path: Path) -> None:
    records = [of_classifier(f"run{fold}", step, 0.2 * fold) for fold in range(1, 4) for step in (0, 10, 20)]
    folds = ["run1", "run3", "later"]
    path = plot_history(records, tmp_path / "x.png", "20261201", folds=folds)
    assert [has_colour(path, colour) for colour in RUN_COLOURS[:3]] == [True, True, False]
    with pytest.raises(UserError, match="no fold of 20261201 has been validated yet"):
        plot_history(records, tmp_path / "y.png", "20261201", folds=["later"])
