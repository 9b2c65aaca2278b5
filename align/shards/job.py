"""The unit of work of stage 1: a slice of the photographs and clips becomes one shard."""

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from align.crops.aligner import AlignedFace, Aligner, Rejection, aligner_of_process
from align.crops.options import AlignOptions
from align.sources.photograph import Photograph
from align.tracks.crop_spool import CropSpool
from align.tracks.options import USUAL_FRAMES, ClipOptions
from common.formats.groups import group_text
from common.formats.shards import ClipColumns, OriginColumns, ShardHeader, ShardRows, write_shard

if TYPE_CHECKING:  # it brings PyAV
    from align.tracks.clip import AlignedClip


@dataclass(frozen=True)
class ShardJob:
    """What a worker needs to make one shard."""

    root: Path  # of the photographs' paths
    photographs: tuple[Photograph, ...]  # and clips
    destination: Path
    options: AlignOptions = AlignOptions()
    clip_options: ClipOptions = USUAL_FRAMES


@dataclass(frozen=True)
class ShardResult:
    """A shard that is on the disk."""

    rows: int
    rejected: tuple[tuple[str, str], ...]  # path and reason
    sha256: str
    frames: int = 0  # of clips, that were looked at
    faceless: int = 0  # of these, without a face


class _Row(NamedTuple):
    photograph: Photograph
    face: AlignedFace
    frame: int = -1  # of a clip, as the others
    seconds: float = float("nan")
    track: int = -1


@dataclass
class _Kept:
    """What becomes rows, and what does not."""

    rows: list[_Row] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    frames: int = 0
    faceless: int = 0

    def add(self, photograph: Photograph, outcome: "list[AlignedFace] | AlignedClip | Rejection") -> None:
        if isinstance(outcome, Rejection):
            self.rejected.append((_printable(photograph.path), outcome.reason))
        elif isinstance(outcome, list):
            self.rows += map(_Row, _one_a_face(photograph, len(outcome)), outcome)
        else:
            self.rows += _rows_of_clip(photograph, outcome)
            self.frames += outcome.frames
            self.faceless += outcome.faceless


def align_shard(job: ShardJob) -> ShardResult:
    """Align a job's photographs and clips in order and write the shard; same input, same bytes."""
    aligner = aligner_of_process(job.options)
    usable = [photograph for photograph in job.photographs if _problem(photograph) is None]
    stills = [photograph.path for photograph in usable if not photograph.is_clip]
    outcomes = aligner.align_all([job.root / path for path in stills])
    kept = _Kept()
    clips = any(photograph.is_clip for photograph in usable)
    with CropSpool(job.destination.parent) if clips else nullcontext() as spool:
        for photograph in job.photographs:
            problem = _problem(photograph)
            if problem is not None:
                kept.add(photograph, Rejection(problem))
            elif photograph.is_clip:
                from align.tracks.clip import align_clip

                path = job.root / photograph.path
                kept.add(photograph, align_clip(aligner, path, job.clip_options, spool))
            else:
                kept.add(photograph, next(outcomes))
        return _written(job, aligner, kept, spool)


def _written(job: ShardJob, aligner: Aligner, kept: "_Kept", spool: CropSpool | None) -> ShardResult:
    header = ShardHeader(
        aligner.detector.name if aligner.detector else "none",
        aligner.detector.sha256 if aligner.detector else "",
        aligner.options.template.value,
        aligner.options.size,
        aligner.options.margin,
    )
    crops = (row.face.image for row in kept.rows)
    rows = _columns(kept.rows, aligner.options.size)
    sha256 = write_shard(job.destination, header, rows, spool.read(crops) if spool else crops)
    return ShardResult(len(kept.rows), tuple(kept.rejected), sha256, kept.frames, kept.faceless)


def _one_a_face(photograph: Photograph, faces: int) -> list[Photograph]:
    """Only the most prominent face can be the person's; the others are identities of their own."""
    return [photograph, *(_stranger(photograph, face) for face in range(1, faces))]


def _rows_of_clip(clip: Photograph, aligned: "AlignedClip") -> list[_Row]:
    """Only the main track can be the person's; a split must not cross what the clip shows."""
    clip = replace(clip, groups=(*clip.groups, clip.path))
    whose = {face.track: _stranger(clip, face.track) for face in aligned.faces} | {aligned.main: clip}
    return [
        _Row(whose[face.track], face.face, face.frame, face.seconds, face.track) for face in aligned.faces
    ]


def _stranger(photograph: Photograph, face: int) -> Photograph:
    return replace(photograph, identity=f"{photograph.path}#{face}")


def _problem(photograph: Photograph) -> str | None:
    """Why a photograph cannot be used, where that is known before it is opened."""
    if _printable(photograph.path) != photograph.path:
        return "the file name is not UTF-8"
    return photograph.problem


def _printable(path: str) -> str:
    """The path itself, or, where it is not UTF-8 on the disk, with the odd bytes escaped."""
    return path.encode("utf-8", "backslashreplace").decode()


def _columns(rows: list[_Row], size: int) -> ShardRows:
    photographs, faces = [row.photograph for row in rows], [row.face for row in rows]
    return ShardRows(
        images=np.empty((0, size, size, 3), np.uint8),  # they are written one by one
        identity=[photograph.identity for photograph in photographs],
        synthetic=np.array([photograph.synthetic for photograph in photographs], np.uint8),
        path=[photograph.path for photograph in photographs],
        landmarks=np.array([face.detection.landmarks for face in faces], np.float32).reshape(-1, 5, 2),
        box=np.array([face.detection.box for face in faces], np.float32).reshape(-1, 4),
        score=np.array([face.detection.score for face in faces], np.float32),
        alignment=np.array([face.alignment for face in faces], np.uint8),
        origins=_origins(photographs),
        pseudo=np.array([photograph.pseudo for photograph in photographs], np.uint8),
        clips=_clips(rows),
    )


def _origins(photographs: list[Photograph]) -> OriginColumns | None:
    groups = [group_text(photograph.groups) for photograph in photographs]
    species = [photograph.species for photograph in photographs]
    return OriginColumns(groups, species) if any(groups) or any(species) else None


def _clips(rows: list[_Row]) -> ClipColumns | None:
    if not any(row.photograph.is_clip for row in rows):
        return None
    return ClipColumns(
        [row.photograph.path if row.photograph.is_clip else "" for row in rows],
        np.array([row.frame for row in rows], np.int32),
        np.array([row.seconds for row in rows], np.float64),
        np.array([row.track for row in rows], np.int32),
    )
