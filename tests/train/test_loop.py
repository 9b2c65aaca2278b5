import itertools
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from safetensors.torch import load_file, save_file
from torch import nn
from torch.amp import GradScaler

from common.formats.pair_category import PairCategory
from common.models.checkpoint import load_checkpoint
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from train import start
from train.config import TrainConfig
from train.data.dataset import CropBatch, CropDataset
from train.load_config import load_config
from train.loggers.base import Logger, RunPlan, StepRecord, ValidationRecord
from train.loop import Outcome, _Run
from train.start import resume_run, resumed_config, start_run
from train.tasks.verification.task import Verification

Configure = Callable[..., TrainConfig]


class Recorder(Logger):
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.plans: list[RunPlan] = []
        self.steps: list[StepRecord] = []
        self.validations: list[ValidationRecord] = []
        self.notes: list[str] = []

    def started(self, plan: RunPlan) -> None:
        self.plans.append(plan)

    def stepped(self, record: StepRecord) -> None:
        self.steps.append(record)

    def validated(self, record: ValidationRecord) -> None:
        self.validations.append(record)

    def noted(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def configure(tiny_shards: Path) -> Configure:
    return lambda out, **changes: settings(tiny_shards, out, **changes)


def settings(data: Path, out: Path, **changes: Any) -> TrainConfig:
    return load_config(
        TrainConfig,
        None,
        {
            "data": data,
            "out": out,
            "backbone": None if "pretrained" in changes else "ir_lite",
            "epochs": 2,
            "hardware.accelerator": "cpu",
            "batch.size": 8,
            "batch.photos_per_identity": 4,
            "batch.loader_workers": 0,
            "validation.share": 0.34,
            "validation.pairs_per_category": 12,
            **changes,
        },
    )


def run(config: TrainConfig) -> tuple[Outcome, Recorder]:
    recorder = Recorder()
    return start_run(config, recorder), recorder


def history(out: Path) -> list[dict[str, Any]]:
    records = json.loads((out / "performance_history.json").read_text(), parse_constant=pytest.fail)
    assert isinstance(records, list)
    return records


def same_weights(one: Path, other: Path) -> bool:
    first, second = load_file(one), load_file(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def finished(tiny_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Recorder]:
    """A short run."""
    return run(settings(tiny_shards, tmp_path_factory.mktemp("logs")))


def out_of(outcome: Outcome) -> Path:
    return outcome.folder.path.parents[1]


def test_the_monitor_hears_of_everything(finished: tuple[Outcome, Recorder]) -> None:
    outcome, recorder = finished
    (plan,) = recorder.plans
    assert tuple(plan.facts.values()) == (36, 4, 2, 36)
    assert plan.data == ("36 crops of 4 people to train on, 36 pairs of 2 other people to validate on")
    assert (plan.run, plan.network, plan.device, plan.first_step) == (
        outcome.folder.run,
        "ir_lite",
        "cpu",
        0,
    )
    assert plan.steps_per_epoch == 36 // 8
    told = [(record.epoch, record.step, record.images) for record in recorder.steps]
    assert told == [(1 + step // 4, step + 1, 8) for step in range(8)]
    assert all(math.isfinite(record.loss) for record in recorder.steps)
    assert [(record.epoch, record.step) for record in recorder.validations] == [(0, 0), (1, 4), (2, 8)]
    assert recorder.validations[0].loss is None
    mean = sum(record.loss for record in recorder.steps[:4]) / 4
    assert recorder.validations[1].loss == pytest.approx(mean)
    doubt = "only 2 people, 12 genuine pairs and 24 impostor pairs"
    assert [doubt in note for note in recorder.notes] == [False, False, True, False, True], (
        "at the start and the end"
    )
    assert "synthetic" in recorder.notes[3], "what the validation cannot show of forgeries"
    assert all("manifest" in note for note in recorder.notes[:2])


def test_history_is_complete(finished: tuple[Outcome, Recorder]) -> None:
    outcome, recorder = finished
    records = history(out_of(outcome))
    assert [(record["epoch"], record["step"]) for record in records] == [(0, 0), (1, 4), (2, 8)]
    for record, told in zip(records, recorder.validations, strict=True):
        assert record["run"] == outcome.folder.run and record["skipped"] == 0
        assert record["loss"] == told.loss and record["learning_rate"] == 1e-4
        assert 0 <= record["eer"] <= 1 and 0 <= record["accuracy"] <= 1 and -1 <= record["threshold"] <= 1
        low, high = record["intervals"]["eer"]
        assert 0 <= low <= high <= 1
        assert set(record["errors"]) == {category.value for category in PairCategory}
        for found in record["errors"].values():
            assert found["total"] == 12 and found["rate"] == pytest.approx(found["errors"] / 12)
        wrong = sum(found["errors"] for found in record["errors"].values())
        assert record["accuracy"] == pytest.approx(1 - wrong / 36)


def test_the_run_has_a_folder_and_the_checkpoints_load(finished: tuple[Outcome, Recorder]) -> None:
    outcome, _ = finished
    names = {path.name for path in outcome.folder.path.iterdir()}
    assert names == {"config.json", "split.json", "state.pt", "curves.png"}, "and no start: it was random"
    assert len(json.loads(outcome.folder.split.read_text())["held_out"]) == 2
    records = history(out_of(outcome))
    kept = sorted(outcome.last_checkpoint.parent.iterdir())
    assert outcome.last_checkpoint in kept and len(kept) == 4
    for path in kept:
        _, info = load_checkpoint(path)
        record = records[info.epoch]
        assert (info.eer, info.threshold, info.step) == (record["eer"], record["threshold"], record["step"])
        assert info.crops is None, "no manifest tells"
        assert info.validated is not None and info.validated.model_dump() == {
            "people": 2,
            "genuine": 12,
            "impostors": 24,
            "eer_low": record["intervals"]["eer"][0],
            "eer_high": record["intervals"]["eer"][1],
        }
        assert info.synthetic is not None and info.synthetic.pairs == 12
        assert info.synthetic.eer == record["eer_by_category"]["synthetic"]
        if info.step == 0:
            assert info.trained_on == "" and not info.synthetic.saw_synthetic, "random weights"
        else:
            assert info.trained_on.startswith("36 crops of 4 people, 12 synthetic, in tiny_shards")
            assert info.synthetic.crops == 12 and info.synthetic.methods == ()
    assert load_checkpoint(outcome.last_checkpoint)[1].epoch == 2


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_does_not(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path
) -> None:
    torch.manual_seed(12345)  # what was drawn before must not matter
    torch.rand(3)
    again, _ = run(configure(tmp_path / "again"))
    assert same_weights(finished[0].last_checkpoint, again.last_checkpoint)
    other, _ = run(configure(tmp_path / "other", seed=1))
    assert not same_weights(finished[0].last_checkpoint, other.last_checkpoint)


@pytest.mark.slow
def test_reading_ahead_changes_nothing(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path
) -> None:
    ahead, _ = run(configure(tmp_path, **{"batch.loader_workers": 2}))
    assert same_weights(finished[0].last_checkpoint, ahead.last_checkpoint)


@pytest.mark.slow
def test_a_run_starts_from_a_checkpoint_and_adds_to_the_history(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path
) -> None:
    for _ in range(2):
        _, recorder = run(
            configure(tmp_path, epochs=1, pretrained=str(finished[0].last_checkpoint), keep=0.5)
        )
    assert recorder.notes and "ir_lite" in recorder.notes[0], "it says what it starts from"
    records = history(tmp_path)
    before = history(out_of(finished[0]))[-1]
    assert [record["epoch"] for record in records] == [0, 1, 0, 1]
    assert len({record["run"] for record in records}) == 2
    assert records[0]["eer"] == before["eer"] and records[0]["errors"] == before["errors"]
    for path in tmp_path.glob("checkpoints/*epoch000*.safetensors"):
        info = load_checkpoint(path)[1]
        assert info.trained_on.startswith("36 crops") and info.synthetic and info.synthetic.crops == 12


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["checkpoint", "state_dict"])
def test_weights_of_another_backbone_are_refused_and_named(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path, kind: str
) -> None:
    path = finished[0].last_checkpoint
    if kind == "state_dict":
        path = tmp_path / "plain.safetensors"
        save_file({k: v.contiguous() for k, v in Encoder("ir_lite").backbone.state_dict().items()}, path)
    with pytest.raises(UserError, match="--backbone ir_lite"):
        run(configure(tmp_path, pretrained=str(path), backbone="mobilefacenet"))
    assert list((tmp_path / "runs").iterdir()) == [], "a run that could not begin leaves no folder"


@pytest.mark.slow
def test_keeping_near_the_start_holds_the_encoder(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path
) -> None:
    start = finished[0].last_checkpoint
    changes = {"pretrained": str(start), "optimiser.learning_rate": 3e-3}
    free, _ = run(configure(tmp_path / "free", **changes))
    held, _ = run(configure(tmp_path / "held", keep=300, **changes))
    crops = torch.randint(0, 256, (8, 3, 112, 112), dtype=torch.uint8)
    first, loose, near = (
        load_checkpoint(path)[0].embed(crops) for path in (start, free.last_checkpoint, held.last_checkpoint)
    )
    assert (first * near).sum(1).mean() > (first * loose).sum(1).mean() + 0.02


@pytest.mark.slow
def test_two_batches_make_one_step(configure: Configure, tmp_path: Path) -> None:
    _, recorder = run(configure(tmp_path, **{"batch.accumulate": 3, "epochs": 1}))
    assert recorder.plans[0].steps_per_epoch == 2
    assert [(record.step, record.images) for record in recorder.steps] == [(1, 24), (2, 8)]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[[range], None]:
    """Makes the loss of some of the batches not finite."""

    def spoil(batches: range) -> None:
        calls, loss_of = itertools.count(1), Verification.loss

        def spoilt(task: Verification, network: nn.Module, batch: CropBatch) -> torch.Tensor:
            loss = loss_of(task, network, batch)
            return loss * torch.nan if next(calls) in batches else loss

        monkeypatch.setattr(Verification, "loss", spoilt)

    return spoil


@pytest.mark.slow
def test_a_loss_that_is_not_finite_is_skipped_and_counted(
    configure: Configure, tmp_path: Path, spoil: Callable[[range], None]
) -> None:
    spoil(range(2, 4))
    outcome, recorder = run(configure(tmp_path, epochs=1))
    assert len(recorder.steps) == 2 and len([note for note in recorder.notes if "skipped" in note]) == 2
    assert history(tmp_path)[-1]["skipped"] == 2
    assert all(tensor.isfinite().all() for tensor in load_file(outcome.last_checkpoint).values())


@pytest.mark.slow
def test_a_loss_that_stays_so_ends_the_run(
    configure: Configure, tmp_path: Path, spoil: Callable[[range], None]
) -> None:
    spoil(range(3, 100))
    with pytest.raises(UserError, match="4 steps in a row: training diverged; lower --lr"):
        run(configure(tmp_path, **{"optimiser.max_skipped": 4}))
    assert history(tmp_path)[0]["step"] == 0, "what was done before stays"


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32", "bf16-mixed"])
def test_the_host_waits_for_a_gpu_once_a_step(
    configure: Configure,
    tmp_path: Path,
    precision: str,
    host_reads: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step, reads = _Run._step, []

    def watched(run: _Run, group: list[Any]) -> None:
        with host_reads() as seen:
            step(run, group)
        reads.append(seen)

    monkeypatch.setattr(_Run, "_step", watched)
    changes = {"batch.accumulate": 2, "hardware.precision": precision}
    run(configure(tmp_path, epochs=2, **changes))
    assert reads == [["tolist"]] * 4


@pytest.fixture
def in_float16(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs with a scaler of these settings, as on a GPU without bf16."""

    def set_up(**scaler: float) -> None:
        precision = MixedPrecision("16-mixed", "cpu", GradScaler("cpu", **scaler))
        monkeypatch.setattr(start, "open_fabric", lambda _: Fabric(accelerator="cpu", plugins=precision))

    return set_up


@pytest.mark.slow
def test_steps_that_find_the_scale_of_float16_end_nothing(
    configure: Configure, tmp_path: Path, in_float16: Callable[..., None]
) -> None:
    in_float16(init_scale=2.0**70, backoff_factor=2.0**-10)
    _, recorder = run(configure(tmp_path, **{"optimiser.max_skipped": 1}))
    found = [note for note in recorder.notes if "lower the scale" in note]
    assert len(found) > 4, "no step of the first epoch is taken"
    assert len(found) + len(recorder.steps) == 8 and recorder.steps
    assert history(tmp_path)[-1]["skipped"] == len(found)


@pytest.mark.slow
def test_gradients_that_leave_float16_at_any_scale_end_the_run(
    configure: Configure, tmp_path: Path, in_float16: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_float16(init_scale=4.0)
    loss_of = Verification.loss
    monkeypatch.setattr(  # finite, with a gradient that is not
        Verification, "loss", lambda *given: loss_of(*given) + (loss_of(*given) * 0).sqrt()
    )
    with pytest.raises(UserError, match="2 steps in a row: training diverged"):
        run(configure(tmp_path, **{"optimiser.max_skipped": 2}))
    assert len(history(tmp_path)) == 1, "four steps: from 4 to 2, to 1, and two that count"


@pytest.mark.slow
def test_an_epoch_that_only_lowers_the_scale_ends_a_run_without_another(
    configure: Configure, tmp_path: Path, in_float16: Callable[..., None]
) -> None:
    in_float16(init_scale=2.0**100, backoff_factor=0.5)
    with pytest.raises(UserError, match="epoch 1 taught nothing"):
        run(configure(tmp_path, epochs=1))


@pytest.mark.slow
def test_an_epoch_without_a_learnt_step_ends_the_run(
    configure: Configure, tmp_path: Path, spoil: Callable[[range], None]
) -> None:
    spoil(range(5, 9))
    told = r"epoch 2 taught nothing.* those of step 4; start again with a lower --lr \(now 1\.0e-04\)"
    with pytest.raises(UserError, match=told):
        run(configure(tmp_path, epochs=3))
    assert [record["epoch"] for record in history(tmp_path)] == [0, 1]


@pytest.mark.slow
def test_divergence_is_told(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="diverged; lower --lr"):
        run(configure(tmp_path, epochs=3, **{"optimiser.learning_rate": 1e30}))


@pytest.mark.slow
def test_out_of_memory_says_what_to_try(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verification, "loss", lambda *_: torch.empty(1 << 55))
    changes = {"batch.size": 16, "batch.photos_per_identity": 2}
    with pytest.raises(UserError, match="a batch of 16; try --batch-size 8 --accumulate 2"):
        run(configure(tmp_path, **changes))


@pytest.mark.slow
def test_an_epoch_more_goes_on_where_the_run_ended(configure: Configure, tmp_path: Path) -> None:
    changes = {"optimiser.average_decay": 0.5, "optimiser.warmup_steps": 3, "loss.name": "adaface"}
    whole, _ = run(configure(tmp_path / "whole", epochs=3, **changes))
    run(configure(tmp_path / "part", epochs=2, **changes))
    folder, config = resumed_config(TrainConfig, None, None, {"out": tmp_path / "part", "epochs": 3})
    recorder = Recorder()
    resumed = resume_run(folder, config, recorder)
    assert recorder.plans[0].first_step == 8 and [record.step for record in recorder.steps] == [9, 10, 11, 12]
    assert same_weights(whole.last_checkpoint, resumed.last_checkpoint)
    pairs = zip(history(tmp_path / "whole"), history(tmp_path / "part"), strict=True)
    assert all({**one, "run": ""} == {**other, "run": ""} for one, other in pairs)


@pytest.mark.slow
def test_a_resumed_run_forges_as_one_that_was_not_stopped(bona_fide_shards: Path, tmp_path: Path) -> None:
    forging = {"forge.share": 0.25, "validation.every_steps": 100}
    whole, recorder = run(settings(bona_fide_shards, tmp_path / "whole", **forging))
    run(settings(bona_fide_shards, tmp_path / "part", **forging, epochs=1))
    folder, config = resumed_config(TrainConfig, None, None, {"out": tmp_path / "part", "epochs": 2})
    resumed = resume_run(folder, config, Recorder())
    assert same_weights(whole.last_checkpoint, resumed.last_checkpoint)
    last = recorder.validations[-1].figures.record()["errors"]["synthetic"]
    assert last["total"] == 12, "people without synthetic crops are validated with forgeries"
    with pytest.raises(UserError, match=r"another forge\.share"):
        resumed_config(TrainConfig, None, None, {"out": tmp_path / "part", "forge.share": 0.5})


@pytest.mark.slow
def test_a_resumed_run_keeps_its_configuration_and_data(
    configure: Configure, tmp_path: Path, tiny_shards: Path
) -> None:
    outcome, _ = run(configure(tmp_path, epochs=1))
    with pytest.raises(UserError, match=r"another seed, optimiser\.learning_rate; a resumed run keeps"):
        resumed_config(TrainConfig, None, None, {"out": tmp_path, "seed": 5, "optimiser.learning_rate": 1e-2})
    folder, config = resumed_config(TrainConfig, outcome.folder.run, None, {"out": tmp_path, "seed": 0})
    assert folder == outcome.folder and config == configure(tmp_path, epochs=1)


@pytest.mark.slow
def test_the_split_of_another_run_can_be_named(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path
) -> None:
    held_out = json.loads(finished[0].folder.split.read_text())["held_out"]
    other, recorder = run(
        configure(tmp_path, epochs=1, seed=9, **{"validation.split": finished[0].folder.split})
    )
    assert json.loads(other.folder.split.read_text())["held_out"] == held_out
    assert recorder.plans[0].facts["validation_identities"] == 2


@pytest.mark.slow
def test_a_resumed_run_does_not_need_the_file_that_it_started_from(
    finished: tuple[Outcome, Recorder], configure: Configure, tmp_path: Path
) -> None:
    for name, epochs in (("whole", 2), ("part", 1)):
        start = tmp_path / name / "checkpoints" / "last.safetensors"  # which the run itself overwrites
        start.parent.mkdir(parents=True)
        shutil.copy(finished[0].last_checkpoint, start)
        run(configure(tmp_path / name, epochs=epochs, pretrained=str(start), keep=5))
    start.unlink()
    folder, config = resumed_config(TrainConfig, None, None, {"out": tmp_path / "part", "epochs": 2})
    resume_run(folder, config, Recorder())
    assert same_weights(tmp_path / "whole" / "checkpoints" / "last.safetensors", start)


def list_pairs(path: Path, people: range, shards: Path) -> Path:
    """Write a list of pairs of these people, four each."""
    paths = CropDataset(shards).paths()
    lines = []
    for person in people:
        following = (person + 1 - people.start) % len(people) + people.start
        own, theirs = (
            [name for name in paths if name.startswith(f"person{number}/")] for number in (person, following)
        )
        lines += [f"{own[0]},{own[1]},1", f"{own[1]},{own[2]},1", f"{own[0]},{theirs[0]},0"]
        lines += [f"{own[3]},{own[7]},1,0,1"]
    path.write_text("path1,path2,label,synthetic1,synthetic2\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.slow
def test_lists_train_and_validate_and_no_identity_is_in_both(
    configure: Configure, tmp_path: Path, tiny_shards: Path
) -> None:
    lists = {
        "pairs": list_pairs(tmp_path / "train.csv", range(5), tiny_shards),
        "validation.pairs": list_pairs(tmp_path / "test.csv", range(3, 6), tiny_shards),
    }
    outcome, recorder = run(configure(tmp_path, epochs=1, **lists))
    held_out = json.loads(outcome.folder.split.read_text())["held_out"]
    assert held_out == ["person3", "person4", "person5"]
    assert list(recorder.plans[0].facts.values())[1::2] == [3, 12]
    totals = [errors["total"] for errors in history(tmp_path)[-1]["errors"].values()]
    assert totals == [6, 3, 3]
    list_pairs(tmp_path / "test.csv", range(4, 6), tiny_shards)
    folder, config = resumed_config(TrainConfig, None, None, {"out": tmp_path, "epochs": 2})
    with pytest.raises(UserError, match="crops, labels or pair lists are not those"):
        resume_run(folder, config, Recorder())


def test_a_split_and_a_list_together_are_refused(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="both say who is held out"):
        configure(tmp_path, **{"validation.split": tmp_path / "a", "validation.pairs": tmp_path / "b"})


@pytest.mark.slow
def test_a_finished_run_says_so(configure: Configure, tmp_path: Path) -> None:
    outcome, _ = run(configure(tmp_path, epochs=1))
    before = outcome.last_checkpoint.read_bytes()
    recorder = Recorder()
    resume_run(*resumed_config(TrainConfig, None, None, {"out": tmp_path}), recorder)
    assert "is finished; --epochs gives it more" in recorder.notes[0] and recorder.steps == []
    assert outcome.last_checkpoint.read_bytes() == before
