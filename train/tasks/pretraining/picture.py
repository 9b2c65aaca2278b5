"""A picture of held-out crops: masked, with the masked places filled in, and as they are."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from common.models.input_format import InputFormat
from common.runtime.atomic import write_atomically
from train.tasks.base import evaluating
from train.tasks.pretraining.data import MaskedBatch
from train.tasks.pretraining.network import COLOURS, MaskedAutoencoder, over_pixels

WHITE = 255.0
SIDE = 128  # pixels that a crop is drawn at
NAMES, TITLE, GAP = 76, 26, 6  # pixels: left of the rows, above them, between crops
ROWS = ("masked", "filled in", "original")

Pictures = NDArray[np.uint8]  # (N, H, W, 3)


def draw_reconstructions(path: Path, network: MaskedAutoencoder, batch: MaskedBatch, title: str) -> None:
    """Write a PNG, atomically: a column for each crop of a batch on the network's device.

    What is seen is kept, and each masked place shows what the network says of it: its colours, or where it
    says none the first of its planes, drawn from the darkest to the lightest value.
    """
    rows = _pictures(network, batch)
    cell = SIDE + GAP
    sheet = Image.new("RGB", (NAMES + cell * len(rows[0]), TITLE + cell * len(rows)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    draw.text((GAP, GAP), title, fill="black", font=font)
    for row, (name, pictures) in enumerate(zip(ROWS, rows, strict=True)):
        top = TITLE + row * cell
        draw.text((GAP, top + SIDE // 2 - GAP), name, fill="black", font=font)
        for column, picture in enumerate(pictures):
            shown = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)
            sheet.paste(shown, (NAMES + column * cell, top))
    write_atomically(path, lambda temporary: sheet.save(temporary, format="PNG"))


def _pictures(network: MaskedAutoencoder, batch: MaskedBatch) -> tuple[Pictures, Pictures, Pictures]:
    hidden = over_pixels(batch.masks, batch.crops)
    with evaluating(network), torch.inference_mode():
        wanted = network.target(batch.crops)[:, :COLOURS]
        filled = torch.where(hidden, network.reconstruct(batch.crops, batch.masks)[:, :COLOURS], wanted)
    if network.target_planes[0] == "rgb":
        wanted, filled = (_colours(part, network.input_format) for part in (wanted, filled))
        seen = network.hide(batch.crops, hidden)
    else:
        low, high = wanted.amin((1, 2, 3), keepdim=True), wanted.amax((1, 2, 3), keepdim=True)
        wanted, filled = (WHITE * (part - low) / (high - low).clamp(min=1e-6) for part in (wanted, filled))
        seen = torch.where(hidden, WHITE / 2, wanted)
    return _bytes(seen), _bytes(filled), _bytes(wanted)


def _colours(normalised: Tensor, input_format: InputFormat) -> Tensor:
    """RGB in 0..255 of what `Normalise` gives."""
    ordered = normalised.flip(1) if input_format.colour == "BGR" else normalised
    mean, scale = (
        torch.tensor(part, dtype=torch.float32, device=normalised.device).view(1, COLOURS, 1, 1)
        for part in (input_format.mean, input_format.scale)
    )
    return ordered * scale + mean


def _bytes(images: Tensor) -> Pictures:
    whole: Pictures = images.clamp(0, WHITE).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return whole
