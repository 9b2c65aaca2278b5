"""What is made of one take: a recording, and the forgeries of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from common.forge.frames import Seen, forged_frames
from facetrust.sample.clips.movement import filmed
from facetrust.sample.clips.plan import BONA_FIDE, KINDS, PER_FRAME, SWITCH, Clip, Take, take_seed
from facetrust.sample.clips.recording import Recording, record
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image, encoded
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import render
from facetrust.sample.plan import person_seed

_FORGED_SIDE = 192  # pixels of the crop that is forged: about as fine as the frames are
_QUALITIES = (14, 20)  # x264's constant rate factor: fine enough to keep the traces of forgeries


class Studio:
    """Makes the clips of one take; what several need is recorded once.

    Args:
        seed: of the whole set of clips.
        take: what is recorded.
    """

    def __init__(self, seed: int, take: Take) -> None:
        self._seed, self._take = seed, take
        rng = np.random.default_rng(take_seed(seed, take.identity, 2))
        self.quality = int(rng.integers(_QUALITIES[0], _QUALITIES[1] + 1))
        self._moments = filmed(rng, take.frames)
        self._person = Person.from_seed(person_seed(seed, "clip", take.identity))
        self._other = Person.from_seed(person_seed(seed, "stranger", take.identity))

    def document(self) -> bytes:
        """A JPEG of the person, taken elsewhere on another day."""
        conditions = Conditions.random(np.random.default_rng(take_seed(self._seed, self._take.identity, 1)))
        return encoded(render(self._person, conditions).image, conditions.camera.last_quality)

    @cached_property
    def recording(self) -> Recording:
        """The person, bona fide."""
        return record(self._person, self._moments)

    def frames(self, clip: Clip) -> list[Image]:
        """The frames of a clip, not yet compressed."""
        own, changed = self.recording.frames, slice(clip.start, clip.stop)
        if clip.kind == BONA_FIDE:
            return own
        if clip.kind == SWITCH:
            shown = record(self._other, self._moments[changed]).frames
        else:
            seen = list(map(Seen, own[changed], self.recording.landmarks[changed]))
            shown = forged_frames(seen, self._donor, self._take.method, self._seeds(clip), _FORGED_SIDE)
        return [*own[: clip.start], *shown, *own[clip.stop :]]

    @cached_property
    def _donor(self) -> Seen | None:
        """The face of a swap: somebody else as the middle of the recording would have shown them."""
        if self._take.method != "swap":
            return None
        shown = record(self._other, [self._moments[self._take.frames // 2]])
        return Seen(shown.frames[0], shown.landmarks[0])

    def _seeds(self, clip: Clip) -> list[int]:
        what = 3 + KINDS.index(clip.kind)
        rng = np.random.default_rng(take_seed(self._seed, self._take.identity, what))
        steady = int(rng.integers(2**31))
        if clip.kind != PER_FRAME:
            return [steady] * (clip.stop - clip.start)
        return [int(seed) for seed in rng.integers(2**31, size=clip.stop - clip.start)]
