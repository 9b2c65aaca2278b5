"""`train pseudo-label` from top to bottom: models and crops without labels to crops with guesses."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.shard_folder import ShardFolder, open_folder
from common.models.classifier_checkpoint import LoadedClassifier
from common.models.classifier_ensemble import load_classifiers
from common.models.classifier_files import classifier_files
from common.models.view_names import DEFAULT_VIEWS
from common.runtime.checksum import file_sha256
from common.runtime.errors import ParameterError, UserError
from common.runtime.torch_device import memory_told, settled_device
from common.runtime.version import installed_version
from train.data.dataset import CropDataset
from train.pseudo_labels.guess import UNCERTAIN, guesses, probabilities
from train.pseudo_labels.provenance import (
    PROVENANCE_FILE,
    Asked,
    GuessingModel,
    PseudoLabels,
    read_provenance,
)
from train.pseudo_labels.request import TABLE_SUFFIX, PseudoLabelRequest
from train.pseudo_labels.unlabelled import left_out, open_unlabelled
from train.pseudo_labels.write import pseudo_ids, write_pseudo_shards, write_pseudo_table

ALMOST_ALL = 0.95  # of the pseudo-labels of one class: models that favour it would teach their bias
FAR_OFF = 0.2  # by which the share of a class differs from that in the training


@dataclass(frozen=True)
class PseudoLabelling:
    """The outcome, and whether it was there already."""

    labels: PseudoLabels
    notes: list[str]  # what a person should know of it
    there: bool


def pseudo_label(
    models: Sequence[Path],
    data: Path,
    out: Path,
    asked: PseudoLabelRequest,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PseudoLabelling:
    """Give pseudo-labels to the crops of shards, of which models are certain; see `PseudoLabelRequest`.

    Args:
        models: checkpoints of classifiers, and folders of folds.
        data: a folder of shards without labels.
        out: a folder for shards with a row for each guess, or a `.csv`. It is whole or absent; where it has
            these very pseudo-labels already nothing is done.
        asked: when a guess is certain enough, and how it comes about.
        progress: is called with crops done and in all.

    Raises UserError as `open_unlabelled` and `load_classifier`, for a head over time, where `out` is
    something else, and, of a table, where photographs are not called by whole numbers.
    """
    files = [file.path for file in classifier_files(models)]
    members = load_classifiers(files)
    for file, member in zip(files, members, strict=True):
        if member.info.temporal.is_learnt:
            raise UserError(
                f"{file} has a head over time ({member.info.temporal}), and pseudo-labels are given to crops "
                "one by one; name a classifier of frames"
            )
    dataset = open_unlabelled(data, members, asked.allow_missing)
    is_table = out.suffix.lower() == TABLE_SUFFIX
    paths = dataset.paths()
    if is_table:
        pseudo_ids(paths)  # refused before hours of work
    facts = _asked(files, members, dataset, asked)
    provenance = out.with_suffix(".json") if is_table else out / PROVENANCE_FILE
    there = read_provenance(provenance)  # refused where it is something else, which would be lost
    if out.exists() and (is_table or any(out.iterdir())):
        if there is None or not there.asked.is_same(facts):
            raise ParameterError("{out} {} holds something else already; name another {out}", out)
        return PseudoLabelling(there, _notes(there, members), there=True)
    others = left_out(dataset, asked.labelled, asked.allow_missing)
    with memory_told("loading the models"):
        for member in members:
            member.classifier.to(settled_device(asked.device))
    probability = probabilities(dataset, members, facts.views, progress)
    reasons = _reasons(probability, asked.at, others)
    guessed = guesses(probability, asked.at)
    guessed[list(reasons)] = UNCERTAIN
    labels = _counted(facts, guessed, reasons, members)
    if is_table:
        write_pseudo_table(out, paths, guessed, labels)
    else:
        write_pseudo_shards(out, dataset, guessed, reasons, labels)
    return PseudoLabelling(labels, _notes(labels, members), there=False)


def _reasons(probability: NDArray[np.float64], at: float, others: dict[int, str]) -> dict[int, str]:
    """Why rows get no pseudo-label, by row: for other reasons, or because the models are not certain."""
    uncertain = f"P(synthetic) is neither above {at:g} nor below {1 - at:g}"
    rows = np.flatnonzero(guesses(probability, at) == UNCERTAIN).tolist()
    return dict.fromkeys(rows, uncertain) | others


def _counted(
    facts: Asked, guessed: NDArray[np.int8], reasons: dict[int, str], members: Sequence[LoadedClassifier]
) -> PseudoLabels:
    synthetic, bona_fide = int((guessed == 1).sum()), int((guessed == 0).sum())
    return PseudoLabels(
        asked=facts,
        crops=len(guessed),
        synthetic=synthetic,
        bona_fide=bona_fide,
        left_out=dict(sorted(Counter(reasons.values()).items())),
        share=synthetic / (synthetic + bona_fide) if synthetic + bona_fide else None,
        share_trained=_share_trained(members),
        made_with=installed_version(),
    )


def _asked(
    files: Sequence[Path],
    members: Sequence[LoadedClassifier],
    dataset: CropDataset,
    asked: PseudoLabelRequest,
) -> Asked:
    models = [
        GuessingModel(
            file=str(file),
            sha256=file_sha256(file),
            network=member.info.network,
            temperature=member.info.point.temperature,
            trained_on=member.info.trained_on,
        )
        for file, member in zip(files, members, strict=True)
    ]
    return Asked(
        models=tuple(models),
        at=asked.at,
        views=DEFAULT_VIEWS if asked.tta is None else asked.tta,
        data=str(dataset.folders[0].path.resolve()),
        fingerprint=_fingerprint(dataset.folders[0]),
        labelled=tuple(_fingerprint(open_folder(each)) for each in asked.labelled),
    )


def _fingerprint(folder: ShardFolder) -> str:
    """Equal for the same shards, byte by byte."""
    sums = "".join(map(file_sha256, folder.shards))
    return hashlib.sha256(sums.encode()).hexdigest()[:16]


def _share_trained(members: Sequence[LoadedClassifier]) -> float | None:
    """The mean share of synthetic crops among those that the models were trained on; None: not known."""
    shares = [
        member.info.synthetic.crops / member.info.trained_crops
        for member in members
        if member.info.synthetic is not None and member.info.trained_crops
    ]
    return float(np.mean(shares)) if len(shares) == len(members) else None


def _notes(labels: PseudoLabels, members: Sequence[LoadedClassifier]) -> list[str]:
    share, trained = labels.share, labels.share_trained
    if share is None:
        return ["the models are certain of no crop: lower --at, or train them longer"]
    notes = []
    if max(share, 1 - share) >= ALMOST_ALL:
        one = "synthetic" if share > 0.5 else "bona fide"
        notes.append(
            f"{max(share, 1 - share):.1%} of the pseudo-labels are {one}: models trained on them will say so "
            "ever more often (confirmation bias), unless nearly all of these faces are; look at some"
        )
    elif trained is not None and abs(share - trained) > FAR_OFF:
        notes.append(
            f"{share:.1%} of the pseudo-labels are synthetic, and {trained:.1%} of what the models were "
            "trained on: they may be surer of one class than of the other"
        )
    if any(member.info.pseudo is not None for member in members):
        notes.append(
            "the models learnt pseudo-labels themselves; of the same crops they repeat what they learnt"
        )
    return notes
