"""The Euclidean distance of embeddings of unit length."""

from torch import Tensor

# of a squared distance: the root's slope has no bound at 0, and 2 - 2c of equal ones may be a little below it
LEAST_SQUARED = 1e-8


def euclidean(cosine: Tensor) -> Tensor:
    """The distance |a - b| = sqrt(2 - 2c) of unit vectors from their cosines c, 1e-4 to 2, of any shape.

    Nearer than 1e-4 it is that, without a gradient.
    """
    return (2 - 2 * cosine).clamp_min(LEAST_SQUARED).sqrt()
