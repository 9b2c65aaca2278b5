import subprocess
import sys
from pathlib import Path

import pytest


def run(repository: Path, environment: dict[str, str], *options: str) -> str:
    done = subprocess.run(
        [sys.executable, repository / "benchmarks" / "align.py", *options],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_tables_are_printed(repository: Path, process_environment: dict[str, str]) -> None:
    printed = run(
        repository, process_environment, "--count", "12", "--large", "2", "--rounds", "1", "--no-memory"
    )
    for name in ("peer", "limit", "own", "align", "command"):
        rows = [line for line in printed.splitlines() if line.startswith(f"│ {name} ")]
        assert len(rows) == 2, printed
        assert all(float(cell) > 0 for row in rows for cell in row.replace(",", "").split("│")[2:-1])
    assert "edge energy" in printed
