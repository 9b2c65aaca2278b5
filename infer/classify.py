"""Classification of single faces, as `infer classify` does it: scores, verdicts, figures, picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.runtime.errors import ParameterError
from infer.classification.ensemble import Ensemble
from infer.classification.faces import ClassifiedFaces, classified
from infer.classification.request import AS_IT_IS, ClassifyRequest, FaceTableFormat
from infer.classification.score import score_images
from infer.classification.source import ImagesToClassify, images_of, refuse_other_frames
from infer.classification.table import submission_ids, write_faces
from infer.output.score_table import require_parquet


@dataclass(frozen=True)
class Classification:
    """The outcome of classifying a source, and the files that were written of it."""

    faces: ClassifiedFaces
    table_file: Path


def classify_source(
    source: Path,
    out: Path,
    ensemble: Ensemble,
    table: FaceTableFormat = FaceTableFormat.CSV,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    asked: ClassifyRequest = AS_IT_IS,
) -> Classification:
    """Classify a photograph, a folder or list of them, or shards; write the table to the folder `out`.

    NAME is that of the source. Raises UserError, before anything is computed, where a form of the table
    cannot hold the source, or a file would overwrite it; and as `images_of` and `score_images`.
    """
    images = images_of(source, asked)
    file = out / f"{images.name}{table.suffix}"
    _check_before(images, file, ensemble, table)
    faces = classify_images(images, ensemble, workers, progress)
    return Classification(faces, write_faces(out / images.name, faces, table))


def classify_images(
    images: ImagesToClassify,
    ensemble: Ensemble,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ClassifiedFaces:
    """The faces of images, and their verdicts. Raises UserError as `score_images`."""
    notes = refuse_other_frames(images, ensemble)
    scored = score_images(images.images, ensemble, images.problems, workers, progress)
    models = [str(member.file) for member in ensemble.members]
    return classified(images, scored, ensemble.point, models, notes)


def _check_before(images: ImagesToClassify, file: Path, ensemble: Ensemble, table: FaceTableFormat) -> None:
    """Raise UserError for what would otherwise be told after hours of work."""
    if file.resolve() == images.origin.resolve():
        raise ParameterError("{} would overwrite the list of photographs; name another {out}", file)
    if file.resolve() in {Path(name).resolve() for name in images.label_files}:
        raise ParameterError("labels were read from {}, which is to be written; name another {out}", file)
    if table is FaceTableFormat.PARQUET:
        require_parquet()
    if table.is_of_photographs and ensemble.takes_all_faces:
        raise ParameterError("{format} {} has one row for each photograph; leave out {face} all", table.value)
    if table is FaceTableFormat.SUBMISSION:
        submission_ids(images.paths)
