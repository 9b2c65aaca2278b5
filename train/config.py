"""The configuration of a training run: one validated object, from a TOML file and the command line."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.backbones import BACKBONES
from common.errors import UserError
from train.losses import LOSSES, LossConfig

PACKAGED_CONFIGS = Path(__file__).parent / "configs"


class Section(BaseModel):
    """A table of the file: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OptimiserConfig(Section):
    """AdamW, and ReduceLROnPlateau on the validation EER."""

    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float = Field(5.0, gt=0)  # of the gradient
    average_decay: float = Field(0, ge=0, lt=1)  # of the weights' moving average; 0 for none
    plateau_factor: float = Field(0.5, gt=0, lt=1)
    plateau_patience: int = Field(2, ge=0)  # validations without a better EER


class BatchConfig(Section):
    """How a batch is filled: `size / photos_per_identity` people."""

    size: int = Field(256, ge=4)
    photos_per_identity: int = Field(8, ge=2)
    synthetic_share: float = Field(
        0.375, ge=0, lt=1
    )  # of the photographs of each person, where there are any
    loader_workers: int = Field(2, ge=0)  # processes that read ahead


class ValidationConfig(Section):
    """Which identities are held out, and how many pairs are drawn from them."""

    share: float = Field(0.1, gt=0, lt=1)
    pairs_per_category: int = Field(2000, ge=1)
    every_epochs: int = Field(1, ge=1)


class TrainConfig(Section):
    """All that a run depends on."""

    data: Path = Path("datasets/processed_images")
    out: Path = Path("training_logs")
    backbone: Literal[tuple(BACKBONES)] = "ir_101"  # type: ignore[valid-type]
    pretrained: Path | None = None
    epochs: int = Field(20, ge=1)
    seed: int = Field(0, ge=0)
    loss: LossConfig = LossConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    batch: BatchConfig = BatchConfig()
    validation: ValidationConfig = ValidationConfig()


def load_config(file: str | None, overrides: dict[str, Any]) -> TrainConfig:
    """The configuration of a file, with values from the command line on top.

    Args:
        file: path of a TOML file, or the name of one that ships with facetrust (`demo`, `cpu`); None for the
            defaults.
        overrides: by dotted key (`"optimiser.learning_rate"`); None values are passed over.

    Raises UserError that names the key that is unknown or out of range.
    """
    values = _read_toml(file) if file else {}
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


def _read_toml(file: str) -> dict[str, Any]:
    path = Path(file)
    if not path.exists() and (packaged := PACKAGED_CONFIGS / f"{file}.toml").exists():
        path = packaged
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = ", ".join(sorted(known.stem for known in PACKAGED_CONFIGS.glob("*.toml")))
        raise UserError(f"no configuration {file}; name a TOML file or one of: {shipped}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML: {error}") from error


def _checked(config: TrainConfig) -> TrainConfig:
    if config.loss.name not in LOSSES:
        raise UserError(f"unknown loss '{config.loss.name}'; choose one of {', '.join(LOSSES)}")
    if config.batch.size < 2 * config.batch.photos_per_identity:
        raise UserError(
            f"a batch of {config.batch.size} holds fewer than two people of "
            f"{config.batch.photos_per_identity} photographs; raise --batch-size"
        )
    try:
        LOSSES[config.loss.name](**config.loss.parameters)
    except TypeError as error:
        raise UserError(f"loss.parameters: {error}") from error
    return config


def _explain(error: ValidationError, file: str | None) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    where = f"{file}: " if file else ""
    if first["type"] != "extra_forbidden":
        return f"{where}{key}: {first['msg'].lower()}, not {first['input']!r}"
    near = difflib.get_close_matches(key, _known_keys(TrainConfig), n=1, cutoff=0.4)
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
