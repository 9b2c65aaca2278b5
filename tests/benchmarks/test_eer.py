import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_tables_are_printed(repository: Path, process_environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, repository / "benchmarks" / "eer.py", "--pairs", "3000", "--rounds", "2"],
        env=process_environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("roc_curve", "EER", "report"):
        rows = [line for line in done.stdout.splitlines() if line.startswith(f"│ {name} ")]
        assert len(rows) == 2, done.stdout
        assert all(float(row.split("│")[3]) > 0 for row in rows)
    assert done.stdout.count("by all three") == 2
