"""Sequences of evenly spaced frames of a track, which a head over time sees, and its logits for tracks."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.models.classifier import Classifier
from common.models.view_names import DEFAULT_VIEWS

CROPS_AT_ONCE = 64


def interleaved(frames: int, steps: int) -> list[NDArray[np.int64]]:
    """Positions among the frames of a track that are sequences of at most `steps`, evenly spaced in time.

    Each frame is in one of them: of 32 frames and 16 steps they are the even and the odd ones.
    """
    count = -(-frames // steps)
    return [np.arange(first, frames, count) for first in range(count)]


def padded(sequences: Sequence[NDArray[np.int64]], steps: int) -> NDArray[np.int64]:
    """Sequences of at most `steps` positions as (B, steps), filled up with -1."""
    places = np.full((len(sequences), steps), -1, np.int64)
    for row, sequence in zip(places, sequences, strict=True):
        row[: len(sequence)] = sequence
    return places


def mean_of_steps(logits: Tensor, places: Tensor) -> Tensor:
    """The logits of sequences (B,), of those of their steps and which of these are there, (B, T) both."""
    return logits.sum(1) / (places >= 0).sum(1)


def step_logits(
    classifier: Classifier,
    read: Callable[[NDArray[np.int64]], Tensor],
    lengths: Sequence[int],
    steps: int,
    views: Sequence[str] = DEFAULT_VIEWS,
) -> NDArray[np.float64]:
    """The logit of each frame in the light of its sequence, (N,), not calibrated; a track's is their mean.

    Args:
        classifier: with a head that is learnt on sequences, in eval mode.
        read: gives the crops at places, as `Classifier.forward` takes them; the N crops lie track by track,
            in order of time.
        lengths: of the tracks; their sum is N.
        steps: most frames of a sequence.
        views: that logits are averaged over beside the crop as it is.
    """
    found = np.empty(sum(lengths))
    for sequences in _batches(lengths, steps):
        used = np.concatenate(sequences)
        ends = np.cumsum([len(each) for each in sequences])[:-1]
        table = padded(np.split(np.arange(len(used)), ends), steps)
        crops = read(used)
        logits = classifier.score(crops, views, torch.from_numpy(table).to(crops.device))
        found[used] = logits.cpu().numpy()[table >= 0]
    return found


def _batches(lengths: Sequence[int], steps: int) -> Iterator[list[NDArray[np.int64]]]:
    """The sequences of tracks that lie one after another, as many at a time as `CROPS_AT_ONCE` allows."""
    batch: list[NDArray[np.int64]] = []
    start = 0
    for length in lengths:
        for sequence in interleaved(length, steps):
            if batch and sum(map(len, batch)) + len(sequence) > CROPS_AT_ONCE:
                yield batch
                batch = []
            batch.append(start + sequence)
        start += length
    if batch:
        yield batch
