import os
import subprocess
import sys
from pathlib import Path

import pytest

from train.loggers.wandb import has_credentials

RUN = """
import sys
from pathlib import Path
from common.metrics import evaluate_pairs
from train.config import TrainConfig
from train.loggers.base import RunPlan, StepRecord, ValidationRecord
from train.loggers.wandb import WandbLogger
from train.tasks.verification.figures import COLUMNS, figures_of

folder = Path(sys.argv[1])
report = evaluate_pairs([0, 1, 2], [0.9, 0.1, 0.2])
logger = WandbLogger("faces", lambda note: print("note:", note))
config = TrainConfig().model_dump(mode="json")
logger.started(RunPlan(config, "run:a", folder, "cpu", "ir_lite", "data", {"crops": 10}, COLUMNS, 4))
logger.stepped(StepRecord(1, 1, 1e-4, 2.0, 8))
logger.validated(ValidationRecord("run:a", 1, 1, 1e-4, 2.0, 0, figures_of(report)))
logger.close(failed=False)
"""


@pytest.mark.slow
def test_without_a_key_it_logs_offline_and_asks_for_nothing(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    pytest.importorskip("wandb")
    (tmp_path / "run").mkdir()
    mine = {name: value for name, value in process_environment.items() if not name.startswith("WANDB_")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, tmp_path / "run"],
        env=mine
        | {"HOME": str(tmp_path), "NETRC": str(tmp_path / "none"), "WANDB_CONFIG_DIR": str(tmp_path)},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    (file,) = (tmp_path / "run" / "wandb").glob("offline-run-*/run-run_a.wandb")
    assert "logged offline" in line and line.endswith(f"upload it with: wandb sync {file.parent}")
    content = file.read_bytes()
    assert all(word in content for word in (b"train/loss", b"validation/eer", b"ir_lite", b"faces"))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("machine api.wandb.ai login user password k", True),
        ("machine other.host login user password k", False),
        ("default login user password k", False),
        ("machine", False),
        (b"\xff\xfe\x00".decode("latin-1"), False),
    ],
)
def test_a_key_is_looked_for_where_the_library_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, known: bool
) -> None:
    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert not has_credentials("https://api.wandb.ai")
    (tmp_path / "netrc").write_text(text, encoding="latin-1")
    assert has_credentials("https://api.wandb.ai") == known
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert has_credentials("https://api.wandb.ai")
