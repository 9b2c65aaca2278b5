"""The folder of a reader of README.md: photographs, weights, a configuration; and how commands run there."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from common.models.backbones.registry import create_backbone
from common.models.weights.published import PUBLISHED

TIMEOUT = 300  # seconds; for a machine that does other things as well
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever the environment names
COMMIT = "0123456789abcdef0123456789abcdef01234567"
READY = "Ready:"


@dataclass(frozen=True)
class Workspace:
    """Runs commands one after another in the user's folder."""

    folder: Path
    environment: dict[str, str]
    preloaded: Any

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without a shell."""
        words = shlex.split(command)
        if words[0] == "python":
            own = words[2:] if words[1] == "-m" else words[1:]
            return self.preloaded.run(own, self.folder, self.environment, timeout=TIMEOUT)
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )

    def serve(self, command: str) -> subprocess.CompletedProcess[str]:
        """Start a service, ask for its /health, which must answer 200, and end it as Ctrl-C does."""
        process = self.preloaded.start(shlex.split(command)[2:], self.folder, self.environment)
        deadline = time.monotonic() + TIMEOUT
        try:
            while not (found := re.search(rf"{READY} (\S+).*\n", told := process.told())):
                assert process.poll() is None and time.monotonic() < deadline, told
                time.sleep(0.02)
            with DIRECTLY.open(f"{found[1]}/health", timeout=TIMEOUT) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, rest, errors)


@pytest.fixture(scope="package")
def workspace(
    tmp_path_factory: pytest.TempPathFactory,
    process_environment: dict[str, str],
    portraits: list[NDArray],
    save_jpeg: Callable[[Path, NDArray], Path],
    repository: Path,
    start_preloaded: Callable[..., Any],
) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("user")
    save_jpeg(folder / "anna.jpg", portraits[0])
    save_jpeg(folder / "somebody.jpg", portraits[1])
    torch.save(_random_weights("mobilefacenet"), folder / "mobilefacenet.pt")
    (folder / "my.toml").write_text('backbone = "ir_lite"\n[augment]\nblur = 0.2\n')
    (folder / "benchmarks").symlink_to(repository / "benchmarks")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{process_environment['PATH']}"
    environment = process_environment | {
        "PATH": programs,
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",  # the networks are small; threads would wait for each other
        "CUDA_VISIBLE_DEVICES": "",  # the same run everywhere
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_CACHE": str(_hub_cache(tmp_path_factory.mktemp("hub"))),
    }
    preloaded = start_preloaded(environment, tmp_path_factory.mktemp("preloaded"))
    yield Workspace(folder, environment, preloaded)
    preloaded.close()


def _random_weights(backbone: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return create_backbone(backbone).state_dict()


def _hub_cache(folder: Path) -> Path:
    """The hub's cache as its library lays it out: all published weights, but of a light network."""
    save_file(_random_weights("ir_lite"), folder / "weights")
    for known in PUBLISHED.values():
        repository = folder / f"models--{known.repository.replace('/', '--')}"
        file = repository / "snapshots" / COMMIT / known.file
        file.parent.mkdir(parents=True)
        file.symlink_to(folder / "weights")
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(COMMIT)
    return folder
