from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.mark.slow
def test_every_way_has_a_rate_and_ratios(
    repository: Path,
    run_commands: Callable[..., list[Any]],
    tmp_path: Path,
    portraits: list[NDArray[np.uint8]],
    save_jpeg: Callable[[Path, NDArray[np.uint8]], Path],
) -> None:
    for number, portrait in enumerate(portraits[:2]):
        save_jpeg(tmp_path / f"{number}.jpg", portrait)
    words = ["--photographs", str(tmp_path), "--network", "timm:test_resnet", "--size", "32"]
    words += ["--rounds", "1", "--no-training", "--count", "3"]
    (done,) = run_commands([[repository / "benchmarks" / "classify.py", *words]], tmp_path, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    lines = ([cell.strip() for cell in line.strip("│").split("│")] for line in done.stdout.splitlines())
    rows = {cells[0]: [float(cell) for cell in cells[1:]] for cells in lines if len(cells) == 7}
    assert list(rows) == [
        "plain loop",
        "plain loop, mirror image too",
        "facetrust",
        "limit, without the mirror image",
        "limit, mirror image too",
    ]
    assert all(min(cells) > 0 for cells in rows.values()) and rows["plain loop"][2] == 1


@pytest.mark.slow
def test_training_is_measured_beside_ready_tensors(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repository))
    from benchmarks.training.classifiers import ALL, classifier_table, pretraining_table

    table = classifier_table("timm:test_resnet", 32, size=8, steps=1, turns=1)
    pretraining = pretraining_table("timm:test_convnext", 64, size=8, steps=1, turns=1, planes=ALL)
    for each in (table, pretraining):
        rates = [float(rate) for rate in each.columns[1]._cells]
        assert len(rates) == 2 and min(rates) > 0
