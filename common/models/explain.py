"""Heat maps of a classifier: which places of a crop its logit rests on."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isqrt

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from common.models.backbones.timm_trunk import as_map, features_layout
from common.models.classifier import Classifier
from common.runtime.errors import UserError
from common.runtime.float32 import exact_float32

BATCH = 16  # crops at once: their activations are kept for the way back
OPACITY = 0.7  # of the colour at the hottest place


def heat_maps(classifier: Classifier, crops: Tensor) -> Tensor:
    """Maps (N, size, size) float32 in 0..1, on the CPU: the hottest place of each crop is 1, its coldest 0.

    Of a network with spatial gates (CBAM) it is how much of each place they let pass, averaged over levels.
    Of every other it is what speaks for synthetic, by Grad-CAM (Selvaraju et al., ICCV 2017): the channels of
    the last map, each times the gradient of the logit averaged over its places, summed, and what is negative
    cut off. A crop in which nothing speaks for synthetic, or all places alike, is 0 everywhere.

    Args:
        classifier: in eval mode.
        crops: as `Classifier.forward` takes them.

    Raises UserError for a network whose logit does not depend on a map.
    """
    size = crops.shape[-2:]
    if not len(crops):
        return torch.zeros(0, *size)
    explain = _gates if classifier.network.explanation_gates else _grad_cam
    with torch.inference_mode(False), torch.enable_grad(), exact_float32():
        maps = [
            explain(classifier, batch.to(torch.float32, copy=True)) for batch in torch.split(crops, BATCH)
        ]
    heat = functional.interpolate(torch.cat(maps), size, mode="bilinear", align_corners=False)[:, 0]
    heat = heat - heat.amin((1, 2), keepdim=True)
    hottest = heat.amax((1, 2), keepdim=True)
    return torch.where(hottest > 0, heat / hottest, 0.0).cpu()


def overlay(crop: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The crop under the colours of its heat: (h, w, 3) 8-bit RGB of it and (h, w) in 0..1 to the former.

    Cold places stay as they are; hot ones are red, the hottest yellow.
    """
    level = np.rint(255 * np.asarray(heat)).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(level, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    opacity = OPACITY * (level[..., None] / 255)
    return np.rint((1 - opacity) * crop + opacity * colours).astype(np.uint8)


def _gates(classifier: Classifier, crops: Tensor) -> Tensor:
    """(N, 1, h, w), h and w those of the finest level."""
    with torch.no_grad(), _outputs(classifier.network.explanation_gates) as gates:
        classifier(crops)
    finest = gates[0].shape[-2:]
    return torch.stack(
        [functional.interpolate(gate.float(), finest, mode="bilinear") for gate in gates]
    ).mean(0)


def _grad_cam(classifier: Classifier, crops: Tensor) -> Tensor:
    """(N, 1, h, w) from 0 on, h and w those of the last map."""
    with _outputs([classifier.network.explanation_layer]) as outputs:
        logits = classifier(crops.requires_grad_())  # the crops too: all weights may be frozen
    seen = outputs[-1] if outputs else None
    if not isinstance(seen, Tensor) or seen.ndim not in (3, 4):
        raise UserError(
            f"{classifier.network_name} has no heat maps: its last layer of places gives no one map"
        )
    (gradient,) = torch.autograd.grad(logits.sum(), seen, allow_unused=True)
    if gradient is not None:
        stated = classifier.network.explanation_format
        seen, gradient = (_places(features, stated) for features in (seen.detach(), gradient))
    if gradient is None or not gradient.any():
        raise UserError(
            f"{classifier.network_name} has no heat maps: its logit does not depend on its last map"
        )
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * seen).sum(1, keepdim=True).relu()


def _places(features: Tensor, stated: str | None) -> Tensor:
    """Features of any layout as (N, C, h, w) float32, without the tokens before those of places."""
    layout = features_layout(features, stated)
    features = as_map(features, layout).float()
    if layout != "NLC":
        return features
    side = isqrt(features.shape[2])
    return features[:, :, -(side**2) :].reshape(*features.shape[:2], side, side)


@contextmanager
def _outputs(layers: list[nn.Module]) -> Iterator[list[Tensor]]:
    """What layers give while the context lasts, in the order in which they give it."""
    outputs: list[Tensor] = []

    def keep(_: nn.Module, __: object, output: Tensor) -> Tensor:
        outputs.append(output)
        return output.clone() if isinstance(output, Tensor) else output  # the next layer may work in place

    handles = [layer.register_forward_hook(keep) for layer in layers]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
