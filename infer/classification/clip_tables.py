"""Tables of classified clips: a line for each track, and one for each face of a frame."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common.formats.csv_file import csv_line, write_csv
from infer.classification.faces import ClassifiedFaces, probabilities
from infer.classification.verdict import FACE_VERDICTS, face_verdicts, why


def write_tracks(path: Path, faces: ClassifiedFaces) -> None:
    """Write `video,face,frames,start,end,score,verdict,reason` atomically: when a face is seen, in seconds.

    Raises OSError when the file cannot be written.
    """
    write_csv(path, "video,face,frames,start,end,score,verdict,reason", _tracks(faces))


def write_frames(path: Path, faces: ClassifiedFaces) -> None:
    """Write `video,frame,seconds,face,score` atomically, clip by clip in order of frames.

    Raises OSError when the file cannot be written.
    """
    write_csv(path, "video,frame,seconds,face,score", _frames(faces))


def _tracks(faces: ClassifiedFaces) -> Iterator[str]:
    for row, clip in faces.clips.items():
        scores = probabilities(np.array([track.logit for track in clip.tracks]))
        codes = face_verdicts(scores, faces.point)
        for track, score, code in zip(clip.tracks, scores.tolist(), codes.tolist(), strict=True):
            yield csv_line(
                faces.path[row],
                str(track.number),
                str(len(track)),
                f"{track.seconds[0]:.3f}",
                f"{track.seconds[-1]:.3f}",
                f"{score:.6f}",
                FACE_VERDICTS[code].value,
                why(score, faces.point),
            )


def _frames(faces: ClassifiedFaces) -> Iterator[str]:
    for row, clip in faces.clips.items():
        number = np.concatenate([np.full(len(track), track.number) for track in clip.tracks])
        frame = np.concatenate([track.frame for track in clip.tracks])
        seconds = np.concatenate([track.seconds for track in clip.tracks])
        score = probabilities(np.concatenate([track.logits for track in clip.tracks]))
        for at in np.lexsort((number, frame)).tolist():
            yield csv_line(
                faces.path[row], str(frame[at]), f"{seconds[at]:.3f}", str(number[at]), f"{score[at]:.6f}"
            )
