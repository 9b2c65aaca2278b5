"""Folder `NAME_explained`: heat maps of classified faces over their crops."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from align.media.read import ImageFile
from align.media.unreadable import UnreadableImageError
from common.formats.crop_size import fit_crop
from common.models.explain import BATCH, heat_maps, overlay
from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from common.runtime.torch_device import memory_told
from infer.classification.ensemble import Ensemble
from infer.classification.faces import ClassifiedFaces
from infer.classification.request import MOST_EXPLAINED
from infer.classification.shown import hardest_faces, views_of
from infer.classification.source import ImagesToClassify
from infer.models.classifier_model import TorchClassifier

OURS = re.compile(r"\d{6,}_P[01]\.\d{4}_.*\.png")


def explained_folder(results: Path) -> Path:
    """The folder of heat maps that belongs to a file of results."""
    return results.with_name(f"{results.stem}_explained")


def require_explainable(ensemble: Ensemble) -> None:
    """Raise UserError unless the first model, whose heat maps are made, is a checkpoint."""
    first = ensemble.members[0]
    if not isinstance(first.model, TorchClassifier):
        raise UserError(
            f"{first.file} gives no heat maps, because it is an export: name the checkpoint that it was made "
            "of"
        )


def write_explanations(
    folder: Path, images: ImagesToClassify, faces: ClassifiedFaces, count: int, ensemble: Ensemble
) -> None:
    """Write a PNG for each of `count` faces at most: its crop under the heat map of the first model.

    Where nothing in a crop speaks for synthetic, it is the crop as it is. They are the hardest of both
    classes, half of each, or else the most synthetic ones. Named by row, P and image:
    `000012_P0.9310_portrait.png`. Those that an earlier time has left there are removed.

    Raises UserError for a network that has none, and OSError when a file cannot be written.
    """
    rows = hardest_faces(faces, per_class=-(-min(count, MOST_EXPLAINED) // 2))[:count]
    if folder.is_dir():
        for file in folder.iterdir():
            if OURS.fullmatch(file.name):
                file.unlink()
    batch: list[tuple[int, NDArray[np.uint8]]] = []
    for position, view in views_of(images, faces, rows, ensemble):
        batch.append((int(rows[position]), view))
        if len(batch) == BATCH:
            _write(folder, faces, batch, ensemble)
            batch = []
    _write(folder, faces, batch, ensemble)


def read_explanations(
    folder: Path, faces: ClassifiedFaces, rows: Sequence[int]
) -> dict[int, NDArray[np.uint8]]:
    """The pictures of heat maps, (S, S, 3) RGB, that the folder has of these rows, with the same P.

    Raises UserError for one that is no image.
    """
    found = {}
    for row in rows:
        file = next(iter(sorted(folder.glob(f"{_prefix(faces, row)}*.png"))), None)
        if file is not None:
            try:
                found[row] = ImageFile(file).decode()
            except UnreadableImageError as error:
                raise UserError(f"{file}: {error}; make it again with --explain, or remove it") from error
    return found


def _write(
    folder: Path, faces: ClassifiedFaces, batch: Sequence[tuple[int, NDArray[np.uint8]]], ensemble: Ensemble
) -> None:
    if not batch:
        return
    model = ensemble.members[0].model
    assert isinstance(model, TorchClassifier)
    crops = np.stack([fit_crop(view, model.size) for _, view in batch])
    with memory_told("explaining"):
        pixels = torch.from_numpy(crops).to(model.device).permute(0, 3, 1, 2)
        heat = heat_maps(model.classifier, pixels).numpy()
    for (row, view), own in zip(batch, heat, strict=True):
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", PurePosixPath(faces.path[row]).stem)[:60]
        hot = cv2.resize(own, view.shape[:2], interpolation=cv2.INTER_LINEAR)
        picture = overlay(view, hot)
        _write_png(folder / f"{_prefix(faces, row)}{stem}.png", picture)


def _write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    coded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
    write_atomically(path, lambda temporary: temporary.write_bytes(coded))


def _prefix(faces: ClassifiedFaces, row: int) -> str:
    """What the name of a face's picture begins with; another model's P tells that it is not of it."""
    return f"{row:06d}_P{faces.probability[row]:.4f}_"
