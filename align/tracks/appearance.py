"""How a face looks, told cheaply: enough to tell the people of one clip apart, not to recognise anybody."""

import cv2
import numpy as np
from numpy.typing import NDArray

from align.crops.crop import crop_face
from align.tracks.thumbnail import thumbnail
from common.formats.crop_frame import crop_frame

Look = NDArray[np.float32]  # (N,) of unit length; the dot product of two says how alike they are

SIDE, CELL = 56, 8  # pixels of a face upright, and of the cells that have a histogram of patterns each
FRAME = crop_frame(SIDE + 2)
RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))  # where the neighbours of a pixel lie
AROUND = np.array([-1, -0.75, 1, 2])  # of a box, by how many of its sides its corners are moved out
SURROUNDINGS = 64  # pixels, both sides
BINS, COLOURS = [4, 8, 8], [0, 256, 96, 176, 96, 176]  # of Lab; people and clothes are hardly more colourful


def look_of(image: NDArray[np.uint8], box: NDArray[np.float32], landmarks: NDArray[np.float32]) -> Look:
    """The look of a face in an (H, W, 3) RGB image: its texture, and the colours of face, hair and clothes.

    The texture is that of local binary patterns (Ahonen et al., TPAMI 2006) of the face upright, the colours
    are histograms of the quarters of its surroundings; both weigh the same.
    """
    try:
        face = crop_face(image, landmarks, FRAME)
    except ValueError:  # landmarks that coincide, of a face that the box template takes all the same
        face = np.zeros((SIDE + 2, SIDE + 2, 3), np.uint8)
    parts = _unit(_patterns(face)), _unit(_colours(_surroundings(image, box)))
    return np.concatenate(parts) / np.float32(np.sqrt(2))


def least_difference(looks: NDArray[np.float32], look: Look) -> float:
    """By how much a look differs from the most similar of several (M, N): 0 where they are equal, to 1."""
    return 1 - float((looks @ look).max())


def _kinds_of_patterns() -> NDArray[np.intp]:
    """The number of each 8-bit pattern among the uniform ones, that change at most twice around, else 58."""
    changes = [(pattern ^ (pattern >> 1 | (pattern & 1) << 7)).bit_count() for pattern in range(256)]
    uniform = [pattern for pattern in range(256) if changes[pattern] <= 2]
    kinds = np.full(256, len(uniform), np.intp)
    kinds[uniform] = np.arange(len(uniform))
    return kinds


KINDS = _kinds_of_patterns()


def _patterns(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The roots of the numbers of each pattern in each cell of a face of (SIDE + 2, SIDE + 2, 3) pixels."""
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    pattern = np.zeros((SIDE, SIDE), np.intp)
    for bit, (row, column) in enumerate(RING):
        pattern |= (grey[row : row + SIDE, column : column + SIDE] >= grey[1:-1, 1:-1]).astype(np.intp) << bit
    cell, kinds = np.arange(SIDE) // CELL, int(KINDS.max()) + 1
    numbers = (cell[:, None] * (SIDE // CELL) + cell) * kinds + KINDS[pattern]
    return np.sqrt(np.bincount(numbers.ravel(), minlength=(SIDE // CELL) ** 2 * kinds)).astype(np.float32)


def _surroundings(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A face with its hair and shoulders, as far as the image shows them."""
    height, width = image.shape[:2]
    sides = np.tile(box[2:] - box[:2], 2)
    limits = np.array([width, height, width, height])
    left, top, right, bottom = np.clip(box + AROUND * sides, 0, limits).astype(int)
    left, top = min(left, width - 1), min(top, height - 1)
    return thumbnail(image[top : max(bottom, top + 1), left : max(right, left + 1)], SURROUNDINGS)


def _colours(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The roots of the histograms of an image's quarters."""
    lab, half = cv2.cvtColor(image, cv2.COLOR_RGB2LAB), SURROUNDINGS // 2
    quarters = [lab[row : row + half, column : column + half] for row in (0, half) for column in (0, half)]
    counts = [cv2.calcHist([np.ascontiguousarray(one)], [0, 1, 2], None, BINS, COLOURS) for one in quarters]
    roots: NDArray[np.float32] = np.sqrt(np.concatenate([count.ravel() for count in counts]))
    return roots


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values / np.float32(max(float(np.linalg.norm(values)), 1e-6))
