"""Ensemble of classifiers: the mean of their calibrated logits, against the mean of their thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.options import AlignOptions, FaceChoice, is_number
from common.metrics.figures import CLASSIFICATION
from common.models.classifier_checkpoint import OperatingPoint
from common.models.classifier_files import ClassifierFile, classifier_files
from common.models.leaderboard import best_checkpoint
from common.models.training_facts import pixel_digest
from common.runtime.device import Device
from common.runtime.errors import ParameterError
from infer.classification.align_faces import Views
from infer.classification.member import Member, open_member
from infer.cropping import CropRequest, options_for

ASKED = "as asked for"
_SEARCH = ("detector", "det_size", "min_score", "min_face", "face")  # what a face depends on, not its crop


@dataclass(frozen=True)
class Ensemble:
    """One classifier or several, and where their mean becomes a verdict."""

    members: tuple[Member, ...]
    point: OperatingPoint  # of the mean; its temperature is 1, since the logits are calibrated already
    ways: tuple[AlignOptions, ...]  # all that crops of photographs are cut by
    way_of: tuple[int, ...]  # of each member, an index of `ways`

    @property
    def takes_all_faces(self) -> bool:
        """Whether each face of a photograph is classified, or the most prominent one."""
        return self.ways[0].face is FaceChoice.ALL

    def was_taught(self, views: Views) -> bool:
        """Whether a face, cut in all `ways`, is known to have taught a member by a pseudo-label."""
        return any(
            pixel_digest(views[way]) in member.info.pseudo.digests
            for member, way in zip(self.members, self.way_of, strict=True)
            if member.info.pseudo is not None
        )

    def logits(self, faces: Sequence[Views]) -> NDArray[np.float64]:
        """(N,) calibrated logits, the mean over the members, of faces cut in all `ways`."""
        each = [
            member.logits([views[way] for views in faces])
            for member, way in zip(self.members, self.way_of, strict=True)
        ]
        mean: NDArray[np.float64] = np.mean(each, axis=0)
        return mean


def load_ensemble(
    files: Sequence[Path],
    checkpoints: Path,
    crops: CropRequest,
    device: Device = Device.AUTO,
    threshold: float | None = None,
    views: Sequence[str] | None = None,
) -> Ensemble:
    """The classifiers of some checkpoints, or else of the best one.

    Args:
        files: checkpoints, and folders whose checkpoints are taken; none for the best one.
        checkpoints: folder that the best is looked for in.
        crops: what is asked of the crops of photographs; else they are as in the training of each.
        device: where the networks run; with CPU, faces are found there too.
        threshold: in [0, 1], of P(synthetic), in the place of the models' own; then each face gets a verdict.
        views: names of views that logits are averaged over beside the crop; None for those of each file.

    Raises UserError where there is no such classifier, where one cannot take the views, where they do not
    look for faces in one way, and for a threshold out of range.
    """
    chosen = classifier_files(files)
    if not chosen:
        best = best_checkpoint(checkpoints, CLASSIFICATION)
        chosen = [ClassifierFile(best.path, f"the best of {checkpoints}: {best.why}")]
    members = tuple(open_member(file, why, crops, device, views) for file, why in chosen)
    _refuse_other_searches(members)
    cut = [options_for(member.crops, member.crops.size, crops.aligned) for member in members]
    if device is Device.CPU:
        cut = [replace(options, device=Device.CPU) for options in cut]
    ways = tuple(dict.fromkeys(cut))
    point = _mean_point([member.info.point for member in members])
    if threshold is not None:
        if not (is_number(threshold) and 0 <= threshold <= 1):
            raise ParameterError("{threshold} must be from 0 to 1, not {}", threshold)
        point = OperatingPoint(threshold=threshold, threshold_from=ASKED, undecided=(threshold, threshold))
    return Ensemble(members, point, ways, tuple(ways.index(options) for options in cut))


def _mean_point(points: Sequence[OperatingPoint]) -> OperatingPoint:
    """The mean of thresholds and of bands; one without a band has none at its own threshold.

    Else equal ends far from it would draw the mean band away from the mean threshold, and faces between them
    were bona fide that are likelier to be synthetic than undecided ones.
    """
    bands = [
        point.undecided if point.undecided[0] < point.undecided[1] else (point.threshold, point.threshold)
        for point in points
    ]
    lows, highs = zip(*bands, strict=True)
    said = "; ".join(dict.fromkeys(point.threshold_from for point in points))
    return OperatingPoint(
        threshold=float(np.mean([point.threshold for point in points])),
        threshold_from=said if len(points) == 1 else f"the mean of {len(points)} models': {said}",
        undecided=(float(np.mean(lows)), float(np.mean(highs))),
    )


def _refuse_other_searches(members: Sequence[Member]) -> None:
    first = members[0]
    for other in members[1:]:
        differ = [name for name in _SEARCH if getattr(first.crops, name) != getattr(other.crops, name)]
        if differ:
            told = ", ".join(f"{{{name}}}" for name in differ)
            raise ParameterError(
                f"{{}} and {{}} were trained on faces that were looked for in different ways; say for both "
                f"{told}",
                first.file,
                other.file,
            )
