"""How long an epoch will take, measured on a throw-away copy before it starts."""

import copy
import time

import torch
from lightning_fabric import Fabric

from common.encoder import Encoder

FIRST_CROPS, CROPS = 4, 32
SLOW = 1.0  # seconds; a backbone whose first few crops take longer is not asked for more


def seconds_per_crop(encoder: Encoder, fabric: Fabric) -> float:
    """Seconds for one crop forward and backward on the encoder's device, in the precision of the run.

    The encoder itself and torch's random state are left as they were.
    """
    probe = copy.deepcopy(encoder).train()
    with torch.random.fork_rng(devices=[]):
        first = _seconds(probe, FIRST_CROPS, fabric)
        if first > SLOW:
            return first / FIRST_CROPS
        _seconds(probe, CROPS, fabric)  # the first pass of a shape prepares kernels and memory
        return min(_seconds(probe, CROPS, fabric) for _ in range(2)) / CROPS


def _seconds(probe: Encoder, count: int, fabric: Fabric) -> float:
    device = next(probe.parameters()).device
    size = probe.input_format.size
    # not zeros: batch statistics of a constant lead into denormal numbers, which are slow
    noise = torch.Generator().manual_seed(0)
    crops = torch.randint(0, 256, (count, 3, size, size), generator=noise, dtype=torch.uint8).to(device)
    start = time.perf_counter()
    with fabric.autocast():
        total = probe(crops).sum()
    total.backward()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
