"""How long an epoch will take, measured on a throw-away copy before it starts."""

import copy
import time

import torch

from common.encoder import Encoder

PROBE_CROPS = 8


def seconds_per_crop(encoder: Encoder) -> float:
    """Seconds for one crop forward and backward on the encoder's device, measured on a small batch.

    The encoder itself and torch's random state are left as they were.
    """
    probe = copy.deepcopy(encoder).train()
    device = next(probe.parameters()).device
    crops = torch.zeros(PROBE_CROPS, 3, encoder.input_format.size, encoder.input_format.size, device=device)
    with torch.random.fork_rng(devices=[]):
        probe(crops).sum().backward()  # the first pass allocates and is not counted
        start = time.perf_counter()
        probe(crops).sum().backward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return (time.perf_counter() - start) / PROBE_CROPS
