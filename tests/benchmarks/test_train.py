from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_the_table_has_a_rate_and_a_ratio_for_every_way(
    repository: Path, run_commands: Callable[..., list[Any]], tmp_path: Path
) -> None:
    words = ["--backbone", "ir_lite", "--size", "16", "--steps", "2", "--turns", "2"]
    (done,) = run_commands([[repository / "benchmarks" / "train.py", *words]], tmp_path)
    assert done.returncode == 0, done.stderr
    cells = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    assert [row[1].split(":")[0].strip() for row in cells] == [
        "facetrust",
        "limit",
        "ready tensor, torch's own batch norm",
        "usual PyTorch loop, two workers",
    ]
    assert all(float(row[2]) > 0 and float(row[3]) > 0 for row in cells)
    assert float(cells[0][3]) == 1
