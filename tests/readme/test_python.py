"""The Python that README.md shows runs as it stands, in the user's folder."""

import re
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_python_of_the_readme_runs(block: str, workspace: Any) -> None:
    script = workspace.folder / "shown.py"
    script.write_text(block, encoding="utf-8")
    done = workspace.run(f"python {script.name}")
    assert done.returncode == 0, done.stderr
    assert "the threshold 0.3" in done.stdout and "person" in done.stdout
    assert "the score does not speak about synthetic faces" in done.stdout


def test_the_readme_shows_python_before_the_stages() -> None:
    assert BLOCKS and README.index("```python") < README.index("## The three stages")
