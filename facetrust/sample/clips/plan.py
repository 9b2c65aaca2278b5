"""Which clips there are of whom, and when the face in them is not the person's own: no pixels."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common.forge.method_names import METHODS
from facetrust.sample.options import ClipOptions

RATE = 25  # frames a second
SHORTEST, LONGEST = 2 * RATE, 4 * RATE  # frames
BONA_FIDE, PER_FRAME, ONE_SEED, MIDDLE, SWITCH = "bona-fide", "per-frame", "one-seed", "middle", "switch"
_FOLDERS = {BONA_FIDE: "real", PER_FRAME: "fake", ONE_SEED: "fake", MIDDLE: "fake", SWITCH: "switched"}
KINDS = tuple(_FOLDERS)
DOCUMENT = "document"  # of the photographs, in the table
_COLUMNS = (
    "path",
    "identity",
    "synthetic",
    "species",
    "kind",
    "frames",
    "from_seconds",
    "to_seconds",
    "other",
)


@dataclass(frozen=True)
class Clip:
    """One video below the folder of clips.

    kind: one of KINDS; start, stop: the frames start ≤ n < stop show a forgery, or somebody else.
    """

    kind: str
    path: str
    start: int
    stop: int


@dataclass(frozen=True)
class Take:
    """All that is made of one recording of one person.

    name: the person's; document: path of a photograph of the person taken elsewhere; frames: of the
    recording and of each clip; method: of common.forge, for all its forgeries; other: name of somebody seen
    in this take alone, whose face a swap puts in and who a switch brings.
    """

    identity: int
    name: str
    document: str
    frames: int
    method: str
    other: str
    clips: tuple[Clip, ...]


def take_seed(seed: int, identity: int, what: int) -> np.random.SeedSequence:
    """The seed of one thing about a take.

    what: 0 the plan, 1 the document, 2 the movement, 3 + n the forgeries of the clip of KINDS[n].
    """
    return np.random.SeedSequence([seed, 6, identity, what])


def plan_clips(options: ClipOptions) -> list[Take]:
    """The takes: one for every five clips, each kind in turn."""
    takes = []
    for first in range(0, options.clips, len(KINDS)):
        identity = first // len(KINDS)
        rng = np.random.default_rng(take_seed(options.seed, identity, 0))
        frames = int(rng.integers(SHORTEST, LONGEST + 1))
        name = f"person_{identity:04d}"
        clips = tuple(
            Clip(kind, f"{_FOLDERS[kind]}/{name}/{kind}.mp4", *_changed(kind, frames, rng))
            for kind in KINDS[: options.clips - first]
        )
        method, other = METHODS[identity % len(METHODS)], f"stranger_{identity:04d}"
        takes.append(Take(identity, name, f"documents/{name}.jpg", frames, method, other, clips))
    return takes


def _changed(kind: str, frames: int, rng: np.random.Generator) -> tuple[int, int]:
    if kind in (PER_FRAME, ONE_SEED):
        return 0, frames
    if kind == SWITCH:
        return round(frames * rng.uniform(0.35, 0.65)), frames
    if kind == MIDDLE:
        start = round(frames * rng.uniform(0.25, 0.4))
        return start, start + round(frames * rng.uniform(0.25, 0.4))
    return 0, 0


def labels_csv(takes: Sequence[Take]) -> bytes:
    """The table of all files; a clip with a switch is bona fide, for every frame of it is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for take in takes:
        writer.writerow((take.document, take.name, 0, "", DOCUMENT, "", "", "", ""))
        for clip in take.clips:
            forged = clip.kind in (PER_FRAME, ONE_SEED, MIDDLE)
            seconds = (clip.start / RATE, clip.stop / RATE) if clip.stop else ("", "")
            other = take.other if clip.kind == SWITCH or (forged and take.method == "swap") else ""
            method = take.method if forged else ""
            row = (clip.path, take.name, int(forged), method, clip.kind, take.frames, *seconds, other)
            writer.writerow(row)
    return text.getvalue().encode()
