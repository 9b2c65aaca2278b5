"""From image files to embeddings: every file is aligned and embedded once, however many pairs it is in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from align.aligner import AlignedFace, Rejection, align_photographs
from align.engines.local import run_in_processes
from common.encoder import Encoder
from common.errors import UserError

CHUNK = 64  # photographs aligned by one task and embedded in one batch


@dataclass(frozen=True)
class Embeddings:
    """What became of each image file."""

    vectors: dict[Path, NDArray[np.float32]]  # unit length
    rejected: dict[Path, str]  # reason


def embed_photographs(
    paths: Sequence[Path],
    encoder: Encoder,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Embeddings:
    """Align image files with the code of stage 1 and embed them, crop and mirror image averaged.

    Duplicate paths are read once. `progress(done, total)` counts files.
    Raises UserError when a worker dies or an embedding is not finite.
    """
    distinct = sorted(set(paths))
    chunks = [distinct[start : start + CHUNK] for start in range(0, len(distinct), CHUNK)]
    device = next(encoder.parameters()).device
    vectors: dict[Path, NDArray[np.float32]] = {}
    rejected: dict[Path, str] = {}
    done = 0
    for index, outcomes in run_in_processes(align_photographs, chunks, workers):
        faces = {
            path: outcome
            for path, outcome in zip(chunks[index], outcomes, strict=True)
            if isinstance(outcome, AlignedFace)
        }
        rejected.update(
            {
                path: outcome.reason
                for path, outcome in zip(chunks[index], outcomes, strict=True)
                if isinstance(outcome, Rejection)
            }
        )
        if faces:
            crops = np.stack([face.image for face in faces.values()]).transpose(0, 3, 1, 2)
            embedded = encoder.embed(torch.from_numpy(crops).to(device)).cpu().numpy()
            if not np.isfinite(embedded).all():
                raise UserError("the model gives embeddings that are not finite: its weights are damaged")
            vectors.update(zip(faces, embedded, strict=True))
        done += len(chunks[index])
        progress(done, len(distinct))
    return Embeddings(vectors, rejected)
