"""The unit of work of stage 1: a slice of the photographs becomes one shard."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from align.crops.aligner import AlignedFace, Rejection, aligner_of_process
from align.crops.options import AlignOptions
from align.sources.photograph import Photograph
from common.formats.groups import group_text
from common.formats.shards import OriginColumns, ShardHeader, ShardRows, write_shard


@dataclass(frozen=True)
class ShardJob:
    """What a worker needs to make one shard."""

    root: Path  # of the photographs' paths
    photographs: tuple[Photograph, ...]
    destination: Path
    options: AlignOptions = AlignOptions()


@dataclass(frozen=True)
class ShardResult:
    """A shard that is on the disk."""

    rows: int
    rejected: tuple[tuple[str, str], ...]  # path and reason
    sha256: str


def align_shard(job: ShardJob) -> ShardResult:
    """Align a job's photographs in order and write the shard; same input, same bytes."""
    aligner = aligner_of_process(job.options)
    usable = [photograph for photograph in job.photographs if _problem(photograph) is None]
    outcomes = aligner.align_all([job.root / photograph.path for photograph in usable])
    kept: list[tuple[Photograph, AlignedFace]] = []
    rejected: list[tuple[str, str]] = []
    for photograph in job.photographs:
        problem = _problem(photograph)
        outcome = next(outcomes) if problem is None else Rejection(problem)
        if isinstance(outcome, Rejection):
            rejected.append((_printable(photograph.path), outcome.reason))
        else:
            kept += zip(_one_a_face(photograph, len(outcome)), outcome, strict=True)
    header = ShardHeader(
        aligner.detector.name if aligner.detector else "none",
        aligner.detector.sha256 if aligner.detector else "",
        aligner.options.template.value,
        aligner.options.size,
        aligner.options.margin,
    )
    sha256 = write_shard(job.destination, header, _rows(kept, aligner.options.size))
    return ShardResult(len(kept), tuple(rejected), sha256)


def _one_a_face(photograph: Photograph, faces: int) -> list[Photograph]:
    """Only the most prominent face can be the person's; the others are identities of their own."""
    strangers = (replace(photograph, identity=f"{photograph.path}#{face}") for face in range(1, faces))
    return [photograph, *strangers]


def _problem(photograph: Photograph) -> str | None:
    """Why a photograph cannot be used, where that is known before it is opened."""
    if _printable(photograph.path) != photograph.path:
        return "the file name is not UTF-8"
    return photograph.problem


def _printable(path: str) -> str:
    """The path itself, or, where it is not UTF-8 on the disk, with the odd bytes escaped."""
    return path.encode("utf-8", "backslashreplace").decode()


def _rows(kept: list[tuple[Photograph, AlignedFace]], size: int) -> ShardRows:
    faces = [face for _, face in kept]
    return ShardRows(
        images=np.array([face.image for face in faces], np.uint8).reshape(-1, size, size, 3),
        identity=[photograph.identity for photograph, _ in kept],
        synthetic=np.array([photograph.synthetic for photograph, _ in kept], np.uint8),
        path=[photograph.path for photograph, _ in kept],
        landmarks=np.array([face.detection.landmarks for face in faces], np.float32).reshape(-1, 5, 2),
        box=np.array([face.detection.box for face in faces], np.float32).reshape(-1, 4),
        score=np.array([face.detection.score for face in faces], np.float32),
        alignment=np.array([face.alignment for face in faces], np.uint8),
        origins=_origins([photograph for photograph, _ in kept]),
        pseudo=np.array([photograph.pseudo for photograph, _ in kept], np.uint8),
    )


def _origins(photographs: list[Photograph]) -> OriginColumns | None:
    groups = [group_text(photograph.groups) for photograph in photographs]
    species = [photograph.species for photograph in photographs]
    return OriginColumns(groups, species) if any(groups) or any(species) else None
