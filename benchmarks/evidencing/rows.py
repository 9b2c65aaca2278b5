"""The rows of the experiment: a method of forging left out, and what three encoders make of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from benchmarks.evidencing.measure import CutEncoder, Rates, open_examination
from benchmarks.evidencing.people import part_people
from benchmarks.evidencing.timed import trained_for
from benchmarks.forging.trial import Trial
from common.metrics.figures import CLASSIFICATION, VERIFICATION
from common.models.fused.checkpoint import load_fused
from common.models.load_encoder import load_encoder
from common.runtime.atomic import write_text_atomically
from train.data.dataset import CropDataset
from train.fusion.request import FuseRequest
from train.fusion.run import fuse

LIGHT = [f"augment.{name}=0" for name in ("scale", "shift", "blur", "downscale", "jpeg", "occlusion")]
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Setting:
    """What all rows share.

    Attributes:
        wide: shards of the people, cut as the classifier takes them.
        faces: the same photographs as arcface crops, for fine-tuning.
        sets: shards of other people's forgeries, cut as `wide`, that the classifier is trained on as well.
        recogniser: what `load_encoder` takes.
        classifier: words of `train classifier`.
        minutes: of each training.
        out: the folder of everything.
    """

    wide: Path
    faces: Path
    sets: tuple[Path, ...]
    recogniser: str
    classifier: tuple[str, ...]
    minutes: float
    out: Path


class Result(BaseModel):
    """What a row came to."""

    model_config = ConfigDict(frozen=True)

    left_out: str
    seed: int
    minutes: float
    people_trained: int
    people_tested: int
    pairs: int
    gamma: float
    classifier: float  # its EER of single crops
    recogniser: Rates
    fine_tuned: Rates
    fused: Rates


def measured(trial: Trial, setting: Setting) -> Result:
    """The result of a row, from the disk where it lies there. Raises UserError as `trained_for`."""
    name = f"{re.sub('[^a-z]+', '-', trial.left_out)}-{trial.seed}"
    stored = setting.out / "rows" / f"{name}.json"
    if stored.is_file():
        return Result.model_validate_json(stored.read_bytes())
    found = _measured(trial, setting, setting.out / "runs" / name)
    stored.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(stored, found.model_dump_json(indent=1) + "\n")
    return found


def classifier_words(
    setting: Setting, known: Path, split: Path, methods: Sequence[str], seed: int
) -> list[object]:
    """The words that train the classifier: on forgeries of the known people, and on those of others."""
    share = 0.25 if setting.sets else 0.5  # synthetic crops of the data fill a part of the batch, too
    words: list[object] = ["classifier", *setting.classifier, "--data", known]
    for folder in setting.sets:
        words += ["--data", folder]
    words += ["--forge", share, "--forge-methods", ",".join(methods), "--seed", seed]
    for setting_of_it in [*LIGHT, "forge.post_processing=0.1", f"validation.split={split}"]:
        words += ["--set", setting_of_it]
    return words


def _measured(trial: Trial, setting: Setting, runs: Path) -> Result:
    wide = part_people(setting.wide, setting.out / f"wide-{trial.seed}", trial.seed)
    faces = part_people(setting.faces, setting.out / f"faces-{trial.seed}", trial.seed)
    encoder = load_encoder(setting.recogniser).encoder
    forged = ["--forge-methods", ",".join(trial.trained), "--seed", trial.seed]
    tuned = trained_for(
        [
            *("run", "--config", "forge", "--backbone", encoder.backbone_name),
            *("--pretrained", setting.recogniser, "--data", faces.known, *forged),
            *("--set", f"validation.split={faces.split}", "--set", "validation.pairs_per_category=50"),
        ],
        VERIFICATION,
        setting.minutes,
        runs / "fine-tuned",
    )
    words = classifier_words(setting, wide.known, wide.split, trial.trained, trial.seed)
    classifier = trained_for(words, CLASSIFICATION, setting.minutes, runs / "classifier")
    file = runs / "fused.safetensors"
    asked = FuseRequest((wide.known,), wide.split, methods=trial.trained)
    joined = fuse(setting.recogniser, classifier, file, asked)
    dataset = CropDataset(wide.tested, size=joined.info.crops.size)
    test = open_examination(dataset, trial.tested, trial.seed)
    fused = load_fused(file)[0]
    vectors = test.embed(fused, CPU)
    before, after = (
        test.rates(test.embed(CutEncoder(each, dataset).eval(), CPU))
        for each in (encoder, load_encoder(str(tuned)).encoder)
    )
    return Result(
        left_out=trial.left_out,
        seed=trial.seed,
        minutes=setting.minutes,
        people_trained=len(CropDataset(wide.known).identity_names),
        people_tested=len(dataset.identity_names),
        pairs=len(test.pairs.categories),
        gamma=joined.info.fusion.gamma,
        classifier=test.classifier_eer(vectors, fused.fusion),
        recogniser=before,
        fine_tuned=after,
        fused=test.rates(vectors),
    )
