import json
import math
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.errors import UserError
from common.metrics import CategoryErrors, VerificationReport
from common.pairs import PairCategory
from train.history import HISTORY_FILE, PerformanceHistory

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
)
WRITER = """
import sys
from pathlib import Path
from common.metrics import evaluate_pairs
from common.pairs import PairCategory
from train.history import PerformanceHistory
history = PerformanceHistory(Path(sys.argv[1]))
report = evaluate_pairs(list(PairCategory), [0.9, 0.1, 0.2])
print("ready", flush=True)
step = len(history.records)
while True:
    history.append(run="r", epoch=1, step=step, learning_rate=0.1, loss=0.5, report=report)
    step += 1
"""


def test_records_add_up_over_runs_and_the_undefined_is_null(tmp_path: Path) -> None:
    fields = {"run": "a", "epoch": 0, "step": 0, "learning_rate": 1e-3}
    PerformanceHistory(tmp_path).append(**fields, loss=None, report=REPORT)
    PerformanceHistory(tmp_path).append(**fields | {"run": "b"}, loss=math.inf, report=REPORT)
    first, second = json.loads((tmp_path / HISTORY_FILE).read_text(), parse_constant=pytest.fail)
    assert first["loss"] is None and second["loss"] is None and second["run"] == "b"
    assert (first["eer"], first["threshold"], first["accuracy"]) == (0.125, 0.3, 0.9)
    assert first["errors"] == {
        "same_person": {"errors": 1, "total": 8, "rate": 0.125},
        "different_person": {"errors": 0, "total": 4, "rate": 0.0},
        "synthetic": {"errors": 0, "total": 0, "rate": None},
    }


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", "null", "\xff", "notes of mine"])
def test_a_foreign_file_is_refused_and_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / HISTORY_FILE
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match="move it away"):
        PerformanceHistory(tmp_path)
    assert path.read_bytes() == content.encode("latin-1")


def test_it_is_valid_json_at_every_moment_and_after_every_kill(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    path, rng, kept = tmp_path / HISTORY_FILE, random.Random(0), 0
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path],
            env=process_environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        end = time.monotonic() + rng.uniform(0.1, 0.6)
        while time.monotonic() < end or not path.exists():
            if path.exists():
                json.loads(path.read_text())
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
        writer.stdout.close()
        steps = [record["step"] for record in json.loads(path.read_text())]
        assert steps == list(range(len(steps))) and len(steps) > kept
        kept = len(steps)
