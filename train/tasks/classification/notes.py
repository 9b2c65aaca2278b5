"""Notes for people on the data of a classifier."""

import numpy as np
from numpy.typing import NDArray

from common.formats.crop_frame import Template
from common.models.networks.face_network import FACE_PREFIX
from common.runtime.wording import counted
from train.data.dataset import CropDataset
from train.data.resolution import TOLERANCE
from train.tasks.classification.config import ClassifierConfig

FEWEST_TO_VALIDATE = (
    100  # crops or tracks of a class; on fewer, figures and threshold rest on next to nothing
)


def resolution_notes(
    synthetic: NDArray[np.bool_], before: NDArray[np.float64], after: NDArray[np.float64]
) -> list[str]:
    """That crops, (N,), were reduced so that both classes have one resolution; none where none was.

    `before` and `after` are what `CropDataset.match_resolution` returns.
    """
    changed = int((after < TOLERANCE * before).sum())
    if not changed:
        return []
    medians = [float(np.median(before[synthetic == label])) for label in (False, True)]
    return [
        f"bona fide crops show {medians[0]:.0f} pixels of their photographs on a side, synthetic ones "
        f"{medians[1]:.0f} (medians): {counted(changed, 'crop')} reduced, so that resolution tells nothing "
        "(match_resolution)"
    ]


def size_notes(size: int, dataset: CropDataset) -> list[str]:
    """That crops are smaller than the `size` pixels that the network sees; none where they are not."""
    smaller = sorted({header.size for header in dataset.headers if header.size < size})
    if not smaller:
        return []
    sizes = ", ".join(f"{size}" for size in smaller)
    return [
        f"crops of {sizes} pixels are enlarged to the {size} that the network sees, which adds no "
        f"detail: align with --size {size}, or lower --size"
    ]


def template_notes(config: ClassifierConfig, dataset: CropDataset) -> list[str]:
    """That a face network sees other crops than its recogniser was trained on; none where it does not."""
    other = sorted({header.template for header in dataset.headers} - {Template.ARCFACE})
    if not config.backbone.startswith(FACE_PREFIX) or not other:
        return []
    return [
        f"recognisers see crops of the template {Template.ARCFACE}, these are of {', '.join(other)}: the "
        "weights of one lose their worth on them; align without --template"
    ]


def forging_notes(config: ClassifierConfig, dataset: CropDataset, forgeries: int) -> list[str]:
    """How much is forged, at what size, and how many forgeries are validated with; none without forging."""
    if not config.forge.share:
        return []
    notes = [f"{config.forge.share:.0%} of each batch is forged: {', '.join(config.forge.methods)}"]
    largest = max(header.size for header in dataset.headers)
    if largest > config.size:
        notes.append(
            f"forgeries are made at the {config.size} pixels that the network sees, of crops of {largest}: "
            "it may overlook those made before a photograph was reduced; forge such with 'python -m align "
            f"forge', or align with --size {config.size}"
        )
    if forgeries:
        notes.append(
            f"no synthetic crop is held out: validated with {counted(forgeries, 'forgery', 'forgeries')} by "
            "the same methods, which says nothing of forgeries by others"
        )
    return notes


def unused_notes(left_out: bool, synthetic: int) -> list[str]:
    """That synthetic crops of the data find no place in a batch; none where they do."""
    if not left_out:
        return []
    return [
        f"the {counted(synthetic, 'synthetic crop')} of the data take no part in the training: forgeries "
        "fill their half of each batch; lower --forge, or raise --batch-size"
    ]


def doubt_notes(labels: NDArray[np.bool_], unit: str = "crop") -> list[str]:
    """That a class has too few to validate with, of labels (V,) of a `unit`; none where it has enough."""
    counts = {"bona fide": int((~labels).sum()), "synthetic": int(labels.sum())}
    few = [f"{count:,} {name}" for name, count in counts.items() if count < FEWEST_TO_VALIDATE]
    if not few:
        return []
    return [
        f"validated with only {' and '.join(few)} {unit}s ({FEWEST_TO_VALIDATE} of each are the least): "
        "threshold, temperature and figures are not to be relied on"
    ]
