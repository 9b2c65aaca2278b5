from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_the_tables_are_printed(
    repository: Path, run_commands: Callable[..., list[Any]], tmp_path: Path
) -> None:
    words = ["--pairs", "3000", "--rounds", "2"]
    (done,) = run_commands([[repository / "benchmarks" / "eer.py", *words]], tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("roc_curve", "EER", "report"):
        rows = [line for line in done.stdout.splitlines() if line.startswith(f"│ {name} ")]
        assert len(rows) == 2, done.stdout
        assert all(float(row.split("│")[3]) > 0 for row in rows)
    assert done.stdout.count("by all three") == 2
