"""The unit of work of stage 1: a slice of the photographs becomes one shard."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from align.aligner import AlignedFace, Aligner, Rejection
from align.crop import CROP_SIZE, TEMPLATE_NAME
from align.sources import Photograph
from common.shards import ShardHeader, ShardRows, write_shard


@dataclass(frozen=True)
class ShardJob:
    """What a worker needs to make one shard."""

    root: Path  # of the photographs' paths
    photographs: tuple[Photograph, ...]
    destination: Path


@dataclass(frozen=True)
class ShardResult:
    """A shard that is on the disk."""

    rows: int
    rejected: tuple[tuple[str, str], ...]  # path and reason
    sha256: str


def align_shard(job: ShardJob) -> ShardResult:
    """Align a job's photographs in order and write the shard; same input, same bytes."""
    aligner = Aligner()
    kept: list[tuple[Photograph, AlignedFace]] = []
    rejected: list[tuple[str, str]] = []
    for photograph in job.photographs:
        name = _printable(photograph.path)
        outcome = (
            aligner.align(job.root / photograph.path)
            if name == photograph.path
            else Rejection("the file name is not UTF-8")
        )
        if isinstance(outcome, Rejection):
            rejected.append((name, outcome.reason))
        else:
            kept.append((photograph, outcome))
    header = ShardHeader(aligner.detector.name, aligner.detector.sha256, TEMPLATE_NAME, CROP_SIZE)
    write_shard(job.destination, header, _rows(kept))
    return ShardResult(len(kept), tuple(rejected), file_sha256(job.destination))


def _printable(path: str) -> str:
    """The path itself, or, where it is not UTF-8 on the disk, with the odd bytes escaped."""
    return path.encode("utf-8", "backslashreplace").decode()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(kept: list[tuple[Photograph, AlignedFace]]) -> ShardRows:
    faces = [face for _, face in kept]
    return ShardRows(
        images=np.array([face.image for face in faces], np.uint8).reshape(-1, CROP_SIZE, CROP_SIZE, 3),
        identity=[photograph.identity for photograph, _ in kept],
        synthetic=np.array([photograph.synthetic for photograph, _ in kept], np.uint8),
        path=[photograph.path for photograph, _ in kept],
        landmarks=np.array([face.detection.landmarks for face in faces], np.float32).reshape(-1, 5, 2),
        box=np.array([face.detection.box for face in faces], np.float32).reshape(-1, 4),
        score=np.array([face.detection.score for face in faces], np.float32),
    )
