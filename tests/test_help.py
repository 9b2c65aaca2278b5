"""`--help` must answer at once: nothing heavy may be imported for it."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from {package}.cli import main
sys.argv = ["{package}", "{command}", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
heavy = {{"torch", "onnxruntime", "insightface", "matplotlib", "sklearn", "lightning_fabric"}}
print("HEAVY", sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("align", "run"),
        ("align", "forge"),
        ("train", "run"),
        ("train", "classifier"),
        ("infer", "pairs"),
        ("infer", "classify"),
    ],
)
def test_help_imports_nothing_heavy(
    package: str, command: str, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(package=package, command=command)],
        cwd=tmp_path,
        env=process_environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Examples" in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"
