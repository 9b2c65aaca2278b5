"""One forgery from one bona fide crop: the method, its parameters, the pixels, all from a seed."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from common.forge.blend import padding
from common.forge.chance import Chance, Drawn
from common.forge.face import Face, Image
from common.forge.method_names import METHODS, check_methods
from common.forge.methods import ONE_FACE, TWO_FACES

FORGERY_VERSION = 1  # raised whenever the same crops and seed would give another forgery
ATTEMPTS = 4
LEAST_CHANGE = 9.0  # grey levels of `visible_change`; JPEG at quality 50 has 6.5: less would be a false label
CELLS = 14
CHANGED_CELLS = CELLS * CELLS // 10


@dataclass(frozen=True)
class Forgery:
    """A synthetic face and how it was made."""

    image: Image  # of the size of the crop it was made from
    method: str
    parameters: Drawn  # by the names that the method draws them under
    attempt: int  # of the seed's draws, the one that made it


@dataclass(frozen=True)
class Forger:
    """Forges faces by some of the methods, each as often as the others.

    Raises UserError for an unknown method, or none.
    """

    methods: tuple[str, ...] = METHODS

    def __post_init__(self) -> None:
        check_methods(self.methods)

    def method(self, seed: int) -> str:
        """The method that a seed chooses."""
        return self.methods[int(np.random.default_rng([seed, 0]).integers(len(self.methods)))]

    def takes_partner(self, seed: int) -> bool:
        """Whether the seed's method wants a photograph of somebody else."""
        return self.method(seed) in TWO_FACES

    def forge(self, face: Face, partner: Face | None, seed: int, attempt: int | None = None) -> Forgery:
        """The forgery of a face that a seed chooses; the same for the same crops, seed and methods.

        Args:
            face: whom the forgery shows.
            partner: of somebody else, where `takes_partner(seed)`; the same size. Without one, a method that
                needs it gives way to the first that does not, or to self-blending.
            seed: 0 or more.
            attempt: the one draw to be taken, whatever it shows: that of the first of a clip's frames for the
                others, which are then forged alike.

        A forgery that hardly differs from its photograph is drawn anew, up to `ATTEMPTS` times; the one that
        differs most is given. What lies outside of the photograph stays black, since a forged photograph is
        cropped as any other. Raises ValueError for landmarks that are not finite and crops of unequal size.
        """
        method = self.method(seed)
        if method in TWO_FACES and partner is None:
            method = next((name for name in self.methods if name in ONE_FACE), "self-blend")
        shown = _bounded(face)
        photograph = shown if partner is None or method not in TWO_FACES else _bounded(partner)
        if photograph.size != shown.size:
            raise ValueError(f"crops of {shown.size} and {photograph.size} pixels")
        outside = padding(photograph.image)
        best, most = None, -1.0
        for number in range(ATTEMPTS) if attempt is None else (attempt,):
            chance = Chance([seed, 1 + number])
            image = _forged(method, shown, photograph, chance)
            if outside is not None:
                image = np.where(outside[..., None], np.uint8(0), image)
            change = visible_change(image, photograph.image)
            if change > most:
                best, most = Forgery(image, method, chance.drawn, number), change
            if change >= LEAST_CHANGE:
                break
        assert best is not None
        return best


def visible_change(image: Image, original: Image) -> float:
    """Grey levels between two crops of one size where their detail differs most, in a tenth of the area.

    The root of the mean square difference over the `CHANGED_CELLS` of `CELLS` × `CELLS` with the largest: a
    change of the mouth alone counts as much as one of the whole face, one of single pixels does not. What is
    even around a pixel is taken off: another tint alone is no trace.
    """
    difference = image.astype(np.float32) - original
    cell = max(3, image.shape[0] // CELLS)
    difference -= cv2.blur(difference, (cell, cell))
    squares = cv2.resize(difference * difference, (CELLS, CELLS), interpolation=cv2.INTER_AREA).mean(axis=2)
    return float(np.sqrt(np.sort(squares, axis=None)[-CHANGED_CELLS:].mean()))


def _forged(method: str, shown: Face, photograph: Face, chance: Chance) -> Image:
    if method in TWO_FACES:
        return TWO_FACES[method](shown, photograph, chance)
    return ONE_FACE[method](shown, chance)


def _bounded(face: Face) -> Face:
    """The face with landmarks near its crop: those of a bad detection can lie anywhere."""
    if not np.isfinite(face.landmarks).all():
        raise ValueError("a face without landmarks cannot be forged")
    return replace(face, landmarks=np.clip(face.landmarks, -face.size, 2.0 * face.size))
