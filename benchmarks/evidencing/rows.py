"""The rows of the experiment: a method of forging left out, and what three encoders make of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from benchmarks.evidencing.measure import CutEncoder, Rates, open_examination
from benchmarks.evidencing.people import Parted, part_people
from benchmarks.evidencing.timed import refuse_other_time, trained_for
from benchmarks.forging.trial import Trial
from benchmarks.transferring.crops import align_set
from common.metrics.figures import CLASSIFICATION, VERIFICATION
from common.models.fused.checkpoint import load_fused
from common.models.load_encoder import load_encoder
from common.runtime.atomic import write_text_atomically
from train.data.dataset import CropDataset
from train.fusion.request import FuseRequest
from train.fusion.run import fuse

LIGHT = [f"augment.{name}=0" for name in ("scale", "shift", "blur", "downscale", "jpeg", "occlusion")]
Cut = tuple[int, str, tuple[str, ...]]
FACES: Cut = (112, "arcface", ())  # which recognisers are fine-tuned on
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Setting:
    """What all rows share.

    Attributes:
        people: a folder with one of photographs for each person.
        cut: pixels, template and further words of `align run` for the crops that a fused encoder takes.
        sets: shards of other people's forgeries, cut so, that the classifier is trained on as well.
        recogniser: what `load_encoder` takes.
        classifier: words of `train classifier`.
        minutes: of each training.
        out: the folder of everything.
    """

    people: Path
    cut: Cut
    sets: tuple[Path, ...]
    recogniser: str
    classifier: tuple[str, ...]
    minutes: float
    out: Path

    def parted(self, seed: int) -> Parted:
        """The people by the split of a seed."""
        return part_people(self.people, self.out / f"people-{seed}", seed)

    def aligned(self, photographs: Path, cut: Cut | None = None) -> Path:
        """Shards of photographs of `parted`, made once; of crops that are cut otherwise if that is told."""
        kind = "wide" if cut is None else "faces"
        return align_set(photographs, photographs.with_name(f"{photographs.name}-{kind}"), *cut or self.cut)


class Result(BaseModel):
    """What a row came to."""

    model_config = ConfigDict(frozen=True)

    left_out: str
    seed: int
    minutes: float
    people_trained: int
    people_tested: int
    pairs: int
    gammas: tuple[float, float]  # of `fused` and of `alone`
    classifier: float  # its EER of single crops
    recogniser: Rates
    fine_tuned: Rates
    fused: Rates
    alone: Rates  # with γ chosen for the known methods alone


def measured(trial: Trial, setting: Setting) -> Result:
    """The result of a row, from the disk where it lies there. Raises UserError as `trained_for`."""
    name = f"{re.sub('[^a-z]+', '-', trial.left_out)}-{trial.seed}"
    stored = setting.out / "rows" / f"{name}.json"
    if stored.is_file():
        known = Result.model_validate_json(stored.read_bytes())
        refuse_other_time(stored, known.minutes, setting.minutes)
        return known
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
    parted = setting.parted(trial.seed)
    wide, tested = setting.aligned(parted.known), setting.aligned(parted.tested)
    encoder = load_encoder(setting.recogniser).encoder
    forged = ["--forge-methods", ",".join(trial.trained), "--seed", trial.seed]
    tuned = trained_for(
        [
            *("run", "--config", "forge", "--backbone", encoder.backbone_name),
            *("--pretrained", setting.recogniser, "--data", setting.aligned(parted.known, FACES), *forged),
            *("--set", f"validation.split={parted.split}", "--set", "validation.pairs_per_category=50"),
        ],
        VERIFICATION,
        setting.minutes,
        runs / "fine-tuned",
    )
    words = classifier_words(setting, wide, parted.split, trial.trained, trial.seed)
    classifier = trained_for(words, CLASSIFICATION, setting.minutes, runs / "classifier")
    file = runs / "fused.safetensors"
    asked = FuseRequest((wide,), parted.split, methods=trial.trained)
    joined = fuse(setting.recogniser, classifier, file, asked)
    dataset = CropDataset(tested, size=joined.info.crops.size)
    test = open_examination(dataset, trial.tested, trial.seed)
    fused, chosen = load_fused(file)[0], joined.chosen
    assert chosen is not None
    fusions = chosen.fusion, chosen.alone
    vectors = test.embed_joined(fused, fusions)
    before, after = (
        test.rates(test.embed(CutEncoder(each, dataset).eval(), CPU))
        for each in (encoder, load_encoder(str(tuned)).encoder)
    )
    return Result(
        left_out=trial.left_out,
        seed=trial.seed,
        minutes=setting.minutes,
        people_trained=len(CropDataset(wide).identity_names),
        people_tested=len(dataset.identity_names),
        pairs=len(test.pairs.categories),
        gammas=(fusions[0].gamma, fusions[1].gamma),
        classifier=test.classifier_eer(vectors[1], fusions[1]),
        recogniser=before,
        fine_tuned=after,
        fused=test.rates(vectors[0]),
        alone=test.rates(vectors[1]),
    )
