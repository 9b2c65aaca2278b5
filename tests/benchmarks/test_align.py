from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_the_tables_are_printed(
    repository: Path, run_commands: Callable[..., list[Any]], tmp_path: Path
) -> None:
    words = ["--count", "12", "--large", "2", "--rounds", "1", "--no-memory"]
    (done,) = run_commands([[repository / "benchmarks" / "align.py", *words]], tmp_path)
    assert done.returncode == 0, done.stderr
    printed = done.stdout
    for name in ("peer", "limit", "own", "align", "command"):
        rows = [line for line in printed.splitlines() if line.startswith(f"│ {name} ")]
        assert len(rows) == 2, printed
        assert all(float(cell) > 0 for row in rows for cell in row.replace(",", "").split("│")[2:-1])
    assert "edge energy" in printed
