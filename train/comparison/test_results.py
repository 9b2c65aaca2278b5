"""The figures of a test, from the results file of `infer classify`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, FiniteFloat

from common.models.checkpoint import read_standing
from common.runtime.errors import UserError, first_line
from train.comparison.models import FIGURES, ComparedModel


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    file: Path


class _Labelled(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    figures: dict[str, FiniteFloat | None]


class _TestResults(BaseModel):
    """What is read of the results."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    models: tuple[_Model, ...]
    labelled: _Labelled


def with_tests(models: Sequence[ComparedModel], files: Sequence[Path]) -> list[ComparedModel]:
    """The models with what these files, `NAME.json` of `infer classify`, say of their weights.

    Raises UserError for a file that is none or has no figures, is of an ensemble, whose checkpoint is gone,
    or is of none of the models.
    """
    found = list(models)
    for file in files:
        results = _read(file)
        if len(results.models) != 1:
            raise UserError(f"{file} is of an ensemble of {len(results.models)}: test its models one by one")
        standing = read_standing(results.models[0].file)
        tested = {name: results.labelled.figures.get(name) for name in FIGURES}
        own = [
            row for row, model in enumerate(found) if (model.run, model.step) == (standing.run, standing.step)
        ]
        if not own:
            raise UserError(f"{file} is of {results.models[0].file}, which is not compared here: name it too")
        for row in own:
            found[row] = replace(found[row], tested=tested)
    return found


def _read(file: Path) -> _TestResults:
    try:
        results = _TestResults.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or first_line(error)}") from error
    except ValueError as error:
        raise UserError(
            f"{file} is no NAME.json that 'python -m infer classify' writes of labelled photographs"
        ) from error
    return results
