"""torch.compile of the encoders, each in a process of its own, which is ended where it takes too long."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from benchmarks.training.gpu import ready_figures
from benchmarks.training.ready import ReadyTensor

SECONDS = {"ir_50": 90, "ir_101": 120}  # that a network may take
STEPS, TINY_STEPS = 20, 1
ROOT = Path(__file__).resolve().parents[2]


def compilation(setting: Setting) -> Iterator[Finding]:
    """Seconds until it runs, then images a second and memory."""
    limits = {"ir_lite": 120} if setting.tiny else SECONDS
    for backbone, limit in limits.items():
        seconds = max(1, round(min(limit, setting.ends - time.monotonic())))
        what = f"{backbone}, batch {setting.batch}, compiled"
        words = [backbone, str(setting.batch), "tiny" if setting.tiny else "cuda"]
        program = [sys.executable, "-m", "benchmarks.gpu.compilation", *words]
        try:
            done = subprocess.run(
                program, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            yield Finding(what, f"not done in {seconds} s", "runs", False)
            continue
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no word"]
            yield Finding(what, f"status {done.returncode}: {lines[-1]}", "runs", False)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        told = "{images:,.0f} images/s, {memory:.1f} GB, {first_steps:.0f} s to begin".format(**found)
        yield Finding(what, told, "runs", True)


def _main(backbone: str, size: str, kind: str) -> None:
    setting = Setting(kind == "tiny", Path(), Path())
    compiler = "eager" if setting.tiny else "inductor"  # which on a CPU takes a C++ compiler and minutes

    def make() -> ReadyTensor:
        fabric = setting.fabric("auto")
        return ReadyTensor(fabric, backbone, int(size), own_modules=True, compiler=compiler)

    steps = TINY_STEPS if setting.tiny else STEPS
    figures = ready_figures("compiled", make, backbone, int(size), steps)
    sys.stdout.write(json.dumps(asdict(figures)) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
