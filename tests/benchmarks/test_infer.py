import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., list[list[str]]]


@pytest.fixture
def run(repository: Path, run_commands: Callable[..., list[Any]], tmp_path: Path) -> Run:
    """Gives what is printed: the cells of each row of the tables, and each other line as one cell."""

    def measure(*words: str) -> list[list[str]]:
        script = repository / "benchmarks" / "infer.py"
        (done,) = run_commands([[script, *words]], tmp_path, COLUMNS="200")
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]

    return measure


@pytest.mark.slow
def test_speed_has_a_rate_and_ratios_for_every_way(run: Run) -> None:
    words = ["speed", "--model", "random:ir_lite", "--pairs", "4", "--rounds", "2", "--cached", "4"]
    printed = run(*words)
    rows = {cells[0]: [float(cell) for cell in cells[1:]] for cells in printed if len(cells) == 6}
    assert list(rows) == [
        "plain loop",
        "plain loop, torch on one thread",
        "plain loop, mirror image too",
        "facetrust",
        "facetrust without the mirror image",
        "limit, without the mirror image",
        "own networks, without the mirror image",
    ]
    assert all(min(cells) > 0 for cells in rows.values())
    assert rows["plain loop"][2] == 1
    assert any(cells[0].startswith("all 6 pairs of 4 photographs") for cells in printed)


@pytest.mark.slow
def test_latency_has_a_row_for_every_part(run: Run) -> None:
    words = ["latency", "--model", "random:ir_lite", "--count", "3", "--starts", "1"]
    printed = run(*words)
    rows = {cells[0]: float(cells[1]) for cells in printed if len(cells) == 4}
    assert list(rows) == ["whole", "read and decode", "detect", "choose and crop", "embed"]
    assert min(rows["whole"], rows["read and decode"], rows["detect"], rows["embed"]) > 0
    assert any(cells[0].startswith("python -m infer verify --help: best") for cells in printed)


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("fastapi"), reason="the service is an extra")
def test_the_service_answers_valid_requests_among_hostile_ones(run: Run) -> None:
    words = ["service", "--model", "random:ir_lite", "--seconds", "3", "--connections", "2"]
    rows = {cells[0]: cells[1] for cells in run(*words) if len(cells) == 2}
    assert int(rows["valid requests"].replace(",", "")) > 0 and float(rows["requests/s"]) > 0
    assert rows["valid requests refused"] == "0"
    assert rows["answers unlike those of the quiet service"] == "0"
    assert rows["memory at start, early, at the end"].count("MB") == 3
    assert not any(name.startswith("hostile") and ": 5" in name for name in rows)
    assert any(name == "hostile: garbage for photographs: 200" for name in rows)
