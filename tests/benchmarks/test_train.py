import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_table_has_a_rate_and_a_ratio_for_every_way(
    repository: Path, process_environment: dict[str, str]
) -> None:
    words = ["--backbone", "ir_lite", "--size", "16", "--steps", "2", "--turns", "2"]
    done = subprocess.run(
        [sys.executable, repository / "benchmarks" / "train.py", *words],
        env=process_environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
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
