"""The cost of `--keep`, which embeds every batch with the starting weights too."""

from collections.abc import Iterator

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from benchmarks.training.real_run import real_run

MOST = 1.5  # times a step without: a third of it is the forward pass, which comes once more
STEPS, TINY_STEPS = 20, 2


def keeping(setting: Setting) -> Iterator[Finding]:
    """Milliseconds a step with and without, of a real run."""
    backbone, steps = ("ir_lite", TINY_STEPS) if setting.tiny else ("ir_50", STEPS)
    took = []
    for keep in (0.0, 1.0):
        out = setting.work / f"keep{keep}"
        pace = real_run(
            setting.shards, out, backbone, setting.batch, steps, keep=keep, **setting.run_settings
        )
        took.append(setting.batch / pace.images)
    ratio = took[1] / took[0]
    told = f"{1000 * took[0]:.0f} ms, with --keep {1000 * took[1]:.0f} ms: {ratio:.2f} times"
    yield Finding(
        f"{backbone}: a step", told, f"at most {MOST} times", None if setting.tiny else ratio <= MOST
    )
