"""What a folder of shards holds, in numbers."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from align.crops.reasons import group_reasons
from common.formats.crop_frame import Template
from common.formats.shard_folder import only_header, open_folder
from common.formats.shards import (
    Alignment,
    ShardHeader,
    clip_columns,
    decode_strings,
    forgery_columns,
    open_shard,
    pseudo_labelled,
    read_header,
)

SCORE_BINS = 20
ALIGNMENTS = {
    Alignment.LANDMARKS: "aligned by landmarks",
    Alignment.CENTRE: "middle of a photograph without a face",
    Alignment.AS_GIVEN: "taken as they were",
    Alignment.TRUNCATED: "aligned by landmarks, of files that lack their end",
}
IN_BOXES = ("aligned by landmarks", "cut by the box of a face")  # in the words above


@dataclass(frozen=True)
class ShardInfo:
    """A summary of the crops of a folder."""

    header: ShardHeader  # of every shard
    shards: int
    crops: int
    people: int
    synthetic: int
    pseudo: int  # whose flag is the guess of models
    methods: Counter[str]  # how crops were made from others: count; empty for photographs as they were taken
    alignment: dict[str, int]  # how crops were taken: count
    photos_per_person: tuple[int, float, int]  # least, median, most
    score_histogram: list[int]  # crops by detection score, in SCORE_BINS equal parts of 0 to 1
    rejected: Counter[str] | None  # reason: photographs; None without a manifest
    clips: int  # with a crop at least
    tracks: int  # of these together
    frames: int  # of all clips, that were looked at; 0 without a manifest
    faceless: int  # of these, without a face
    taken: dict[str, Any]  # what the photographs were taken for; empty where it is not recorded
    notes: list[str]  # what the manifest lists and is not there, and the like


def summarise(folder: Path) -> ShardInfo:
    """Read the labels of all shards of a folder. Raises UserError when there are none or one is damaged."""
    counts: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    alignment = np.zeros(len(ALIGNMENTS), np.int64)
    histogram = np.zeros(SCORE_BINS, np.int64)
    synthetic = pseudo = 0
    headers = set()
    tracks: set[tuple[str, int]] = set()
    found = open_folder(folder)
    for path in found.shards:
        with open_shard(path) as shard:
            headers.add(read_header(shard))
            counts.update(decode_strings(shard["identity"][:]))
            made = forgery_columns(shard)
            methods.update(made.method if made else ())
            if (places := clip_columns(shard)) is not None:
                tracks.update(zip(places.clip, places.track.tolist(), strict=True))
            synthetic += int((shard["synthetic"][:] != 0).sum())
            pseudo += int(pseudo_labelled(shard).sum())
            alignment += np.bincount(shard["alignment"][:], minlength=len(ALIGNMENTS))[: len(ALIGNMENTS)]
            scores = shard["score"][:]
            histogram += np.histogram(scores[np.isfinite(scores)], SCORE_BINS, (0, 1))[0]
    per_person = sorted(counts.values()) or [0]
    header = only_header(headers, folder)
    tracks = {(clip, track) for clip, track in tracks if clip}
    entries = list(found.manifest.entries.values()) if found.manifest else []
    return ShardInfo(
        header,
        len(found.shards),
        counts.total(),
        len(counts),
        synthetic,
        pseudo,
        methods,
        {
            name.replace(*IN_BOXES) if header.template == Template.BOX else name: int(count)
            for (kind, name), count in zip(ALIGNMENTS.items(), alignment, strict=True)
            if count or kind is not Alignment.TRUNCATED
        },
        (per_person[0], float(np.median(per_person)), per_person[-1]),
        histogram.tolist(),
        group_reasons(entries) if found.manifest else None,
        len({clip for clip, _ in tracks}),
        len(tracks),
        sum(entry.frames for entry in entries),
        sum(entry.faceless for entry in entries),
        found.manifest.header.taken if found.manifest else {},
        found.notes,
    )
