"""Heads over time: trained on the tracks of clips, and used."""

import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from safetensors.torch import load_file

from align.tracks.options import USUAL_FRAMES
from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.shards import Alignment, ClipColumns, ShardHeader, ShardRows, write_shard
from common.models.classifier_checkpoint import read_classifier_info
from common.models.temporal_names import Temporal
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.classification.clip_source import images_and_clips_of
from infer.classification.ensemble import Ensemble, load_ensemble
from infer.classification.over_time import over_time
from infer.classification.request import AS_IT_IS
from infer.classify import classify_images
from infer.cropping import EVERY_FACE_AS_TRAINED
from infer.export.classifier import export_classifier
from infer.export.options import ExportOptions
from train.data.batches import BatchPlan
from train.data.dataset import CropDataset
from train.data.tracks import SequenceBatch, tracks_of
from train.folds.run_folds import start_folds
from train.load_config import load_config
from train.loggers.base import Logger, StepRecord
from train.loop import Outcome
from train.pseudo_labels.request import PseudoLabelRequest
from train.pseudo_labels.run import pseudo_label
from train.start import resume_run, resumed_config, start_run
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.data import ClassificationData, prepare_data
from train.tasks.classification.initial_weights import initial_classifier

pytestmark = pytest.mark.slow

Crop = NDArray[np.uint8]
Settings = Callable[..., ClassifierConfig]
PEOPLE, FRAMES = 6, 5


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


@pytest.fixture(scope="module")
def clips(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """Of six people each a bona fide clip of 5 faces and a frame without one, a synthetic one, a photograph.

    The synthetic clip grows dark and bright again from frame to frame.
    """
    folder = tmp_path_factory.mktemp("clips")
    images, names, flags, clip, frame, kinds = [], [], [], [], [], []
    for person, crop in enumerate(crops):
        for synthetic in (False, True):
            for number in range(FRAMES):
                shade = 0.5 if synthetic and number % 2 else 1.0
                images.append(cv2.convertScaleAbs(np.roll(crop, number, axis=1), alpha=shade))
                clip.append(f"{person}/{synthetic}.mp4")
                frame.append(number)
            if not synthetic:
                images.append(np.zeros_like(crop))
                clip.append(clip[-1])
                frame.append(FRAMES)
        images.append(crop)
        clip.append("")
        frame.append(-1)
        names += [f"person{person}"] * 12
        flags += [0] * 6 + [1] * 5 + [0]
        kinds += [0] * 5 + [Alignment.CENTRE] + [0] * 6
    rows = make_rows(images, names, flags)
    faces = np.array(kinds, np.uint8) == 0
    columns = ClipColumns(
        clip,
        np.array(frame, np.int32),
        np.array(frame, np.float64) / 10,
        np.where(np.array(frame) < 0, -1, 0).astype(np.int32),
    )
    landmarks = np.repeat(ARCFACE_POINTS[None].astype(np.float32), len(images), axis=0)
    landmarks[~faces] = np.nan
    rows = replace(rows, clips=columns, alignment=np.array(kinds, np.uint8), landmarks=landmarks)
    write_shard(folder / "shard-00000.h5", shard_header, rows)
    return folder


@pytest.fixture(scope="module")
def settings(clips: Path) -> Settings:
    def configured(out: Path, **changes: Any) -> ClassifierConfig:
        small = {
            "data": clips, "out": out, "backbone": "timm:test_resnet", "size": 32, "epochs": 2, "steps": 3,
            "temporal": "gru", "head_epochs": 1, "backbone_rate": 0.1, "batch.size": 4, "dropout": 0.1,
            "batch.loader_workers": 0, "hardware.accelerator": "cpu", "validation.share": 0.34,
            "validation.every_epochs": 2, "optimiser.warmup_steps": 1, "optimiser.average_decay": 0,
            "same_pictures": False,
        }  # fmt: skip
        return load_config(ClassifierConfig, None, small | changes)

    return configured


@pytest.fixture(scope="module")
def whole(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Notes]:
    """A run without a break, with forged clips; not to be changed."""
    notes = Notes()
    config = settings(tmp_path_factory.mktemp("whole"), **{"forge.share": 0.25})
    return start_run(config, notes), notes


@pytest.fixture(scope="module")
def ensemble(whole: tuple[Outcome, Notes]) -> Ensemble:
    outcome, _ = whole
    return load_ensemble([outcome.last_checkpoint], Path("nowhere"), EVERY_FACE_AS_TRAINED, Device.CPU)


def prepared(config: ClassifierConfig) -> ClassificationData:
    return prepare_data(config, Path("none.json"), Fabric(accelerator="cpu", devices=1))


def test_an_interrupted_run_goes_on_to_the_same_bits(
    whole: tuple[Outcome, Notes], settings: Settings, tmp_path: Path
) -> None:
    outcome, notes = whole
    part = start_run(settings(tmp_path, **{"forge.share": 0.25}), Notes(interrupt_at=4))
    assert part.interrupted
    resumed = resume_run(*resumed_config(ClassifierConfig, None, None, {"out": tmp_path}), Notes())
    one, other = load_file(outcome.last_checkpoint), load_file(resumed.last_checkpoint)
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    assert (
        "12 faces of clips, in sequences of at most 3 crops for a head over time (gru); 6 photographs, each "
        "a sequence of one; 6 frames without a face are in none"
    ) in notes.told
    info = read_classifier_info(outcome.last_checkpoint)
    assert (info.temporal, info.steps) == (Temporal.GRU, 3)
    assert info.point.threshold_from == "the EER of 6 tracks held out"


def test_only_the_head_learns_at_first(
    settings: Settings, make_classifier: Callable[..., Path], whole: tuple[Outcome, Notes], tmp_path: Path
) -> None:
    frames, (seen, _) = make_classifier(), whole
    outcome = start_run(settings(tmp_path, epochs=1, pretrained=str(frames)), notes := Notes())
    assert any(note.endswith("the head over time (gru) is random") for note in notes.told)
    start, learnt = load_file(frames), load_file(outcome.last_checkpoint)
    trunk = {name.removeprefix("trunk."): value for name, value in learnt.items() if "trunk" in name}
    assert trunk and all(torch.equal(value, start[name]) for name, value in trunk.items())
    state = torch.load(outcome.folder.state, weights_only=True)["parts"]["optimiser"]
    assert [group["rate"] for group in state["param_groups"]] == [1.0, 0.1]
    other = settings(tmp_path / "b", temporal="mean", pretrained=str(seen.last_checkpoint))
    with pytest.raises(UserError, match=r"has a head over time \(gru\), not mean; add --temporal gru"):
        initial_classifier(other, other.pretrained)


def test_a_batch_has_sequences_forged_and_varied_as_wholes(settings: Settings, tmp_path: Path) -> None:
    still = {"match_resolution": False, "forge.share": 0.25, "forge.methods": ["self-blend"]}
    augment = {f"augment.{name}": 0 for name in ("mirror", "scale", "shift", "blur", "downscale", "jpeg")}
    plan = BatchPlan(
        np.array([0, 0, 1, 2]), np.arange(4, dtype=np.uint64) + 7, np.array([True, False, False, False])
    )

    def made(**more: Any) -> SequenceBatch:
        config = settings(tmp_path, **still, **augment, **{"forge.post_processing": 0}, **more)
        batch = prepared(config).crops[plan]
        assert isinstance(batch, SequenceBatch)
        return batch

    batch, flickers = made(), made(**{"forge.seed_of": "frame"})
    lengths = (batch.places >= 0).sum(1).tolist()
    assert lengths[3] == 1 and set(lengths[:3]) <= {2, 3} and sum(lengths) == len(batch.crops)
    assert batch.synthetic.tolist() == [True, False, True, False]
    first = slice(0, lengths[0])
    assert not torch.equal(batch.crops[first], flickers.crops[first])
    assert torch.equal(batch.crops[lengths[0] :], flickers.crops[lengths[0] :])


def test_data_without_clips_and_a_single_crop_that_flickers_are_refused(
    settings: Settings, tiny_shards: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"there are no clips in the data.*or leave --temporal out"):
        start_run(settings(tmp_path, data=tiny_shards), Notes())
    with pytest.raises(UserError, match=r"single crops do not flicker.*add --temporal gru"):
        settings(tmp_path, temporal="topk", **{"forge.share": 0.25, "forge.seed_of": "frame"})


def test_folds_score_every_crop_of_a_track_by_the_whole_of_it(settings: Settings, tmp_path: Path) -> None:
    outcome = start_folds(settings(tmp_path, folds=2, epochs=1), lambda fold: nullcontext(Notes()))
    table = next(outcome.folder.path.glob("out_of_fold.csv")).read_text().splitlines()[1:]
    assert len(table) == PEOPLE * (2 * FRAMES + 1)  # the frames without a face have none
    logits = [line.split(",")[3] for line in table]
    assert len(set(logits)) <= PEOPLE * 3


def test_clips_are_judged_by_the_head_and_photographs_with_a_word(clips: Path, ensemble: Ensemble) -> None:
    found = classify_images(images_and_clips_of(clips, AS_IT_IS, USUAL_FRAMES), ensemble, workers=1)
    assert any("was made for clips (gru): a photograph is a sequence of one" in note for note in found.notes)
    clip = next(iter(found.clips.values()))
    assert clip.track.logit == pytest.approx(clip.track.logits.mean())
    dataset = CropDataset(clips)
    rows = tracks_of(dataset)[0]
    faces, track = [(dataset.stored(row),) for row in rows.tolist()], np.zeros(FRAMES, np.int64)
    own, alone = (over_time(ensemble, faces, track, kind) for kind in (None, Temporal.MEAN))
    np.testing.assert_allclose(own.frames, clip.track.logits, rtol=1e-5)
    np.testing.assert_allclose(alone.frames, ensemble.logits(faces), rtol=1e-5)
    assert not np.allclose(own.frames, alone.frames)
    with pytest.raises(UserError, match="has no head lstm: it was trained for gru"):
        over_time(ensemble, faces, track, Temporal.LSTM)


def test_what_a_head_over_time_cannot_do_is_said(clips: Path, ensemble: Ensemble, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has a head over time \(gru\), which an ONNX file"):
        export_classifier(ensemble, tmp_path / "a.onnx", ExportOptions())
    with pytest.raises(UserError, match=r"has a head over time \(gru\), and pseudo-labels"):
        pseudo_label([ensemble.members[0].file], clips, tmp_path / "guesses", PseudoLabelRequest())
