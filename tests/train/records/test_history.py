import json
import math
import multiprocessing
import random
import signal
import time
from dataclasses import replace
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest

from common.formats.pair_category import PairCategory
from common.metrics import CategoryErrors, Interval, VerificationReport
from common.metrics.identification import Identification
from common.runtime.errors import UserError
from train.loggers.base import ValidationRecord
from train.records.history import HISTORY_FILE, PerformanceHistory
from train.tasks.verification.figures import figures_of

REPORT = VerificationReport(
    eer=0.125,
    eer_threshold=0.3,
    threshold=0.3,
    accuracy=0.9,
    by_category={
        PairCategory.SAME_PERSON: CategoryErrors(1, 8),
        PairCategory.DIFFERENT_PERSON: CategoryErrors(0, 4),
        PairCategory.SYNTHETIC: CategoryErrors(0, 0),
    },
    eer_by_category={PairCategory.DIFFERENT_PERSON: 0.25, PairCategory.SYNTHETIC: math.nan},
    tar_at_fmr={1e-2: 0.75, 1e-4: 0.5},
    intervals={"eer": Interval(0.1, 0.15)},
)


def record(
    run: str, step: int, loss: float | None = None, report: VerificationReport = REPORT
) -> ValidationRecord:
    return ValidationRecord(run, 0, step, 1e-3, loss, 2, figures_of(report))


def steps_in(folder: Path) -> list[tuple[str, int]]:
    records = json.loads((folder / HISTORY_FILE).read_text(), parse_constant=pytest.fail)
    return [(entry["run"], entry["step"]) for entry in records]


def test_records_add_up_over_runs_and_the_undefined_is_null(tmp_path: Path) -> None:
    PerformanceHistory(tmp_path).append(record("a", 0))
    PerformanceHistory(tmp_path).append(record("b", 0, math.inf))
    first, second = json.loads((tmp_path / HISTORY_FILE).read_text(), parse_constant=pytest.fail)
    assert first["loss"] is None and second["loss"] is None and second["run"] == "b"
    assert first == {
        "run": "a",
        "epoch": 0,
        "step": 0,
        "learning_rate": 1e-3,
        "loss": None,
        "skipped": 2,
        "accuracy": 0.9,
        "eer": 0.125,
        "hard_eer": None,
        "threshold": 0.3,
        "eer_by_category": {"different_person": 0.25, "synthetic": None},
        "tar_at_fmr": {"0.01": 0.75, "0.0001": 0.5},
        "intervals": {"eer": [0.1, 0.15]},
        "errors": {
            "same_person": {"errors": 1, "total": 8, "rate": 0.125},
            "different_person": {"errors": 0, "total": 4, "rate": 0.0},
            "synthetic": {"errors": 0, "total": 0, "rate": None},
        },
    }


def test_identification_stands_in_a_record_with_its_interval(tmp_path: Path) -> None:
    found = Identification(8, 2, {1: 0.5, 5: 0.75, 10: 1.0}, 0.6, {"cmc/1": Interval(0.25, 0.75)})
    forged = Identification(0, 0, {1: math.nan, 5: math.nan, 10: math.nan}, math.nan)
    report = replace(REPORT, identification=found, identification_of_synthetic=forged)
    PerformanceHistory(tmp_path).append(record("a", 0, report=report))
    (entry,) = json.loads((tmp_path / HISTORY_FILE).read_text(), parse_constant=pytest.fail)
    assert entry["cmc"] == {"1": 0.5, "5": 0.75, "10": 1.0} and entry["map_at_10"] == 0.6
    assert entry["cmc_synthetic"] == {"1": None} and entry["probes"] == {"bona_fide": 8, "synthetic": 0}
    assert entry["intervals"] == {"eer": [0.1, 0.15], "cmc/1": [0.25, 0.75]}
    assert figures_of(report).values["cmc/5"] == 0.75


def test_a_resumed_run_replaces_what_it_makes_again(tmp_path: Path) -> None:
    history = PerformanceHistory(tmp_path)
    for run, step in (("a", 0), ("a", 5), ("b", 5), ("a", 10), ("a", 15)):
        history.append(record(run, step))
    resumed = PerformanceHistory(tmp_path)
    resumed.append(record("a", 10, 0.25))
    assert steps_in(tmp_path) == [("a", 0), ("a", 5), ("b", 5), ("a", 10)]
    assert resumed.records[-1]["loss"] == 0.25
    assert resumed.records == json.loads((tmp_path / HISTORY_FILE).read_text())


def test_records_of_an_older_version_stay_as_they_are(tmp_path: Path) -> None:
    old = [{"run": "a", "epoch": 1, "eer": 0.25}, {"run": "a", "step": "9"}, {"note": [1, {}]}]
    (tmp_path / HISTORY_FILE).write_text(json.dumps(old))
    PerformanceHistory(tmp_path).append(record("a", 0))
    kept = json.loads((tmp_path / HISTORY_FILE).read_text())
    assert kept[:3] == old and len(kept) == 4


def test_what_another_run_has_added_meanwhile_is_kept(tmp_path: Path) -> None:
    one, two = PerformanceHistory(tmp_path), PerformanceHistory(tmp_path)
    one.append(record("a", 0))
    two.append(record("b", 0))
    one.append(record("a", 1))
    assert steps_in(tmp_path) == [("a", 0), ("b", 0), ("a", 1)]


def test_a_file_that_was_spoilt_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    history = PerformanceHistory(tmp_path)
    history.append(record("a", 0))
    (tmp_path / HISTORY_FILE).write_text("notes of mine")
    with pytest.raises(UserError, match="move it away"):
        history.append(record("a", 1))
    assert (tmp_path / HISTORY_FILE).read_text() == "notes of mine"


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", "null", "\xff", "notes of mine"])
def test_a_foreign_file_is_refused_and_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / HISTORY_FILE
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match="move it away"):
        PerformanceHistory(tmp_path)
    assert path.read_bytes() == content.encode("latin-1")


def write(folder: Path, run: str, count: int) -> None:
    history = PerformanceHistory(folder)
    first = len(history.records)
    for step in range(first, first + count):
        history.append(record(run, step))


def start_writer(folder: Path, run: str, count: int) -> ForkProcess:
    # forked, not started anew: a second import of torch takes longer than all these tests
    writer = multiprocessing.get_context("fork").Process(target=write, args=(folder, run, count))
    writer.start()
    return writer


def test_it_is_valid_json_at_every_moment_and_after_every_kill(tmp_path: Path) -> None:
    path, rng, kept = tmp_path / HISTORY_FILE, random.Random(0), 0
    for _ in range(4):
        writer = start_writer(tmp_path, "r", 10**9)
        end = time.monotonic() + rng.uniform(0.1, 0.6)
        while time.monotonic() < end or not path.exists() or len(steps_in(tmp_path)) <= kept:
            if path.exists():
                json.loads(path.read_text())
        writer.kill()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        steps = [step for _, step in steps_in(tmp_path)]
        assert steps == list(range(len(steps))) and len(steps) > kept
        kept = len(steps)


def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path, run, 50) for run in ("a", "b")]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    written = steps_in(tmp_path)
    assert len(written) == 100
    for run in ("a", "b"):
        steps = [step for name, step in written if name == run]
        assert steps == list(range(steps[0], steps[0] + 50))
