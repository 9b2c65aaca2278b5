"""The second look at a photograph, turned by quarters or at a larger size, where the first is not sure.

It is taken where the first look found nothing, or no face that surely stands upright; all other photographs
keep their faces, bit by bit. It works with every detector.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from align.crops.choose_face import choose_faces, is_settled
from align.crops.options import AlignOptions
from align.crops.photograph import DecodedPhotograph
from align.crops.upright import at_turn, is_surely_upright, tilt, turned_back
from align.detectors.detection import Detection, Detector, EarlyExit, no_early_exit
from align.detectors.nms import iou
from align.detectors.resizing import enlarge, shrink
from align.detectors.tiles import moved, search_in_tiles
from common.formats.crop_frame import MAX_TILT

CLOSER = 6  # times the size of the first look, at most: 3840 pixels by default
NEVER_MISSED = 48  # pixels at the size of the first look: it finds every face of this side
WINDOW = 2.0  # half the side of the window that is turned for a face, in sides of the face
SAME_FACE = 0.3  # least IoU of a face with itself at another turn


@dataclass(frozen=True)
class Found:
    """The faces of a photograph.

    Attributes:
        photograph: decoded as it was searched.
        faces: in pixels of it.
        turned: degrees clockwise by which it has to be turned for them to stand upright.
        lies: whether it shows a turned face that was not found upright at any turn.
        tried: whether the face that is chosen first was looked for at other turns too.
    """

    photograph: DecodedPhotograph
    faces: list[Detection]
    turned: int = 0
    lies: bool = False
    tried: bool = True


class SecondLook:
    """The second look with one detector; holds no other state."""

    def __init__(self, detector: Detector, options: AlignOptions) -> None:
        self._detector = detector
        self._options = options

    def after(self, photograph: DecodedPhotograph, faces: list[Detection]) -> Found:
        """The faces after a second look where it is needed, given those of the first, in pixels as decoded.

        Raises UnreadableImageError where the photograph, of which more is decoded only now, is damaged.
        """
        if self._has_sure(faces):
            return Found(photograph, faces, tried=False)
        size = photograph.pixels.shape[:2]
        small = shrink(photograph.pixels, self._detector.wanted_side)
        first = self._chosen(faces, size)
        better = self._at_better_turn(small, first, photograph.longer_side / max(small.shape))
        if better is not None:
            seen, turned = better
            return Found(photograph, [enlarge(face, small.shape[:2], size) for face in seen], turned)
        if first is None:
            return self._closer(photograph) or Found(photograph, [])
        return Found(photograph, faces) if _stands(first) else Found(photograph, [], lies=True)

    def standing(self, found: Found, chosen: list[Detection]) -> list[tuple[Detection, int]]:
        """The chosen faces that stand upright, each with its own turn in degrees clockwise.

        Somebody may lie beside people who stand: such a face is turned by itself, or left out.
        """
        size = found.photograph.pixels.shape[:2]
        standing = []
        for place, face in enumerate(chosen):
            seen = at_turn(face, found.turned, *size)
            if (found.tried and place == 0) or is_surely_upright(seen, self._detector.levels.sure):
                standing.append((face, found.turned))
            elif (better := self._turned_alone(face, found.photograph)) is not None:
                standing.append(better)
            elif _stands(seen):
                standing.append((face, found.turned))
        return standing

    def standing_as_found(self, found: Found, faces: list[Detection]) -> list[tuple[Detection, int]]:
        """Those of these faces that stand upright at the turn of the photograph; no other is tried."""
        size = found.photograph.pixels.shape[:2]
        return [(face, found.turned) for face in faces if _stands(at_turn(face, found.turned, *size))]

    def usable(self, faces: list[Detection], scale: float) -> list[Detection]:
        """The faces of at least `min_face`, in an image whose pixels are `scale` of the photograph wide."""
        if not self._options.min_face:
            return faces
        least = self._options.min_face / scale
        return [face for face in faces if np.min(face.box[2:] - face.box[:2]) >= least]

    def early_exit(self, size: tuple[int, int], scale: float) -> EarlyExit:
        """The early-exit test for an image of this height and width: no smaller face can be chosen."""

        def may_stop(faces: list[Detection], unseen_area: float) -> bool:
            return is_settled(self.usable(faces, scale), unseen_area, self._options.face, *size)

        return may_stop

    def _closer(self, photograph: DecodedPhotograph) -> Found | None:
        """The faces that only a larger size shows; None where there is none, or a larger size is no use."""
        side, wanted = photograph.longer_side, self._detector.wanted_side
        if side <= wanted or self._options.min_face * wanted >= NEVER_MISSED * side:
            return None
        limit = min(side, CLOSER * wanted)
        closer = photograph.sharper(side / limit)
        image = shrink(closer.pixels, limit)
        scale = side / max(image.shape)
        faces, turned = self.usable(search_in_tiles(self._detector, image), scale), 0
        face = self._chosen(faces, image.shape[:2])
        if face is None:
            return None
        if not self._has_sure(faces):
            top, left, window = _around(face, image)
            better = self._at_better_turn(window, moved(face, -left, -top), scale)
            if better is not None:
                faces, turned = [moved(one, left, top) for one in better[0]], better[1]
            elif not _stands(face):
                return Found(closer, [], lies=True)
        back = [enlarge(one, image.shape[:2], closer.pixels.shape[:2]) for one in faces]
        return Found(closer, back, turned)

    def _turned_alone(self, face: Detection, photograph: DecodedPhotograph) -> tuple[Detection, int] | None:
        """A face as found upright in its turned surroundings, and their turn; None where it is not found."""
        top, left, window = _around(face, photograph.pixels)
        small = shrink(window, self._detector.wanted_side)
        sizes = small.shape[:2], window.shape[:2]
        scale = photograph.reduction * max(window.shape) / max(small.shape)
        first = enlarge(moved(face, -left, -top), sizes[1], sizes[0])
        better = self._at_better_turn(small, first, scale, alone=True)
        if better is None:
            return None
        (seen,), turned = better
        unturned = self._detector.detect_batch([small], [no_early_exit])[0]
        if any(_is_same(one, first) and _stands(one) and one.score >= seen.score for one in unturned):
            return None
        return moved(enlarge(seen, *sizes), left, top), turned

    def _at_better_turn(
        self, image: NDArray[np.uint8], first: Detection | None, scale: float, alone: bool = False
    ) -> tuple[list[Detection], int] | None:
        """The faces of an image at the turn at which they stand upright, and that turn in degrees clockwise.

        None where the face that was found first, in the image as it is, is the better one. With `alone`, only
        that face is looked for.
        """
        size, clear = image.shape[:2], self._detector.levels.clear
        best: tuple[Detection, int, list[Detection]] | None = None
        for quarters in (1, 2, 3):
            turned = np.ascontiguousarray(np.rot90(image, quarters))
            early_exit = no_early_exit if alone else self.early_exit(turned.shape[:2], scale)
            seen = self.usable(self._detector.detect_batch([turned], [early_exit])[0], scale)
            if alone and first is not None:
                seen = [one for one in seen if _is_same(turned_back(one, quarters, *size), first)][:1]
            face = self._chosen(seen, turned.shape[:2])
            if face is None or face.score < clear or not _stands(face):
                continue
            if best is None or face.score > best[0].score:
                best = face, quarters, seen
            if self._has_sure([face]):
                break
        if best is None:
            return None
        face, quarters, seen = best
        back = turned_back(face, quarters, *size)
        if first is not None and _stands(first):
            likely = is_surely_upright(first, clear)  # to stand as it was found
            if face.score <= first.score or _stands(back) or (likely and not self._is_clearer(face, first)):
                return None
        faces = [turned_back(one, quarters, *size) for one in seen]
        return faces, 0 if _stands(back) else 360 - 90 * quarters

    def _is_clearer(self, face: Detection, other: Detection) -> bool:
        """Whether a face found at a turn outweighs one that looks upright in the photograph as it is.

        It is sure, or looks upright as well and its score lacks less than half of what the other's lacks.
        """
        looks_upright = is_surely_upright(face, self._detector.levels.clear)
        return self._has_sure([face]) or (looks_upright and 2 * (1 - face.score) < 1 - other.score)

    def _has_sure(self, faces: list[Detection]) -> bool:
        return any(is_surely_upright(face, self._detector.levels.sure) for face in faces)

    def _chosen(self, faces: list[Detection], size: tuple[int, int]) -> Detection | None:
        return next(iter(choose_faces(faces, self._options.face, *size)), None)


def _is_same(face: Detection, other: Detection) -> bool:
    """Whether two detections are of one face, by their place."""
    return bool(iou(face.box, other.box[None])[0] >= SAME_FACE)


def _stands(face: Detection) -> bool:
    """Whether a head is tilted no more than heads are in photographs that are not turned."""
    return abs(tilt(face.landmarks)) <= MAX_TILT


def _around(face: Detection, image: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]]:
    """The surroundings of a face: their first row and column in the image, and their pixels."""
    x, y = (face.box[:2] + face.box[2:]) / 2
    half = WINDOW * float(np.max(face.box[2:] - face.box[:2]))
    top, left = (max(0, int(place - half)) for place in (y, x))
    return top, left, image[top : int(y + half) + 1, left : int(x + half) + 1]
