"""IR-101 as it is trained by default, and how fast the loader can feed it."""

import time
from collections.abc import Iterator

import torch

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from benchmarks.training.gpu import BACKBONE, ready_figures
from benchmarks.training.ready import ReadyTensor
from common.runtime.worker_processes import available_cores
from train.data.loader import open_loader, settle_workers
from train.records.run_folder import new_run_folder
from train.tasks.registry import task_named

LEAST_SHARE = 0.15  # of the peak; reasoned, not measured
MOST_MEMORY = 36  # GB at batch 256: 120 MB an image, and weights
STEPS, TINY_STEPS = 20, 1
WORKERS = (2, 8)


def speed(setting: Setting) -> Iterator[Finding]:
    """Images a second of an eager step, its memory and launches, then of the loader alone."""
    backbone, steps = ("ir_lite", TINY_STEPS) if setting.tiny else (BACKBONE, STEPS)
    made: list[ReadyTensor] = []

    def make() -> ReadyTensor:
        made.append(ReadyTensor(setting.fabric("auto"), backbone, setting.batch, own_modules=True))
        return made[0]

    found = ready_figures("eager", make, backbone, setting.batch, steps)
    where = f"{backbone}, batch {setting.batch}, eager"
    yield Finding(f"{where}: images/s", f"{found.images:,.0f}")
    if not setting.tiny:
        share = found.share_of_peak
        told = "its peak is not known" if share is None else f"{share:.1%}"
        yield Finding(
            "of the peak",
            told,
            f"at least {LEAST_SHARE:.0%}",
            None if share is None else share >= LEAST_SHARE,
        )
        memory = f"{found.memory:.1f} GB"
        yield Finding("memory at most", memory, f"at most {MOST_MEMORY} GB", found.memory <= MOST_MEMORY)
        yield Finding("kernels launched a step", f"{_launches(made.pop()):,}")
    made.clear()
    yield from _loader(setting, found.images)


def _launches(ready: ReadyTensor) -> int:
    kinds = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=kinds) as profile:
        ready.seconds(1)
    events = profile.key_averages()
    return sum(
        event.count for event in events if event.key.startswith(("cudaLaunchKernel", "cuLaunchKernel"))
    )


def _loader(setting: Setting, wanted: float) -> Iterator[Finding]:
    fabric = setting.fabric("auto")
    size = max(8, setting.batch // 4)  # smaller ones, of which a pass has more
    config = setting.config("loader", "ir_lite", 1, **{"batch.size": size})
    task = task_named(config.task)(config, new_run_folder(config), fabric)
    task.batches.rank_share = (0, 1)
    taken = settle_workers(None, fabric.device, 1)
    for workers in (1,) if setting.tiny else sorted({*WORKERS, taken, min(available_cores(), 16)}):
        batches = iter(open_loader(task.dataset, task.batches, workers, fabric.device))
        for _ in range(2 * workers):  # they are read ahead while processes start
            next(batches)
        began, count = time.perf_counter(), sum(1 for _ in batches)
        rate = count * size / (time.perf_counter() - began)
        del batches  # and its processes
        is_default = workers == taken
        yield Finding(
            f"crops/s of the loader, {workers} workers{' (the default)' if is_default else ''}",
            f"{rate:,.0f}",
            "as many as the network takes" if is_default else "",
            rate >= wanted if is_default else None,
        )
