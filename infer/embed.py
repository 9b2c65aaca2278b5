"""Embedding of a source to a file, as `infer embed` does it: photographs and videos, or crops of stage 1."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from align.crops.aligner import Rejection
from align.sources.find import Source, find_source
from align.sources.layouts import LayoutName
from align.sources.photograph import Photograph, is_clip, is_photograph, without_suffix
from align.sources.reading import Reading
from align.sources.selection import Selection
from common.formats.csv_file import csv_line, write_csv
from common.formats.shard_folder import is_shard_folder, open_folder, pseudo_label_notes
from common.formats.shards import decode_strings, open_shard, read_header
from common.models.other_crops import refuse_other_form
from common.runtime.errors import UserError
from infer.chunks import CHUNK
from infer.embed_clips import embed_clips
from infer.embed_request import AS_IT_IS, EmbedRequest
from infer.embeddings import embed_images
from infer.models.model import Model
from infer.output.embedding_file import EmbeddedRows, files_of, write_embeddings
from infer.output.embedding_maker import refuse_other_maker
from infer.pair_sets.pair_set import Image

BLOCK = 4096  # photographs aligned before the model runs; bounds memory

Progress = Callable[[int, int], None]


@dataclass
class _Told:
    """What the tables beside the embeddings say, filled as the blocks pass."""

    rejected: list[tuple[str, str]] = field(default_factory=list)  # path and reason
    frames: list[tuple[str, int, float]] = field(default_factory=list)  # path, frame, seconds


@dataclass(frozen=True)
class Embedded:
    """The outcome of embedding a source."""

    rows: int
    rejected: int
    file: Path
    rejects_file: Path
    frames_file: Path | None  # which frames of videos were averaged; None where there are no videos
    notes: list[str]  # what a person should know of the shards, or of the labels of photographs


def embed_source(
    source: Path,
    out: Path,
    model: Model,
    workers: int | None = None,
    progress: Progress = lambda done, total: None,
    asked: EmbedRequest = AS_IT_IS,
) -> Embedded:
    """Embed a photograph or video, every one of a folder or list, or every crop of shards; write `out`.

    The rows are in the order of the sorted paths, or in that of the shards. Photographs without a usable face
    are in `NAME_rejected.csv` beside `out`, `path,reason`. A video has one row, of its best frames, which
    `NAME_frames.csv` tells, `path,frame,seconds`. At one time the crops of 4096 photographs are in
    memory, and the paths of all.

    Args:
        source: what `align.sources.find.find_source` takes, one photograph, or a folder of shards of stage 1.
        out: `.h5` or `.npy`, see `write_embeddings`.
        model: what embeds them.
        workers: processes that align; by default one per core.
        progress: is called with images done and in all.
        asked: what else is asked for.

    Raises UserError when there is nothing to embed, no photograph is usable, shards are missing, their crops
    are not those the model takes, or `out` has another suffix, would overwrite the source, or is there with
    embeddings of another model.
    """
    rejects_file, frames_file = (out.with_name(f"{out.stem}_{end}.csv") for end in ("rejected", "frames"))
    folder = open_folder(source).require_whole(asked.allow_missing) if is_shard_folder(source) else None
    inputs = list(folder.shards) if folder else [source]
    written = {path.resolve() for path in (*files_of(out), rejects_file, frames_file)}
    if any(path.resolve() in written for path in inputs):
        raise UserError(f"--out {out} would overwrite what is to be embedded; name another file")
    if not asked.overwrite:
        refuse_other_maker(out, model)
    told, clips = _Told(), 0
    if folder:
        blocks = crop_blocks(inputs, count_crops(inputs, model), model, progress)
        notes = [*folder.notes, *pseudo_label_notes(inputs)]
    else:
        found = _find(source, asked)
        clips = found.clips
        blocks = _photograph_blocks(found, model, workers, progress, told)
        notes = [*found.taking.notes, *found.taking.left_over()]
    rows = write_embeddings(out, _with_rejects(blocks, told, rejects_file), model)
    if clips:
        lines = (csv_line(path, str(frame), f"{seconds:.3f}") for path, frame, seconds in told.frames)
        write_csv(frames_file, "path,frame,seconds", lines)
    return Embedded(rows, len(told.rejected), out, rejects_file, frames_file if clips else None, notes)


def _find(source: Path, asked: EmbedRequest) -> Source:
    """The photographs and videos of a source; one of them is a source of its own."""
    if source.is_file() and (is_photograph(source.name) or is_clip(source.name)):
        only = Photograph(source.name, without_suffix(source.name), False)
        return Source(source, source.parent, LayoutName.FLAT, [only])
    reading = Reading(allow_unlabelled=asked.allow_unlabelled)
    selection = Selection(follow_links=asked.follow_links)
    return find_source(source, selection=selection, reading=reading, clips=True)


def _with_rejects(blocks: Iterator[EmbeddedRows], told: _Told, rejects_file: Path) -> Iterator[EmbeddedRows]:
    """The blocks; at their end the rejects are written, and UserError is raised when there was no row."""
    rows = 0
    for block in blocks:
        rows += len(block)
        yield block
    write_csv(rejects_file, "path,reason", (csv_line(*entry) for entry in told.rejected))
    if not rows:
        raise UserError(f"there is no usable face in any of these images; the reasons are in {rejects_file}")


def _photograph_blocks(
    source: Source, model: Model, workers: int | None, progress: Progress, told: _Told
) -> Iterator[EmbeddedRows]:
    total = len(source.photographs)
    for start in range(0, total, BLOCK):
        block = source.photographs[start : start + BLOCK]
        reasons = {row: entry.problem for row, entry in enumerate(block) if entry.problem is not None}
        vectors = np.zeros((len(block), model.card.embedding_size), np.float32)
        usable = [row for row in range(len(block)) if row not in reasons]
        stills = [row for row in usable if not block[row].is_clip]
        images: list[Image] = [source.root / block[row].path for row in stills]
        found = embed_images(images, model, workers=workers, progress=_after(start, total, progress))
        vectors[stills] = found.vectors
        reasons |= {stills[row]: reason for row, reason in found.rejected.items()}
        clips = {row: source.root / block[row].path for row in usable if block[row].is_clip}
        after = _after(start + len(block) - len(clips), total, progress)
        for row, clip in embed_clips(clips, model, workers, after):
            if isinstance(clip, Rejection):
                reasons[row] = clip.reason
            else:
                vectors[row] = clip.vector
                told.frames += [(block[row].path, *at) for at in clip.frames]
        told.rejected += sorted((block[row].path, reason) for row, reason in reasons.items())
        kept = [row for row in range(len(block)) if row not in reasons]
        yield EmbeddedRows(
            vectors[kept],
            [block[row].path for row in kept],
            [block[row].identity for row in kept],
            np.array([block[row].synthetic for row in kept], np.uint8),
        )
        progress(start + len(block), total)


def _after(start: int, total: int, progress: Progress) -> Progress:
    """The progress of a part that begins at `start`."""
    return lambda done, _: progress(start + done, total)


def count_crops(shards: list[Path], model: Model) -> int:
    """How many crops there are; raises UserError where they are not what the model takes."""
    count = 0
    for path in shards:
        with open_shard(path) as shard:
            header = read_header(shard)
            count += len(shard["images"])
        refuse_other_form(path, header, model.size, model.crops)
    return count


def crop_blocks(shards: list[Path], total: int, model: Model, progress: Progress) -> Iterator[EmbeddedRows]:
    """The crops of shards, embedded, some at a time; `total` is what `count_crops` gives."""
    done = 0
    for path in shards:
        with open_shard(path) as shard:
            for start in range(0, len(shard["images"]), CHUNK):
                rows = slice(start, start + CHUNK)
                vectors = model.embed(shard["images"][rows])
                yield EmbeddedRows(
                    vectors,
                    decode_strings(shard["path"][rows]),
                    decode_strings(shard["identity"][rows]),
                    shard["synthetic"][rows],
                )
                done += len(vectors)
                progress(done, total)
