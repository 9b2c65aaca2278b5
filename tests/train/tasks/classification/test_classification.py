"""Runs of the classifier's training on small crops, from the first step to the checkpoint."""

import dataclasses
import json
import signal
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind
from common.formats.shards import ShardHeader, ShardRows, open_shard, read_header, read_rows, write_shard
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.classifier_checkpoint import load_classifier, read_classifier_info
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.leaderboard import best_checkpoint
from common.runtime.errors import UserError
from train import loop
from train.config import TrainConfig
from train.data.split import write_split
from train.load_config import load_config
from train.loggers.base import Logger, StepRecord
from train.loop import Outcome
from train.packaged_configs import packaged_config_names
from train.start import resume_run, resumed_config, start_run
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.data import prepare_data
from train.tasks.classification.initial_weights import initial_classifier
from train.tasks.classification.task import HAS_SEEN

pytestmark = pytest.mark.slow

Settings = Callable[..., ClassifierConfig]
Written = Callable[[Sequence[str], Sequence[int]], Path]


class Notes(Logger):
    """Keeps what is told, and interrupts after a step where it is asked to."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.told: list[str] = []
        self._interrupt_at = interrupt_at

    def noted(self, message: str) -> None:
        self.told.append(message)

    def stepped(self, record: StepRecord) -> None:
        if record.step == self._interrupt_at:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def settings(tiny_shards: Path) -> Settings:
    def configured(out: Path, **changes: Any) -> ClassifierConfig:
        small = {
            "data": tiny_shards, "out": out, "backbone": "timm:mobilenetv2_035", "size": 32, "epochs": 2,
            "batch.size": 8, "batch.loader_workers": 0, "hardware.accelerator": "cpu",
            "validation.share": 0.34, "optimiser.warmup_steps": 2, "dropout": 0.1,
        }  # fmt: skip
        return load_config(ClassifierConfig, None, small | changes)

    return configured


@pytest.fixture
def written(tmp_path: Path, make_rows: Callable[..., ShardRows], shard_header: ShardHeader) -> Written:
    """Shards of noise with these identities and flags."""

    def write(names: Sequence[str], synthetic: Sequence[int]) -> Path:
        rng = np.random.default_rng(len(names))
        images = rng.integers(0, 256, (len(names), 112, 112, 3), dtype=np.uint8)
        folder = tmp_path / f"shards-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        write_shard(folder / "shard-00000.h5", shard_header, make_rows(images, names, synthetic))
        return folder

    return write


def history(out: Path) -> list[dict[str, Any]]:
    records = json.loads((out / "performance_history.json").read_text(), parse_constant=pytest.fail)
    return [{**record, "run": ""} for record in records]


def test_an_interrupted_run_goes_on_to_the_same_bits(settings: Settings, tmp_path: Path) -> None:
    changes = {"forge.share": 0.25, "forge.methods": ["self-blend"]}
    whole = start_run(settings(tmp_path / "whole", **changes), Notes())
    part = start_run(settings(tmp_path / "part", **changes), Notes(interrupt_at=3))
    assert part.interrupted and not whole.interrupted
    with pytest.raises(UserError, match=r"no run in .* has a saved state"):
        resumed_config(TrainConfig, None, None, {"out": tmp_path / "part"})
    with pytest.raises(UserError, match="task classification, which 'train run' does not resume"):
        resumed_config(TrainConfig, part.folder.run, None, {"out": tmp_path / "part"})
    resumed = resume_run(*resumed_config(ClassifierConfig, None, None, {"out": tmp_path / "part"}), Notes())
    one, other = load_file(whole.last_checkpoint), load_file(resumed.last_checkpoint)
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    assert history(tmp_path / "whole") == history(tmp_path / "part")


def test_what_reads_ahead_ends_with_its_run_though_something_keeps_that(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes would else be waited for at the end of Python, which ignore that they are to end."""
    kept: list[object] = []
    loaders: list[weakref.ref[object]] = []

    class Kept(loop._Run):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            kept.append(self)
            loaders.append(weakref.ref(self.loader))

    monkeypatch.setattr("train.loop._Run", Kept)
    start_run(settings(tmp_path, epochs=1), Notes())
    assert len(kept) == 1 and [loader() for loader in loaders] == [None]


def test_the_checkpoint_says_how_to_come_to_a_verdict(
    settings: Settings, tmp_path: Path, tiny_shards: Path
) -> None:
    notes = Notes()
    outcome: Outcome = start_run(settings(tmp_path, recipe="mine", label_smoothing=0.05), notes)
    records = history(tmp_path)
    assert [record["epoch"] for record in records] == [0, 1, 2]
    last = records[-1]
    assert {"auc", "f1", "eer", "apcer", "bpcer", "ece", "ece_before", "brier", "log_loss"} <= last.keys()
    assert last["intervals"]["auc"][0] <= last["auc"] <= last["intervals"]["auc"][1]
    loaded = load_classifier(outcome.last_checkpoint)
    info, point = loaded.info, loaded.info.point
    assert info.recipe == "mine" and info.network == "timm:mobilenetv2_035" and info.input_format.size == 32
    assert (point.temperature, point.threshold) == (last["temperature"], last["threshold"])
    assert point.threshold_from == "the EER of 18 crops held out"
    assert point.undecided == (last["undecided/low"], last["undecided/high"])
    assert info.synthetic is not None and info.synthetic.crops == 12
    assert loaded.standing.figures["auc"] == last["auc"]
    best = best_checkpoint(outcome.last_checkpoint.parent, "classification")
    assert "validation AUC" in best.why and best.path.name.startswith("auc")
    assert any("validated with only 12 bona fide and 6 synthetic crops" in note for note in notes.told)
    assert outcome.folder.curves.stat().st_size > 5000


def test_bona_fide_faces_alone_are_enough_with_forging(
    settings: Settings, written: Written, tmp_path: Path
) -> None:
    data = written([f"p{n // 3}" for n in range(30)], [0] * 30)
    with pytest.raises(UserError, match=r"no synthetic crops to train on.*--forge 0\.5"):
        start_run(settings(tmp_path / "a", data=data), Notes())
    notes = Notes()
    outcome = start_run(settings(tmp_path / "b", data=data, epochs=1, **{"forge.share": 0.5}), notes)
    told = "\n".join(notes.told)
    assert "50% of each batch is forged" in told and "says nothing of forgeries by others" in told
    assert "forgeries are made at the 32 pixels that the network sees, of crops of 112" in told
    info = read_classifier_info(outcome.last_checkpoint)
    assert info.synthetic is not None and "self-blend" in info.synthetic.methods


@pytest.mark.parametrize(
    ("names", "synthetic", "told"),
    [
        (["a", "b", "c", "d"] * 5, [1] * 20, "no bona fide crops to train on"),
        (["a", "b", "c", "d", "e"] * 4, ([0] * 4 + [1]) * 4, "no synthetic crop to validate with"),
        (["a"] * 20, [0, 1] * 10, "no bona fide crop to validate with among the 0 held out of 20"),
    ],
)
def test_data_without_both_classes_on_both_sides_is_refused(
    settings: Settings, written: Written, tmp_path: Path, names: list[str], synthetic: list[int], told: str
) -> None:
    config = settings(tmp_path / "logs", data=written(names, synthetic))
    with pytest.raises(UserError, match=told) as error:
        start_run(config, Notes())
    assert "\n" not in str(error.value)


def test_another_classifier_is_a_start_and_its_head_learns_faster(settings: Settings, tmp_path: Path) -> None:
    first = start_run(settings(tmp_path / "a", epochs=1), Notes()).last_checkpoint
    changes = {"pretrained": str(first), "backbone_rate": 0.1, "epochs": 1}
    notes = Notes()
    second = start_run(settings(tmp_path / "b", **changes), notes)
    assert any(note.startswith(f"weights of {first}") for note in notes.told)
    assert HAS_SEEN not in notes.told  # the same are held out
    start_run(settings(tmp_path / "e", **changes, seed=5), seen := Notes(interrupt_at=1))
    assert HAS_SEEN in seen.told
    state = torch.load(second.folder.state, weights_only=True)["parts"]["optimiser"]
    assert [group["rate"] for group in state["param_groups"]] == [1.0, 0.1]
    with pytest.raises(UserError, match="add --backbone timm:mobilenetv2_035"):
        start_run(settings(tmp_path / "c", backbone="timm:resnet18", pretrained=str(first)), Notes())
    with pytest.raises(UserError, match="sees 32 pixels, not 48; add --size 32"):
        start_run(settings(tmp_path / "d", size=48, pretrained=str(first)), Notes())


def test_a_recogniser_is_the_start_of_a_face_network(settings: Settings, tmp_path: Path) -> None:
    torch.manual_seed(1)
    recogniser = Encoder("ir_lite", InputFormat(size=32, colour="BGR"))
    info = CheckpointInfo(
        backbone="ir_lite", input_format=recogniser.input_format, run="r", epoch=1, step=1, validation="",
        threshold=None, eer=None, accuracy=None,
    )  # fmt: skip
    save_checkpoint(tmp_path / "recogniser.safetensors", recogniser, info)
    notes = Notes()
    frozen = len(recogniser.backbone.stages())
    changes = {"backbone": "face:ir_lite", "freeze": frozen, "epochs": 1}
    first = start_run(
        settings(tmp_path / "a", pretrained=str(tmp_path / "recogniser.safetensors"), **changes), notes
    )
    assert any("the last layer is random" in note for note in notes.told)
    loaded = load_classifier(first.last_checkpoint)
    assert loaded.info.input_format.colour == "BGR"
    kept, learnt = recogniser.backbone.state_dict(), loaded.classifier.network.state_dict()
    assert all(torch.equal(value, learnt[f"backbone.{name}"]) for name, value in kept.items())
    again = start_run(settings(tmp_path / "b", pretrained=str(first.last_checkpoint), **changes), Notes())
    assert read_classifier_info(again.last_checkpoint).network == "face:ir_lite"
    with pytest.raises(UserError, match="add --backbone face:ir_lite"):
        start_run(
            settings(tmp_path / "c", backbone="face:mobilefacenet", size=32,
                     pretrained=str(tmp_path / "recogniser.safetensors")), Notes(),
        )  # fmt: skip


def test_a_classifier_of_planes_trains_and_starts_from_its_like_alone(
    settings: Settings, tmp_path: Path
) -> None:
    notes = Notes()
    changes = {"planes": ["srm,rgb", "spectrum"], "epochs": 1}
    first = start_run(settings(tmp_path / "a", **changes), notes).last_checkpoint
    info = read_classifier_info(first)
    assert info.planes == ("rgb", "spectrum", "srm") and info.input_format.scale == (127.5,) * 3
    (told,) = (
        note for note in notes.told if note.startswith("activations of a batch of 8 at 32 pixels: about")
    )
    assert told.endswith(" MB, beside weights, gradients and optimiser")
    for wanted, refused in {
        str(first): r"sees the planes rgb,spectrum,srm, not rgb; add --planes rgb,spectrum,srm",
        "timm": r"sees rgb alone, not spectrum; add --pretrained none .*, or --planes rgb",
    }.items():
        other = {"planes": "spectrum" if wanted == "timm" else "rgb", "pretrained": wanted}
        with pytest.raises(UserError, match=refused):
            start_run(settings(tmp_path / "b", **other), Notes())
    with pytest.raises(UserError, match="unknown plane 'fft'; choose of rgb"):
        settings(tmp_path / "c", planes="rgb,fft")


def test_none_takes_back_what_a_recipe_starts_from() -> None:
    assert load_config(ClassifierConfig, "resnet18", {"pretrained": "none"}).pretrained is None
    config = load_config(ClassifierConfig, "resnet18", {"backbone": "sqnxt15_w1.0", "size": 32})
    with pytest.raises(UserError, match=r"no published weights.*; --pretrained none starts from random"):
        initial_classifier(config, config.pretrained)


def test_a_split_of_other_data_holds_out_all_that_belongs_to_its_people(
    settings: Settings, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = written([f"p{n // 3:02}" for n in range(30)] * 2, [0] * 30 + [1] * 30)
    split = tmp_path / "split.json"
    write_split(split, ["p04"])  # tied to p03 below, by whose name their group is called
    config = settings(tmp_path / "logs", data=data, **{"validation.split": split})
    same = [DuplicateGroup((9, 12), DuplicateKind.EXACT)]
    monkeypatch.setattr("train.tasks.classification.data.same_pictures", lambda *_: same)
    found = prepare_data(config, tmp_path / "none.json", Fabric(accelerator="cpu", devices=1))
    assert found.held_out == ["p03", "p04"] and found.held_out_groups == 1
    assert set(found.dataset.identity_names[found.dataset.identities[found.is_held_out]]) == {"p03", "p04"}


def test_pseudo_labels_teach_and_never_judge(settings: Settings, tiny_shards: Path, tmp_path: Path) -> None:
    data = tmp_path / "with_guesses"
    data.mkdir()
    for path in sorted(tiny_shards.glob("*.h5")):
        with open_shard(path) as shard:
            header, rows = read_header(shard), read_rows(shard)
        guessed = np.array([number % 9 in (0, 8) for number in range(len(rows))], np.uint8)
        write_shard(data / path.name, header, dataclasses.replace(rows, pseudo=guessed))
    config = settings(tmp_path / "logs", data=data, epochs=1)
    found = prepare_data(config, tmp_path / "none.json", Fabric(accelerator="cpu", devices=1))
    pseudo = found.dataset.pseudo
    assert not pseudo[found.validation.rows].any() and pseudo[found.trained].sum() == 8
    assert not (set(found.trained) & set(np.flatnonzero(found.is_held_out)))
    assert any("4 more are left out, tied to crops held out" in note for note in found.notes)
    info = load_classifier(start_run(config, Notes()).last_checkpoint).info
    assert info.pseudo is not None and (info.pseudo.crops, info.pseudo.synthetic) == (8, 4)
    assert info.trained_on.endswith("in with_guesses, 8 of them by pseudo-labels")
    with pytest.raises(UserError, match="12 crops of the data with pseudo-labels"):
        start_run(load_config(TrainConfig, None, {"data": data, "out": tmp_path / "encoder"}), Notes())


@pytest.mark.parametrize("name", packaged_config_names(ClassifierConfig.command))
def test_recipes_are_whole(name: str) -> None:
    config = load_config(ClassifierConfig, name, {})
    assert config.recipe == name
