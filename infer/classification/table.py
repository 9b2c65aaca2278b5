"""Table of classified faces in the forms that `FaceTableFormat` names."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from common.formats.csv_file import csv_line, printable_utf8, write_csv
from common.formats.submission import submission_ids
from common.runtime.atomic import write_atomically
from infer.classification.faces import NO_FACE_NUMBER, ClassifiedFaces
from infer.classification.request import FaceTableFormat
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict
from infer.output.score_table import require_parquet


def write_faces(path: Path, faces: ClassifiedFaces, table: FaceTableFormat) -> Path:
    """Write the table atomically; returns the file: `path`, without suffix, with that of the format added.

    CSV and Parquet have `path,face,score,verdict,reason`, and `label` where any is known; the score is
    P(synthetic), and face and score are empty where there is no face; of a clip the face is the track that
    decides. In a prediction such a photograph has
    an empty `pred` and `value`, in a submission it counts as synthetic, as `submitted` says.

    Raises UserError as `submission_ids` and where pyarrow is not installed, OSError when the file cannot be
    written.
    """
    file = path.with_name(path.name + table.suffix)
    match table:
        case FaceTableFormat.CSV:
            label = ",label" if faces.has_labels else ""
            write_csv(file, f"path,face,score,verdict,reason{label}", _lines(faces))
        case FaceTableFormat.PARQUET:
            _write_parquet(file, faces)
        case FaceTableFormat.PREDICTION:
            write_csv(file, "filename,pred,value", _predictions(faces))
        case FaceTableFormat.SUBMISSION:
            rows = sorted(zip(submission_ids(faces.path), submitted(faces), strict=True))
            write_csv(file, "Id,target_feature", (csv_line(str(one), str(flag)) for one, flag in rows))
    return file


def submitted(faces: ClassifiedFaces) -> list[int]:
    """(F,) 1 for synthetic, 0 for bona fide, in a form that takes no other answer.

    By the threshold alone, also within the band without a verdict. Without a face it is 1: such a photograph
    was not shown to be bona fide.
    """
    called = np.isnan(faces.logit) | (faces.probability >= faces.point.threshold)
    return list(map(int, called))


def unanswered(faces: ClassifiedFaces) -> dict[FaceVerdict, int]:
    """How many faces `submitted` answers for that have no verdict of their own, by what they have."""
    answers = (FaceVerdict.BONA_FIDE, FaceVerdict.SYNTHETIC)
    return {verdict: count for verdict, count in faces.counts.items() if verdict not in answers}


def _lines(faces: ClassifiedFaces) -> Iterator[str]:
    labelled = faces.has_labels
    for row, (path, face, score, verdict, reason) in enumerate(_rows(faces)):
        cells = [path, "" if face is None else str(face), "" if score is None else f"{score:.6f}", verdict]
        label = int(faces.label[row])
        more = [("" if label == UNLABELLED else str(label))] if labelled else []
        yield csv_line(*cells, reason, *more)


def _rows(faces: ClassifiedFaces) -> Iterator[tuple[str, int | None, float | None, str, str]]:
    columns = zip(
        faces.path,
        faces.face.tolist(),
        faces.probability.tolist(),
        faces.verdict_codes.tolist(),
        faces.reasons(),
        strict=True,
    )
    for row, (path, face, score, code, reason) in enumerate(columns):
        there = face != NO_FACE_NUMBER
        which = faces.clips[row].track.number if row in faces.clips else face
        yield path, which if there else None, score if there else None, FACE_VERDICTS[code].value, reason


def _predictions(faces: ClassifiedFaces) -> Iterator[str]:
    rows = zip(faces.path, submitted(faces), faces.probability.tolist(), strict=True)
    for path, called, probability in rows:
        yield csv_line(path, *(["", ""] if np.isnan(probability) else [str(called), f"{probability:.6f}"]))


def _write_parquet(file: Path, faces: ClassifiedFaces) -> None:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    path, face, score, verdict, reason = (list(column) for column in zip(*_rows(faces), strict=True))
    labels: Sequence[int | None] = [None if label == UNLABELLED else label for label in faces.label.tolist()]
    columns = {
        "path": pyarrow.array([printable_utf8(text) for text in path], pyarrow.string()),
        "face": pyarrow.array(face, pyarrow.int32()),
        "score": pyarrow.array(score, pyarrow.float64()),
        "verdict": pyarrow.array(verdict, pyarrow.string()).dictionary_encode(),
        "reason": pyarrow.array([printable_utf8(text) for text in reason], pyarrow.string()),
    }
    if faces.has_labels:
        columns["label"] = pyarrow.array(labels, pyarrow.int8())
    table = pyarrow.table(columns)
    write_atomically(file, lambda temporary: parquet.write_table(table, temporary))
