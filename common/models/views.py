"""Views at test time: the forms of a crop that a classifier's logits are averaged over."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import rotate

from common.models.view_names import MIRROR, ROTATE5

View = Callable[[Tensor], Tensor]


def mirrored(crops: Tensor) -> Tensor:
    """Crops (N, 3, S, S), left and right exchanged."""
    return crops.flip(3)


def rotated(crops: Tensor, degrees: float) -> Tensor:
    """Crops (N, 3, S, S) turned counterclockwise about their centre, bilinearly, black where nothing is.

    8-bit crops stay so, rounded.
    """
    turned: Tensor = rotate(crops, degrees, InterpolationMode.BILINEAR)
    return turned


# by name: the views beside the crop as it is
VIEWS: dict[str, tuple[View, ...]] = {
    MIRROR: (mirrored,),
    ROTATE5: (partial(rotated, degrees=5.0), partial(rotated, degrees=-5.0)),
}


def views_of(crops: Tensor, names: Sequence[str]) -> Iterator[Tensor]:
    """Crops (N, 3, S, S) as they are, then in each of the named views."""
    yield crops
    for name in names:
        for view in VIEWS[name]:
            yield view(crops)
