"""`train fuse` from top to bottom: two towers to one checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from common.formats.pair_category import PairCategory
from common.metrics.figures import finite
from common.models.fused.checkpoint import FusedInfo, save_fused
from common.models.fused.encoder import FusedEncoder
from common.models.fused.fusion import Fusion
from common.models.other_crops import refuse_other_frame
from common.models.training_facts import ValidationFacts
from common.runtime.errors import ParameterError
from common.runtime.float32 import exact_float32
from common.runtime.torch_device import memory_told, settled_device
from common.runtime.wording import counted
from train.data.dataset import CropDataset, FaceCrops
from train.data.forging import WithForgeries, forgeable_crops, with_forgeries
from train.data.forging_config import ForgeConfig
from train.data.validation_pairs import ValidationPairs, draw_validation_pairs
from train.fusion.choose import Chosen, Said, choose
from train.fusion.held_out import people_to_choose_on
from train.fusion.request import FuseRequest
from train.fusion.towers import Towers, open_towers
from train.tasks.verification.facts import synthetic_pairs, validation_facts

BATCH = 64
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Fused:
    """The outcome."""

    info: FusedInfo
    chosen: Chosen | None  # None without data
    notes: list[str]  # what a person should know of it


def fuse(
    recogniser: str,
    classifier: Path,
    out: Path,
    asked: FuseRequest,
    progress: Progress = lambda done, total: None,
) -> Fused:
    """Join a recogniser and a classifier, and write the checkpoint of the fused encoder.

    Args:
        recogniser: what `load_encoder` takes.
        classifier: its checkpoint.
        out: the file, which must not be one of the towers'.
        asked: the data to choose on, if any.
        progress: is called with crops seen and in all.

    Raises UserError as `open_towers`, for crops that are cut otherwise, and where no held-out people give
    pairs; OSError when the file cannot be written.
    """
    if out.resolve() in (Path(recogniser).resolve(), classifier.resolve()):
        raise ParameterError("{out} {} is one of the towers; name another file", out)
    towers = open_towers(recogniser, classifier)
    point = towers.classifier.info.point
    start = Fusion(
        features=towers.recogniser.encoder.embedding_size,
        temperature=point.temperature,
        synthetic_from=point.threshold,
    )
    fused, info, notes = towers.fused(start), _info(towers, start), _assumed(towers)
    chosen = None
    if asked.data:
        chosen, info, of_people = _chosen_on(towers, fused, info, asked, progress)
        notes += of_people + chosen.doubts
        fused = towers.fused(chosen.fusion)
    else:
        notes.append(
            "nothing was chosen: without --data γ is 1, and temperature and threshold the towers' own"
        )
    save_fused(out, fused.cpu(), info)
    return Fused(info, chosen, notes)


def _info(towers: Towers, fusion: Fusion) -> FusedInfo:
    encoder, judge = towers.recogniser, towers.classifier.info
    own = encoder.info.threshold if encoder.info else None
    trained = [encoder.info.trained_on if encoder.info else "", judge.trained_on]
    return FusedInfo(
        backbone=encoder.encoder.backbone_name,
        backbone_input=encoder.encoder.input_format,
        network=judge.network,
        network_input=judge.input_format,
        planes=judge.planes,
        crops=towers.crops,
        fusion=fusion,
        recogniser=Path(towers.recogniser_name).name,
        classifier=Path(towers.classifier_name).name,
        threshold=own,
        threshold_from="" if own is None else "the recogniser's own, from its validation pairs",
        trained_on=f"recogniser: {trained[0] or 'not known'}; classifier: {trained[1] or 'not known'}",
        synthetic=judge.synthetic and judge.synthetic.model_copy(update={"eer": None, "pairs": 0}),
    )


def _assumed(towers: Towers) -> list[str]:
    tower_infos = {"recogniser": towers.recogniser.info, "classifier": towers.classifier.info}
    return [
        f"the {tower} does not say how its crops were taken: by the defaults of 'align run' is assumed"
        for tower, info in tower_infos.items()
        if info is not None and info.crops is None  # published weights take arcface crops
    ]


def _chosen_on(
    towers: Towers, fused: FusedEncoder, info: FusedInfo, asked: FuseRequest, progress: Progress
) -> tuple[Chosen, FusedInfo, list[str]]:
    dataset = CropDataset(*asked.data, allow_missing=asked.allow_missing, size=info.crops.size)
    for header in dataset.headers:
        refuse_other_frame(asked.data[0], header, info.crops)
    splits = {"the run of --split": asked.split} if asked.split else towers.splits()
    people, notes = people_to_choose_on(dataset.identity_names.tolist(), splits)
    crops = _with_forgeries(dataset, people, asked.methods)
    if crops.forgeries:
        made = counted(crops.forgeries, "forgery", "forgeries")
        notes.append(f"people without synthetic crops are judged by {made} of our own of them")
    pairs = draw_validation_pairs(crops, people, asked.pairs, asked.seed)
    with memory_told("embedding"):
        said = _said(fused.to(settled_device(asked.device)), crops, pairs, progress)
    chosen = choose(said, info.fusion, asked.sureness)
    facts = validation_facts(crops, pairs)
    if (interval := chosen.after.intervals.get("eer")) is not None:
        facts = facts.model_copy(update={"eer_low": interval.low, "eer_high": interval.high})
    if chosen.least.eer < chosen.after.eer:
        notes.append(
            f"γ is chosen for unknown methods of forging as well; for those at hand alone (--sureness 1) the "
            f"EER overall would be {chosen.least.eer:.4f}"
        )
    if (doubt := facts.doubts()) is not None:
        notes.append(f"what was chosen is not to be relied on: {doubt}")
    return chosen, _with_choice(info, chosen, facts, pairs), notes


def _with_forgeries(dataset: CropDataset, people: set[str], methods: tuple[str, ...]) -> WithForgeries:
    """The crops, and forgeries of those people who have no synthetic crop of their own."""
    held_out = np.isin(dataset.identity_names, sorted(people))[dataset.identities]
    return with_forgeries(dataset, forgeable_crops(dataset), held_out, ForgeConfig(methods=methods))


def _said(fused: FusedEncoder, crops: FaceCrops, pairs: ValidationPairs, progress: Progress) -> Said:
    """What the towers say of the crops of pairs, each of which is seen once."""
    rows, positions = np.unique(pairs.rows, return_inverse=True)
    device = next(fused.parameters()).device
    features, logits, scattered = [], [], []
    with torch.inference_mode(), exact_float32():
        for start in range(0, len(rows), BATCH):
            batch = crops[rows[start : start + BATCH]].crops.to(device)
            said, logit = fused.towers(batch, mirror=True)
            features.append(said.cpu().double().numpy())
            logits.append(logit.cpu().double().numpy())
            scattered.append(fused.scatter(batch).cpu().double().numpy())
            progress(min(start + BATCH, len(rows)), len(rows))
    first, second = (positions := positions.reshape(-1, 2)).T
    cosines = [
        np.einsum("pd,pd->p", vectors[first], vectors[second])
        for vectors in (np.concatenate(features), np.concatenate(scattered))
    ]
    return Said(
        similarity=cosines[0].clip(-1, 1),
        scattered=cosines[1],
        logits=np.concatenate(logits),
        synthetic=crops.synthetic[rows],
        positions=positions.astype(np.int64),
        categories=pairs.categories,
        people=crops.identities[pairs.rows],
    )


def _with_choice(
    info: FusedInfo, chosen: Chosen, facts: ValidationFacts, pairs: ValidationPairs
) -> FusedInfo:
    after = chosen.after
    is_known = -1 <= after.threshold <= 1
    synthetic = info.synthetic and info.synthetic.model_copy(
        update={
            "eer": finite(after.eer_by_category[PairCategory.SYNTHETIC]),
            "pairs": synthetic_pairs(pairs),
        }
    )
    return info.model_copy(
        update={
            "fusion": chosen.fusion,
            "threshold": after.threshold if is_known else None,
            "threshold_from": "the EER's of people held out" if is_known else "",
            "eer": after.eer,
            "validation": pairs.fingerprint,
            "synthetic": synthetic,
            "validated": facts,
        }
    )
