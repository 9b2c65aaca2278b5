"""Notes beside a model file, `MODEL.json`: its input format and its operating point."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from common.metrics.threshold_at_fmr import impostors_to_trust
from common.models.crop_settings import CropSettings
from common.models.input_format import InputFormat
from common.models.training_facts import FEWEST_GENUINE, FEWEST_IMPOSTORS
from common.runtime.atomic import write_text_atomically
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from infer.models.classifier_note import ClassifierNote
from infer.models.model import Threshold
from infer.models.text import Text

MAX_BYTES = 1_000_000
HIGHEST_FNMR = 0.5  # a threshold that rejects more of the genuine pairs is hardly one that is wanted


class OperatingPoint(BaseModel):
    """A threshold with the error rates that it was chosen by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: FiniteFloat = Field(ge=-1, le=1)  # accept similarity >= threshold
    fmr_asked: float = Field(gt=0, lt=1)
    fmr: float = Field(ge=0, le=1)  # of the pairs it was chosen on; synthetic pairs are impostors
    fnmr: float = Field(ge=0, le=1)
    genuine: int = Field(ge=0)  # pairs
    impostors: int = Field(ge=0)
    pairs: Text  # name of the set
    fingerprint: Text = Field("", max_length=64)  # of the set; empty in notes of earlier versions
    crops: CropSettings | None = None  # how its photographs were cropped; None: not known

    def doubts(self) -> str:
        """Why it is not to be relied on, in words; empty where nothing speaks against it."""
        wanted = {
            "genuine": (self.genuine, FEWEST_GENUINE),
            "impostor": (self.impostors, max(FEWEST_IMPOSTORS, impostors_to_trust(self.fmr_asked))),
        }
        few = {kind: counts for kind, counts in wanted.items() if counts[0] < counts[1]}
        have = " and ".join(f"{found:,} {kind} pairs" for kind, (found, _) in few.items())
        least = " and ".join(f"{least:,}" for _, least in few.values())
        found = [f"only {have} ({least} are the least)"] if few else []
        if self.fnmr > HIGHEST_FNMR:
            found.append(f"it rejects {self.fnmr:.1%} of the genuine pairs that it was chosen on")
        return "; ".join(found)


class ModelNotes(BaseModel):
    """The content of `MODEL.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: InputFormat | None = None  # for foreign files, which do not say
    operating_point: OperatingPoint | None = None
    classification: ClassifierNote | None = None  # the operating point of a classifier
    sha256: str | None = None  # of the file that the operating point belongs to


def notes_file(model: Path) -> Path:
    """The path of a model's notes: `encoder.onnx.json` for `encoder.onnx`."""
    return model.with_name(f"{model.name}.json")


def read_notes(model: Path, sha256: str | None = None) -> ModelNotes:
    """The notes of a model file, empty where there are none.

    An operating point of another file of this name is passed over; `sha256` is that of the file where it is
    known already. Raises UserError when the notes are malformed.
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
    has_point = notes.operating_point is not None or notes.classification is not None
    if has_point and notes.sha256 != (sha256 or file_sha256(model)):
        return notes.model_copy(update={"operating_point": None, "classification": None, "sha256": None})
    return notes


def note_operating_point(
    model: Path, point: OperatingPoint | ClassifierNote, sha256: str | None = None
) -> Path:
    """Store an operating point beside a model, keeping its other notes as they are; returns the file.

    Args:
        model: its file.
        point: was chosen with it.
        sha256: `Model.sha256` of the model that it was chosen with.

    Raises UserError when the file is no longer that one, and as `read_notes`; OSError when the folder cannot
    be written.
    """
    found = file_sha256(model)
    if sha256 is not None and found != sha256:
        raise UserError(f"{model} has changed since it was loaded, and nothing was stored; run this again")
    kind = "operating_point" if isinstance(point, OperatingPoint) else "classification"
    notes = read_notes(model, found).model_copy(update={kind: point, "sha256": found})
    path = notes_file(model)
    # what a note does not say is settled when the model is loaded, and must not become a default here
    said = notes.model_dump_json(indent=2, exclude_none=True, exclude_unset=True)
    write_text_atomically(path, said + "\n")
    return path


def settle_threshold(file: Path, own: Threshold | None, sha256: str | None = None) -> Threshold | None:
    """The threshold noted beside a model file, or else the one it has itself.

    Its own counts only where it is a similarity: finite and in [-1, 1]. Raises as `read_notes`.
    """
    point = read_notes(file, sha256).operating_point
    if point is not None:
        source = f"chosen for FMR {point.fmr_asked:g} on {point.pairs}"
        return Threshold(point.threshold, source, point.doubts(), point.fingerprint)
    return own if own is not None and -1 <= own.value <= 1 else None
