"""Face swapping: the face of one person in the photograph of another.

As in the early DeepFakes and FaceSwap of Rössler et al., "FaceForensics++", ICCV 2019: the face is warped to
the landmarks, its colours are matched, and it is blended in. What is left is the identity of the face, fewer
details than around it, and a seam.
"""

import cv2
import numpy as np

from common.forge.blend import alpha_blended, padding, poisson_blended, to_image
from common.forge.chance import Chance
from common.forge.colour_match import matched_colours
from common.forge.face import Face, Floats, Image
from common.forge.face_shape import REACH
from common.forge.masks import INNER, NO_FOREHEAD, WHOLE, face_mask, softened
from common.forge.warp import displaced

NET = 16  # points across the crop, at which the bending of the face is computed
SEAM = 2.0  # pixels of the ArcFace crop, over which the face shown ends where its picture does


def swap(shown: Face, photograph: Face, chance: Chance) -> Image:
    """The inner face of `shown` in the photograph of somebody else: whoever sees it sees `shown`.

    Both crops have the same size; near landmarks give the better forgery. In a grey photograph the face is
    grey; a grey face in a photograph with colours takes all of these.
    """
    below = photograph.image.astype(np.float32)
    grey = _is_grey(photograph.image)
    above = (_greyed(shown.image) if grey else shown.image).astype(np.float32)
    field = _to_photograph(shown, photograph)
    above = displaced(_generated(above, chance), field)
    mask = face_mask(photograph, chance, (WHOLE, NO_FOREHEAD, INNER))
    outside = padding(shown.image)
    if outside is not None:  # black where the face shown has no picture
        there = displaced((~outside).astype(np.float32), field)
        mask *= softened(there, SEAM * photograph.unit)
    share = chance.uniform("colour_match", 0.7, 1.0)
    above = matched_colours(above, below, mask, 1.0 if _is_grey(shown.image) else share)
    blended = poisson_blended if chance.happens("poisson", 0.3) else alpha_blended
    image = to_image(blended(above, below, mask))
    return np.repeat(image[..., 1:2], 3, axis=2) if grey else image


def _generated(picture: Floats, chance: Chance) -> Floats:
    """The picture with the details of a generator's output, which is smaller than the photograph's face."""
    size = picture.shape[0]
    side = max(8, round(size * chance.uniform("resolution", 0.38, 0.6)))
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


def _to_photograph(shown: Face, photograph: Face) -> Floats:
    """Where each pixel of the photograph lies on the face shown, as a displacement (size, size, 2).

    An affine map in the least squares sense takes the photograph's landmarks to those of the face; what is
    left at each landmark is spread over the pixels near it, as in `face_shape`.
    """
    size, centres = photograph.size, photograph.landmarks
    known = np.hstack([centres, np.ones((5, 1))])
    affine = np.linalg.lstsq(known, shown.landmarks, rcond=None)[0]  # (3, 2)
    residual = shown.landmarks - known @ affine
    ticks = (np.arange(NET) + 0.5) * (size / NET) - 0.5  # as cv2.resize places them
    net = np.stack(np.meshgrid(ticks, ticks), axis=2)
    reach = REACH * photograph.unit
    distance = ((net[:, :, None] - centres) ** 2).sum(axis=3)  # (NET, NET, 5), squared
    weight = 1 / (distance + reach**2 / 4)
    weight *= np.exp(-distance / (2 * reach**2)) / weight.sum(axis=2, keepdims=True)
    bend = cv2.resize((weight @ residual).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    linear = (affine - np.eye(3, 2)).astype(np.float32)
    along = np.arange(size, dtype=np.float32)[:, None]
    field: Floats = bend + ((along * linear[0])[None] + (along * linear[1] + linear[2])[:, None])
    return field


def _greyed(image: Image) -> Image:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)  # type: ignore[return-value]


def _is_grey(image: Image) -> bool:
    return bool((image == image[..., :1]).all())
