"""What users and `infer threshold` note of a model, in a JSON file beside it: `MODEL.json`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from common.atomic import write_text_atomically
from common.checksum import file_sha256
from common.encoder import InputFormat
from common.errors import UserError
from infer.models.model import Threshold

MAX_BYTES = 1_000_000


class OperatingPoint(BaseModel):
    """A threshold, and the error rates it was chosen for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: FiniteFloat = Field(ge=-1, le=1)  # accept similarity >= threshold
    fmr_asked: float = Field(gt=0, lt=1)
    fmr: float = Field(ge=0, le=1)  # of the pairs it was chosen on; synthetic pairs are impostors
    fnmr: float = Field(ge=0, le=1)
    genuine: int = Field(ge=0)  # pairs
    impostors: int = Field(ge=0)
    pairs: str  # name of the set


class ModelNotes(BaseModel):
    """What is noted of a model file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: InputFormat | None = None  # for foreign files, which do not say
    operating_point: OperatingPoint | None = None
    sha256: str | None = None  # of the file that the operating point belongs to


def notes_file(model: Path) -> Path:
    """Where the notes of a model lie: `encoder.onnx.json` for `encoder.onnx`."""
    return model.with_name(f"{model.name}.json")


def read_notes(model: Path) -> ModelNotes:
    """The notes of a model file, empty where there are none.

    An operating point of another file of this name is passed over. Raises UserError when the notes are
    malformed.
    """
    path = notes_file(model)
    if not path.is_file():
        return ModelNotes()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path} is too large for notes of a model; remove it")
        notes = ModelNotes.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise UserError(f"{path}: {where}: {first['msg']}; mend or remove it") from error
    if notes.operating_point is not None and notes.sha256 != file_sha256(model):
        return notes.model_copy(update={"operating_point": None, "sha256": None})
    return notes


def note_operating_point(model: Path, point: OperatingPoint) -> Path:
    """Store an operating point beside a model, keeping its other notes; returns the file.

    Raises UserError as `read_notes`, and OSError when the folder cannot be written.
    """
    notes = read_notes(model).model_copy(update={"operating_point": point, "sha256": file_sha256(model)})
    path = notes_file(model)
    write_text_atomically(path, notes.model_dump_json(indent=2, exclude_none=True) + "\n")
    return path


def settle_threshold(file: Path, own: float | None) -> Threshold | None:
    """The threshold noted beside a model file, or else the one it has itself. Raises as `read_notes`."""
    point = read_notes(file).operating_point
    if point is not None:
        return Threshold(point.threshold, f"chosen for FMR {point.fmr_asked:g} on {point.pairs}")
    return None if own is None else Threshold(own, "the model's own, from its validation pairs")
