"""Classification of faces and clips, as `infer classify` does it: scores, verdicts, figures, pictures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from common.formats.submission import submission_ids
from common.models.temporal_names import Temporal
from common.runtime.errors import ParameterError
from infer.classification.clip_source import images_and_clips_of
from infer.classification.clip_tables import write_frames, write_tracks
from infer.classification.ensemble import Ensemble
from infer.classification.explained import explained_folder, require_explainable, write_explanations
from infer.classification.faces import ClassifiedFaces, classified
from infer.classification.figures import FaceFigures, figures_of, write_figures
from infer.classification.over_time import notes_on_stills, refuse_untaught
from infer.classification.picture import draw_faces
from infer.classification.request import (
    AS_IT_IS,
    CLIPS_AS_USUAL,
    ClassifyRequest,
    ClipRequest,
    FaceTableFormat,
)
from infer.classification.results_file import write_classified
from infer.classification.score import score_images
from infer.classification.score_clips import score_clips
from infer.classification.shown import hardest_faces, shown_faces
from infer.classification.source import ImagesToClassify, refuse_other_frames
from infer.classification.table import write_faces
from infer.classification.timeline import draw_timelines
from infer.output.score_table import require_parquet


@dataclass(frozen=True)
class ClipOutput:
    """What is written of the clips of a source."""

    tracks_file: Path
    frames_file: Path
    timeline_file: Path


@dataclass(frozen=True)
class Classification:
    """The outcome of classifying a source, and the files that were written of it."""

    faces: ClassifiedFaces
    figures: FaceFigures | None  # of the faces with a label, None without such
    table_file: Path
    results_file: Path
    figures_file: Path
    picture_file: Path
    explained: Path | None = None  # the folder of heat maps, where they were asked for
    clips: ClipOutput | None = None  # None where there are none


def classify_source(
    source: Path,
    out: Path,
    ensemble: Ensemble,
    table: FaceTableFormat = FaceTableFormat.CSV,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    asked: ClassifyRequest = AS_IT_IS,
    explain: int = 0,
    clips: ClipRequest = CLIPS_AS_USUAL,
) -> Classification:
    """Classify a photograph or clip, a folder or list of them, or shards.

    Writes the table, `NAME.h5`, which `read_classified` reads, `NAME.json`, the figures, and `NAME.png` to
    the folder `out`; NAME is that of the source. Heat maps of so many faces as `explain` says, at most
    `MOST_EXPLAINED`, go to its folder NAME_explained, see `write_explanations`. Of clips there are
    `NAME_tracks.csv`, `NAME_frames.csv` and `NAME_timeline.png` as well.

    Raises UserError, before anything is computed, where a form of the table cannot hold the source, or a file
    would overwrite what it is read from; and as `images_of`, `score_images` and `score_clips`.
    """
    images = images_and_clips_of(source, asked, clips.options)
    files, of_clips = _files(images, out, table), _files_of_clips(images, out)
    _check_place(images.origin, out, table)
    written = [*files.values(), *(vars(of_clips).values() if of_clips else ())]
    _check_before(images, written, ensemble, table)
    if explain:
        require_explainable(ensemble)
    faces = classify_images(images, ensemble, workers, progress, images.has_labels, clips.temporal)
    figures = figures_of(faces)
    shown = shown_faces(images, faces, hardest_faces(faces), ensemble)
    write_faces(out / images.name, faces, table)
    write_classified(files["results_file"], faces, shown)
    write_figures(files["figures_file"], faces, figures)
    draw_faces(files["picture_file"], faces, shown)
    if of_clips is not None:
        write_tracks(of_clips.tracks_file, faces)
        write_frames(of_clips.frames_file, faces)
        draw_timelines(of_clips.timeline_file, faces)
    explained = explained_folder(files["results_file"]) if explain else None
    if explained is not None:
        write_explanations(explained, images, faces, explain, ensemble)
    return Classification(faces, figures, **files, explained=explained, clips=of_clips)


def classify_images(
    images: ImagesToClassify,
    ensemble: Ensemble,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    measure: bool = False,
    temporal: Temporal | None = None,
) -> ClassifiedFaces:
    """The faces of images and clips, their verdicts, and their plain measures if wanted.

    Raises UserError as `score_images` and `score_clips`.
    """
    refuse_untaught(ensemble, temporal)
    notes = refuse_other_frames(images, ensemble)
    if images.has_labels and ensemble.takes_all_faces:
        notes.append("the label of a photograph counts for every face of it")
    kinds = {temporal or member.info.temporal for member in ensemble.members}
    if images.clips and kinds != {Temporal.MEAN}:
        notes.append(f"the score of a face over time is of --temporal {' and '.join(sorted(kinds))}")
    count, clips = len(images.images), len(images.clips)
    if count > clips:
        notes += notes_on_stills(ensemble.members)
    elsewhere = images.problems | dict.fromkeys(images.clips, "")
    scored = score_images(
        images.images, ensemble, elsewhere, workers, lambda done, _: progress(done - clips, count), measure
    )
    found = score_clips(
        images.clips,
        images.labels,
        ensemble,
        temporal,
        workers,
        lambda done: progress(count - clips + done, count),
        measure,
    )
    return classified(images, scored, ensemble, notes, found)


def _files(images: ImagesToClassify, out: Path, table: FaceTableFormat) -> dict[str, Path]:
    """What is written, by the name of the attribute of `Classification` that tells of it."""
    ends = {
        "table_file": table.suffix,
        "results_file": ".h5",
        "figures_file": ".json",
        "picture_file": ".png",
    }
    return {name: out / f"{images.name}{end}" for name, end in ends.items()}


def _files_of_clips(images: ImagesToClassify, out: Path) -> ClipOutput | None:
    if not images.clips:
        return None
    return ClipOutput(
        *(out / f"{images.name}{end}" for end in ("_tracks.csv", "_frames.csv", "_timeline.png"))
    )


def _check_place(source: Path, out: Path, table: FaceTableFormat) -> None:
    """Raise UserError where what is written would be read as photographs or labels of the source."""
    if not source.is_dir():
        return
    folder, place = source.resolve(), out.resolve()
    if place.is_relative_to(folder):
        raise ParameterError(
            "{out} {} lies in what is to be classified, where the picture and the table would be taken for "
            "photographs and labels; name another {out}",
            out,
        )
    if table is FaceTableFormat.SUBMISSION and folder.is_relative_to(place):
        raise ParameterError(
            "a submission in {out} {}, above the photographs, would be taken for their labels from then on; "
            "name another {out}",
            out,
        )


def _check_before(
    images: ImagesToClassify, files: Iterable[Path], ensemble: Ensemble, table: FaceTableFormat
) -> None:
    """Raise UserError for what would otherwise be told after hours of work."""
    read = {Path(name).resolve() for name in images.label_files}
    for file in files:
        if file.resolve() == images.origin.resolve():
            raise ParameterError("{} would overwrite what is to be classified; name another {out}", file)
        if file.resolve() in read:
            raise ParameterError("labels were read from {}, which is to be written; name another {out}", file)
    if table is FaceTableFormat.PARQUET:
        require_parquet()
    if table.is_of_photographs and ensemble.takes_all_faces:
        raise ParameterError("{format} {} has one row for each photograph; leave out {face} all", table.value)
    if table is FaceTableFormat.SUBMISSION:
        submission_ids(images.paths)
