"""Writes rendered clips: real, fake and switched ones, a document of each person, and labels.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common.formats.labels.files import LABELS_FILE
from common.runtime.errors import UserError
from facetrust.sample.clips.plan import BONA_FIDE, RATE, SWITCH, Take, labels_csv, plan_clips
from facetrust.sample.clips.studio import Studio
from facetrust.sample.clips.video_file import encoded_video
from facetrust.sample.folders import check_folder, finish_folder, is_complete, prepare_folder, write_file
from facetrust.sample.options import ClipOptions
from facetrust.sample.workers import run_jobs


@dataclass(frozen=True)
class ClipsSummary:
    """What write_clips did. synthetic and switched count clips; people have one recording each."""

    folder: Path
    clips: int
    people: int
    synthetic: int
    switched: int
    already_there: bool


def write_clips(
    folder: Path,
    options: ClipOptions,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    overwrite: bool = False,
) -> ClipsSummary:
    """Render clips into a folder; the bytes depend on the options only. As `write_sample` otherwise."""
    if options.clips < 1 or options.seed < 0:
        raise UserError(f"at least one clip and a seed of 0 or more, not {options.clips} and {options.seed}")
    takes = plan_clips(options)
    clips = [clip for take in takes for clip in take.clips]
    switched = sum(clip.kind == SWITCH for clip in clips)
    synthetic = sum(clip.kind not in (BONA_FIDE, SWITCH) for clip in clips)
    complete = is_complete(folder, options)
    summary = ClipsSummary(folder, len(clips), len(takes), synthetic, switched, complete)
    if complete:
        return summary
    check_folder(folder, options, overwrite)
    files = sorted([LABELS_FILE, *(take.document for take in takes), *(clip.path for clip in clips)])
    prepare_folder(folder, options, files)
    done = 0
    for count in run_jobs(_make, [(options.seed, take, folder) for take in takes], workers):
        done += count
        if progress is not None:
            progress(done, len(clips))
    write_file(folder / LABELS_FILE, labels_csv(takes))
    finish_folder(folder, options, files)
    return summary


def _make(seed: int, take: Take, folder: Path) -> Iterator[str]:
    """Film one person and write the files; yields the path of each clip below the folder."""
    studio = Studio(seed, take)
    write_file(folder / take.document, studio.document())
    for clip in take.clips:
        write_file(folder / clip.path, encoded_video(studio.frames(clip), RATE, studio.quality))
        yield clip.path
