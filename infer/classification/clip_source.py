"""Images and clips to classify: as `images_of`, with videos beside photographs, and clips of shards whole."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from align.tracks.options import USUAL_FRAMES, ClipOptions
from common.formats.shard_folder import is_shard_folder
from common.formats.shards import Alignment, clip_columns, open_shard
from infer.classification.clip_faces import Clip, StoredClip
from infer.classification.request import ClassifyRequest
from infer.classification.source import ImagesToClassify, images_of
from infer.stored_crops import ShardCrop


def images_and_clips_of(source: Path, asked: ClassifyRequest, options: ClipOptions) -> ImagesToClassify:
    """The photographs and clips of a source, or the crops of shards, where one of a clip stands for all.

    Raises UserError as `images_of`.
    """
    images = images_of(source, asked, options)
    if is_shard_folder(source):
        images = _joined(images)
    elif options == USUAL_FRAMES or images.clips:
        return images
    if options != USUAL_FRAMES:
        where = "in shards frames are chosen already" if images.clips else f"there are no clips in {source}"
        images.notes.append(f"--frames, --every and --all-frames say nothing here: {where}")
    return images


def _joined(images: ImagesToClassify) -> ImagesToClassify:
    """The images of shards, where the rows of each clip are one image, as the first of them."""
    kept: list[int] = []
    clips: dict[int, Clip] = {}
    problems: dict[int, str] = {}
    for rows, clip in _images_of_shards(images):
        if clip is not None:
            clips[len(kept)] = clip
        if clip is None or not len(clip.rows):
            problems |= {len(kept): images.problems[row] for row in rows[:1] if row in images.problems}
        kept.append(rows[0])
    if not clips:
        return images
    return replace(
        images,
        images=[images.images[row] for row in kept],
        paths=[images.paths[row] for row in kept],
        labels=images.labels[kept],
        groups=images.groups[kept],
        species=[images.species[row] for row in kept],
        problems=problems,
        clips={row: clip for row, clip in clips.items() if row not in problems},
    )


def _images_of_shards(images: ImagesToClassify) -> Iterator[tuple[list[int], StoredClip | None]]:
    """The rows of each image, in order: those of a clip together, all others one by one."""
    start = 0
    shards = dict.fromkeys(image.shard for image in images.images if isinstance(image, ShardCrop))
    for path in shards:
        with open_shard(path) as shard:
            columns, alignment = clip_columns(shard), shard["alignment"][:]
        own: dict[tuple[str, int], list[int]] = {}  # a clip's rows have one label
        for row in range(len(alignment)):
            name = columns.clip[row] if columns else ""
            own.setdefault((name, int(images.labels[start + row]) if name else row), []).append(row)
        for (name, _), rows in own.items():
            clip = None
            if name and columns is not None:
                places = np.array(rows)
                faces = places[alignment[places] != Alignment.CENTRE]
                clip = StoredClip(
                    path,
                    faces,
                    columns.frame[faces].astype(np.int64),
                    columns.seconds[faces],
                    columns.track[faces].astype(np.int64),
                    faceless=len(places) - len(faces),
                    truncated=bool((alignment[places] == Alignment.TRUNCATED).any()),
                )
            yield [start + row for row in rows], clip
        start += len(alignment)
