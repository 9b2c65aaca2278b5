import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu.commands import findings
from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting, prepare
from benchmarks.gpu.steps import STEPS, Step

SETTING = Setting(True, Path(), Path())


@pytest.mark.slow
def test_the_script_runs_every_step_small_on_a_cpu(
    repository: Path, tmp_path: Path, run_commands: Callable[..., list[Any]]
) -> None:
    script = repository / "benchmarks" / "gpu.py"
    (done,) = run_commands([[script, "--tiny", "--data", "shards"]], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line
    ]
    assert {row[0] for row in rows if row[0]} == {step.name for step in STEPS}
    assert [row[0] for row in rows if row[1] == "took"] == [step.name for step in STEPS], "none was left out"
    assert sum(row[4] == "yes" for row in rows) >= 9


def test_what_a_step_raises_is_a_row() -> None:
    def fail(setting: Setting) -> Iterator[Finding]:
        yield Finding("a", "1")
        raise RuntimeError("CUDA error: an illegal address\nand more")

    first, last = findings(Step("x", fail), SETTING)
    assert first == Finding("a", "1")
    assert last.figure == "RuntimeError: CUDA error: an illegal address" and last.holds is False


def test_a_step_without_its_package_is_left_out_and_so_is_one_too_late() -> None:
    def never(setting: Setting) -> Iterator[Finding]:
        raise AssertionError

    step = Step("x", never, lambda setting: "triton")
    (row,) = findings(step, SETTING)
    assert row == Finding("left out", "missing: triton")
    (row,) = findings(step, replace(SETTING, ends=time.monotonic() - 1))
    assert row.what == "left out" and "--minutes" in row.figure


@pytest.mark.cuda
@pytest.mark.slow
@pytest.mark.parametrize("step", [step for step in STEPS if not step.takes_time], ids=lambda step: step.name)
def test_on_a_gpu_every_step_without_a_stopwatch_holds(step: Step, tmp_path: Path) -> None:
    prepare(tmp_path / "shards", tiny=False)
    if missing := step.lacks(Setting(False, Path(), Path())):
        pytest.skip(f"{missing} is missing")
    (tmp_path / "work").mkdir()
    found = list(step.find(Setting(False, tmp_path / "shards", tmp_path / "work")))
    assert found and [finding for finding in found if finding.holds is False] == []
