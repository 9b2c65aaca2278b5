"""What generators leave in a picture: the grid of their upsampling, and the fine detail they lose.

The face, or the whole crop, goes through what stands for the last layers of a generator. It still shows the
same person: the only thing to learn is what such layers do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.blend import alpha_blended, to_image
from common.forge.chance import Chance
from common.forge.colour import recoloured
from common.forge.face import Face, Floats, Image
from common.forge.face_shape import face_shape
from common.forge.masks import INNER, NO_FOREHEAD, WHOLE, face_mask, filled

GRIDS = ("2", "3", "3")  # pixels of a photograph on a pixel of the generator's
WHOLE_CROP, TWO_DECODERS, TURNED = 0.4, 0.25, 0.4  # how often
COLOUR_CHANGE = 0.6  # of what can just be overlooked
FEATURES_KEPT = 0.6  # of the sharpness of eyes and mouth, where skin is smoothed
LUMA: NDArray[np.float32] = np.array([0.299, 0.587, 0.114], np.float32)  # of R, G, B; ITU-R BT.601


def generator_traces(face: Face, chance: Chance) -> Image:
    """The face as a generator would have decoded it, in slightly other colours; (size, size, 3)."""
    picture = face.image.astype(np.float32)
    unit = min(face.unit, face.size / 56)  # no more than twice that of a face that fills its crop
    kinds = _kinds(chance)
    decoded = _turned(picture, unit, kinds, chance)
    if "smooth" in kinds:
        shape = face_shape(face)
        features = filled([shape.left_eye, shape.right_eye, shape.mouth], face.size)
        features = cv2.GaussianBlur(features, (0, 0), 1.5 * unit).astype(np.float32, copy=False)
        decoded = alpha_blended(picture, decoded, features * np.float32(FEATURES_KEPT))
    decoded = recoloured(decoded, chance, COLOUR_CHANGE)
    if not chance.happens("whole_crop", WHOLE_CROP):
        decoded = alpha_blended(decoded, picture, face_mask(face, chance, (WHOLE, NO_FOREHEAD, INNER)))
    forged = to_image(decoded)
    if (face.image == face.image[..., :1]).all():
        forged[..., 0] = forged[..., 2] = forged[..., 1]  # they may be apart by the rounding of floats
    return forged


def _kinds(chance: Chance) -> tuple[str, ...]:
    first = chance.choice("decoder", tuple(DECODERS))
    if not chance.happens("two_decoders", TWO_DECODERS):
        return (first,)
    return first, chance.choice("second_decoder", [kind for kind in DECODERS if kind != first])


def _decoded(picture: Floats, unit: float, kinds: tuple[str, ...], chance: Chance) -> Floats:
    for kind in kinds:
        picture = DECODERS[kind](picture, unit, chance)
    return picture


def _turned(picture: Floats, unit: float, kinds: tuple[str, ...], chance: Chance) -> Floats:
    """Decoded as it is, or at another angle and size: the crop is seldom cut along a generator's grid."""
    if not chance.happens("turned", TURNED):
        return _decoded(picture, unit, kinds, chance)
    size = picture.shape[0]
    angle, scale = chance.either_side("grid_angle", 2, 15), chance.uniform("grid_scale", 0.85, 1.15)
    turn = np.deg2rad(abs(angle))
    side = int(np.ceil(size * scale * (np.cos(turn) + np.sin(turn)))) + 4  # with room to interpolate
    matrix = cv2.getRotationMatrix2D(((size - 1) / 2, (size - 1) / 2), angle, scale)
    matrix[:, 2] += (side - size) / 2
    there = cv2.warpAffine(
        picture, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    decoded = _decoded(there.astype(np.float32, copy=False), unit * scale, kinds, chance)
    return cv2.warpAffine(  # type: ignore[return-value]
        decoded, matrix, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )


def transposed(picture: Floats, unit: float, chance: Chance) -> Floats:
    """A transposed convolution whose kernel overlaps itself unevenly: a checkerboard.

    Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016.
    """
    code = _coded(picture, unit, chance)
    step, side = code.step, code.small.shape[0] * code.step
    sparse = np.zeros((side, side, 3), np.float32)
    sparse[::step, ::step] = code.small
    line = cv2.getGaussianKernel(2 * step + 1, 0.45 * step)[:, 0].astype(np.float32)
    kernel = np.outer(line, line)
    gain = chance.normal(step, step)
    gain -= gain.mean()
    depth = chance.uniform("grid_depth", 0.028, 0.05) / (1 - code.detail)
    gain *= np.float32(depth / max(float(gain.std()), 1e-6))
    for row in range(step):
        for column in range(step):
            phase = kernel[row::step, column::step]
            phase *= (1 + gain[row, column]) / phase.sum()  # what all inputs together give to a pixel
    decoded = cv2.filter2D(sparse, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return _detailed(decoded, code, picture)


def nearest(picture: Floats, unit: float, chance: Chance) -> Floats:
    """Nearest neighbour upsampling and a small convolution: blocks that are not quite smoothed away.

    Zhang, Karaman and Chang, "Detecting and Simulating Artifacts in GAN Fake Images", WIFS 2019.
    """
    code = _coded(picture, unit, chance)
    blocks = code.small.repeat(code.step, axis=0).repeat(code.step, axis=1)
    sigma = chance.uniform("convolution", 0.22, 0.32) * code.step
    return _detailed(cv2.GaussianBlur(blocks, (0, 0), sigma), code, picture)


def bilinear(picture: Floats, unit: float, chance: Chance) -> Floats:
    """Bilinear upsampling: no checkerboard, and little detail finer than the small picture's.

    Durall, Keuper and Keuper, "Watch your Up-Convolution", CVPR 2020.
    """
    code = _coded(picture, unit, chance)
    large = cv2.resize(code.small, None, fx=code.step, fy=code.step, interpolation=cv2.INTER_LINEAR)
    return _detailed(large, code, picture)


def smooth(picture: Floats, unit: float, chance: Chance) -> Floats:
    """Skin without pores, edges in their place: the guided filter, each channel guided by itself.

    He, Sun and Tang, "Guided Image Filtering", TPAMI 2013.
    """
    window = 2 * max(1, round(chance.uniform("smooth_radius", 2.0, 3.5) * unit)) + 1
    texture = np.float32(chance.uniform("smooth_texture", 20, 32) ** 2)  # variance of what is smoothed away
    mean = cv2.blur(picture, (window, window))
    variance = np.maximum(cv2.blur(picture * picture, (window, window)) - mean * mean, 0)
    kept = variance / (variance + texture)
    rest = mean * (1 - kept)
    return cv2.blur(kept, (window, window)) * picture + cv2.blur(rest, (window, window))


def autoencoder(picture: Floats, unit: float, chance: Chance) -> Floats:
    """Detail coded in few, coarse levels, and colours that bleed: what a narrow latent code keeps."""
    luma = picture @ LUMA
    fine = cv2.GaussianBlur(luma, (0, 0), 0.9 * unit)
    coarse = cv2.GaussianBlur(fine, (0, 0), 1.8 * unit)
    levels = np.float32(chance.uniform("code_levels", 16, 28))
    detail = _quantised(fine - coarse, levels / 2) + _quantised(luma - fine, levels)
    kept = coarse + cv2.GaussianBlur(detail, (0, 0), 0.8 * unit)
    bleeding = chance.uniform("bleeding", 1.5, 3.5) * unit
    return cv2.GaussianBlur(picture - luma[..., None], (0, 0), bleeding) + kept[..., None]


DECODERS: dict[str, Callable[[Floats, float, Chance], Floats]] = {
    "transposed": transposed,
    "nearest": nearest,
    "bilinear": bilinear,
    "smooth": smooth,
    "autoencoder": autoencoder,
}
"""(picture (size, size, 3) RGB 0..255, pixels on a pixel of ArcFace's crop, chance) -> the same, decoded."""


@dataclass(frozen=True)
class _Code:
    """The small picture that a large one is decoded from."""

    small: Floats
    step: int  # pixels of the large on a pixel of the small picture, each way
    top: int  # where the large picture begins in what is decoded, which is a little larger
    left: int
    detail: float  # the share of the photograph's detail that the generator draws as well


def _coded(picture: Floats, unit: float, chance: Chance) -> _Code:
    size = picture.shape[0]
    grid = int(chance.choice("grid", GRIDS))
    detail = chance.uniform("detail", 0, 0.15) if grid == 2 else chance.uniform("detail", 0.05, 0.25)
    step = max(2, min(round(grid * unit), size // 8))
    top, left = chance.integer("grid_top", 0, step - 1), chance.integer("grid_left", 0, step - 1)
    side = -(-(size + step - 1) // step)
    rest = side * step - size
    padded = cv2.copyMakeBorder(picture, top, rest - top, left, rest - left, cv2.BORDER_REFLECT_101)
    small = cv2.resize(padded, (side, side), interpolation=cv2.INTER_AREA)
    sharpness = np.float32(chance.uniform("sharpness", 0.1, 0.5))
    return _Code(small + (small - cv2.GaussianBlur(small, (0, 0), 1.0)) * sharpness, step, top, left, detail)


def _detailed(decoded: NDArray[Any], code: _Code, picture: Floats) -> Floats:
    """The part of what was decoded that the picture fills, with the detail that is not lost."""
    size = picture.shape[0]
    part: Floats = decoded[code.top : code.top + size, code.left : code.left + size]
    return part + (picture - part) * np.float32(code.detail)


def _quantised(values: NDArray[Any], levels: np.float32) -> Floats:
    return np.rint(values / levels) * levels
