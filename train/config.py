"""The configuration of a training run: one validated object, from a TOML file and the command line."""

import difflib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from common.metrics.figures import VERIFICATION
from common.models.backbones import check_backbone_name
from common.runtime.errors import UserError
from train.augment import AugmentConfig
from train.data.forging_config import ForgeConfig
from train.loggers.tracking import TrackingConfig
from train.losses import LossConfig
from train.packaged_configs import PACKAGED_CONFIGS, packaged_config_names
from train.section import Section

MAX_CONFIG_BYTES = 1_000_000


class OptimiserConfig(Section):
    """AdamW, a linear warm-up, then ReduceLROnPlateau on the validation EER."""

    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float = Field(5.0, gt=0)  # of the gradient
    warmup_steps: int = Field(0, ge=0)
    average_decay: float = Field(0, ge=0, lt=1)  # of the weights' moving average; 0 for none
    plateau_factor: float = Field(0.5, gt=0, lt=1)
    plateau_patience: int = Field(2, ge=0)  # validations without a better EER
    max_skipped: int = Field(10, ge=1)  # batches in a row without a finite loss that end the run


class BatchConfig(Section):
    """How a batch is filled: `size / photos_per_identity` people, or `size / 2` listed pairs."""

    size: int = Field(256, ge=4)  # over all devices
    accumulate: int = Field(1, ge=1)  # batches whose gradients make one step
    photos_per_identity: int = Field(8, ge=2)
    synthetic_share: float = Field(
        0.375, ge=0, lt=1
    )  # of the photographs of each person, where there are any
    loader_workers: int = Field(2, ge=0)  # processes that read ahead, per device


class ValidationConfig(Section):
    """Which identities are held out, which pairs are drawn from them, and when they are scored."""

    share: float = Field(0.1, gt=0, lt=1)
    split: Path | None = None  # a run's split.json: the same people held out
    pairs: Path | None = None  # CSV of pairs in the place of drawn ones
    pairs_per_category: int = Field(2000, ge=1)
    every_epochs: int = Field(1, ge=1)
    every_steps: int | None = Field(None, ge=1)  # in the place of epochs, where these are long


class HardwareConfig(Section):
    """Where it runs. `torchrun` sets devices and nodes itself."""

    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: int = Field(1, ge=1)  # on each node
    nodes: int = Field(1, ge=1)
    precision: Literal["auto", "32", "16-mixed", "bf16-mixed"] = "auto"  # auto: bf16 or 16 on CUDA, else 32
    compile: bool = False


def _several(value: Any) -> Any:
    """One folder stands for a list of one, as all did in the first version."""
    return [value] if isinstance(value, str | Path) else value


class TrainConfig(Section):
    """All that a run depends on."""

    task: str = VERIFICATION  # what it is about, one of `train.tasks.registry.TASKS`
    # folders of shards, such as those of `align run` and of `align forge`
    data: Annotated[tuple[Path, ...], BeforeValidator(_several), Field(min_length=1)] = (
        Path("datasets/processed_images"),
    )
    allow_missing: bool = False  # take the shards that lie there, also where their manifest lists others
    same_pictures: bool = True  # look for one picture under two names before a run starts
    out: Path = Path("training_logs")
    pairs: Path | None = None  # CSV of pairs to train on; None for all people
    pair_columns: str | None = None  # what lists of pairs call their columns: path1=NAME,label=NAME
    backbone: str | None = None  # None: that of `pretrained`, or ir_101
    pretrained: str | None = None
    colour: Literal["RGB", "BGR"] | None = None  # that `pretrained` was made for; None: as its layout says
    partial: bool = False  # take what fits of `pretrained`
    freeze: int = Field(0, ge=0)  # stages of the backbone that stay as they are, counted from the input
    keep: float = Field(0, ge=0)  # weight of staying near the starting embedding
    epochs: int = Field(20, ge=1)
    seed: int = Field(0, ge=0, lt=2**63)
    save_minutes: float = Field(10, ge=0)  # between savings of the state that --resume goes on from
    loss: LossConfig = LossConfig()
    augment: AugmentConfig = AugmentConfig()
    forge: ForgeConfig = ForgeConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    batch: BatchConfig = BatchConfig()
    validation: ValidationConfig = ValidationConfig()
    hardware: HardwareConfig = HardwareConfig()
    tracking: TrackingConfig = TrackingConfig()


def load_config(file: str | None, overrides: dict[str, Any], base: TrainConfig | None = None) -> TrainConfig:
    """The configuration of a file, with values from the command line on top.

    Args:
        file: path of a TOML file, of a run's `config.json`, or the name of a file that ships with facetrust
            (`demo`, `cpu`); None for the defaults.
        overrides: by dotted key (`"optimiser.learning_rate"`); None values are passed over.
        base: what file and overrides are laid over, in the place of the defaults.

    Raises UserError that names the key that is unknown or out of range.
    """
    values = base.model_dump(mode="json") if base else {}
    if file:
        _lay_over(values, _read_file(file))
    for key, value in overrides.items():
        if value is not None:
            *tables, name = key.split(".")
            table = values
            for part in tables:
                table = table.setdefault(part, {})
                if not isinstance(table, dict):
                    raise UserError(f"{file}: '{'.'.join(tables)}' must be a table, not {table!r}")
            table[name] = value
    try:
        config = TrainConfig.model_validate(values)
    except ValidationError as error:
        raise UserError(_explain(error, file)) from error
    return _checked(config)


def changed_keys(old: TrainConfig, new: TrainConfig) -> list[str]:
    """The dotted keys in which two configurations differ, in their order."""
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    return [key for key in _known_keys(TrainConfig) if _look_up(before, key) != _look_up(after, key)]


def _look_up(values: dict[str, Any], key: str) -> Any:
    found: Any = values
    for part in key.split("."):
        found = found[part]
    return found


def _lay_over(values: dict[str, Any], upper: dict[str, Any]) -> None:
    for key, value in upper.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _lay_over(values[key], value)
        else:
            values[key] = value


def _read_file(file: str) -> dict[str, Any]:
    path = Path(file)
    if not path.exists() and (packaged := PACKAGED_CONFIGS / f"{file}.toml").exists():
        path = packaged
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise UserError(f"{path} is too large to be a configuration")
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        shipped = ", ".join(packaged_config_names())
        raise UserError(f"no configuration {file}; name a TOML file or one of: {shipped}") from error
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise UserError(f"{path} is not valid {kind}: {error}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} is not a configuration: it must hold keys and values")
    return values


def _checked(config: TrainConfig) -> TrainConfig:
    if config.backbone is not None:
        check_backbone_name(config.backbone)
    is_pk = config.task == VERIFICATION and config.pairs is None
    if is_pk and config.batch.size < 2 * config.batch.photos_per_identity:
        raise UserError(
            f"a batch of {config.batch.size} holds fewer than two people of "
            f"{config.batch.photos_per_identity} photographs; raise --batch-size"
        )
    if config.validation.split is not None and config.validation.pairs is not None:
        raise UserError("validation.split and validation.pairs both say who is held out; leave one out")
    return config


def _explain(error: ValidationError, file: str | None) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    where = f"{file}: " if file else ""
    if first["type"] == "value_error":  # our own words
        return f"{where}{key}: {first['msg'].removeprefix('Value error, ')}"
    if first["type"] != "extra_forbidden":
        return f"{where}{key}: {first['msg'].lower()}, not {first['input']!r}"
    near = difflib.get_close_matches(key, _known_keys(TrainConfig), n=1, cutoff=0.6)
    return f"{where}unknown key '{key}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in section.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            keys += _known_keys(nested, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys
