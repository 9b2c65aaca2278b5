"""The unit of work of forging: the bona fide crops of one shard become one shard of forgeries."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from align.forge.crops import CropRecord, SourceCrops, crops_of_process
from align.forge.options import ForgeOptions
from align.shards.job import ShardResult
from common.forge.chance import Chance
from common.forge.crop_forger import CropForger
from common.forge.face import Image
from common.forge.forger import Forger
from common.forge.post_processing import post_processed
from common.formats.groups import group_names, group_text
from common.formats.shards import ClipColumns, ForgeryColumns, OriginColumns, ShardRows, write_shard

POST_PROCESSING = "post-processing"  # the method of a bona fide crop that went the way of a forgery
NO_LANDMARKS = "no landmarks to forge by"
PSEUDO = "that it is bona fide is the guess of models"

# beside the draws of the method itself, whose attempts are counted from 1
_FORGERY_AFTERWARDS, _BONA_FIDE_AFTERWARDS = 1001, 1002


@dataclass(frozen=True)
class ForgeJob:
    """What a worker needs to make one shard of forgeries."""

    folder: Path  # of the bona fide shards
    digest: str  # of all of them
    shard: int  # its place among them
    destination: Path
    options: ForgeOptions


@dataclass(frozen=True)
class ForgedRow:
    """A row of a shard of forgeries."""

    image: Image
    synthetic: int
    path: str
    shown: CropRecord
    photograph: CropRecord  # that the face lies in: another's, where it was put there
    method: str
    parameters: dict[str, Any]
    turn: int  # which of the forgeries of its photograph

    @property
    def clip(self) -> str:
        """The clip that it belongs to with the others of its turn; "" where the photograph is of none."""
        kind = "forged" if self.synthetic else POST_PROCESSING
        return f"{self.shown.clip}#{kind}-{self.turn}" if self.shown.clip else ""

    @property
    def sources(self) -> list[dict[str, str]]:
        """Whom it shows, then the photograph it was put into."""
        one = self.photograph is self.shown
        return [self.shown.source] if one else [self.shown.source, self.photograph.source]


def forge_shard(job: ForgeJob) -> ShardResult:
    """Forge the bona fide crops of a job's shard in order; same crops, options and seed, same bytes."""
    crops = crops_of_process(job.folder, job.digest)
    forger = CropForger(
        Forger(job.options.methods), crops.landmarks, crops.identities, crops.usable, crops.image
    )
    made: list[ForgedRow] = []
    rejected: list[tuple[str, str]] = []
    numbers: Counter[str] = Counter()  # several faces of one photograph have its path
    for row in crops.rows(job.shard):
        if not crops.bona_fide[row]:
            continue
        path = crops.record(row).path
        if crops.pseudo[row] or not forger.can_forge(row):
            rejected.append((path, PSEUDO if crops.pseudo[row] else NO_LANDMARKS))
            continue
        for turn in range(job.options.per_image):
            made += _forged(crops, forger, (row, turn, numbers[path]), job.options)
            numbers[path] += 1
    sha256 = write_shard(job.destination, crops.header, _rows(made, crops.header.size))
    return ShardResult(len(made), tuple(rejected), sha256)


def forgery_seed(seed: int, row: int, turn: int) -> int:
    """The seed of a forgery, 32 bits: from the seed of the run, the row of the crop, and the turn."""
    return int(np.random.SeedSequence([seed, row, turn]).generate_state(1)[0])


def _forged(
    crops: SourceCrops, forger: CropForger, place: tuple[int, int, int], options: ForgeOptions
) -> Iterator[ForgedRow]:
    """One forgery, and after it, if it is post-processed, a bona fide crop that is as well.

    Args:
        place: row, which of the row's forgeries it is, and which of its path's.
    """
    row, turn, number = place
    seed = forgery_seed(options.seed, row, turn)
    shown = crops.record(row)
    found = forger.forge(row, seed)
    image, method = found.forgery.image, found.forgery.method
    parameters: dict[str, Any] = {"seed": seed, "drawn": found.forgery.parameters}
    afterwards = Chance([seed, _FORGERY_AFTERWARDS])
    also_post_processed = afterwards.happens("post_processed", options.post_process)
    if also_post_processed:
        image = post_processed(image, afterwards)
        parameters["post_processing"] = afterwards.drawn
    photograph = shown if found.partner is None else crops.record(found.partner)
    yield ForgedRow(image, 1, f"{shown.path}#{method}-{number}", shown, photograph, method, parameters, turn)
    if also_post_processed:
        chance = Chance([seed, _BONA_FIDE_AFTERWARDS])
        image = post_processed(crops.image(row), chance)
        parameters = {"seed": seed, "post_processing": chance.drawn}
        path = f"{shown.path}#{POST_PROCESSING}-{number}"
        yield ForgedRow(image, 0, path, shown, shown, POST_PROCESSING, parameters, turn)


def _clip_by_clip(made: list[ForgedRow]) -> list[ForgedRow]:
    """The rows, those of one clip as neighbours, in the place of its first one."""
    first: dict[str, int] = {}
    places = [first.setdefault(row.clip, place) if row.clip else place for place, row in enumerate(made)]
    return [made[at] for at in sorted(range(len(made)), key=places.__getitem__)]


def _clips_of(made: list[ForgedRow]) -> ClipColumns | None:
    if not any(row.clip for row in made):
        return None
    return ClipColumns(
        [row.clip for row in made],
        np.array([row.shown.frame for row in made], np.int32),
        np.array([row.shown.seconds for row in made], np.float64),
        np.array([row.shown.track for row in made], np.int32),
    )


def _rows(made: list[ForgedRow], size: int) -> ShardRows:
    made = _clip_by_clip(made)
    photographs = [row.photograph for row in made]
    groups = [
        group_text([*group_names(row.shown.groups), *group_names(row.photograph.groups)]) for row in made
    ]
    return ShardRows(
        images=np.array([row.image for row in made], np.uint8).reshape(-1, size, size, 3),
        identity=[row.shown.identity for row in made],
        synthetic=np.array([row.synthetic for row in made], np.uint8),
        path=[row.path for row in made],
        landmarks=np.array([crop.landmarks for crop in photographs], np.float32).reshape(-1, 5, 2),
        box=np.array([crop.box for crop in photographs], np.float32).reshape(-1, 4),
        score=np.array([crop.score for crop in photographs], np.float32),
        alignment=np.array([crop.alignment for crop in photographs], np.uint8),
        forged=ForgeryColumns(
            [row.method for row in made],
            [_json(row.parameters) for row in made],
            [_json(row.sources) for row in made],
        ),
        origins=OriginColumns(groups, [""] * len(made)) if any(groups) else None,
        clips=_clips_of(made),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
