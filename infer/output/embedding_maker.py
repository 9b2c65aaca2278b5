"""Record of the model that made a file of embeddings, which another model's must not replace unnoticed."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py

from common.runtime.errors import UserError
from infer.models.model import Model

FORMAT = "facetrust-embeddings"
FORMAT_VERSION = 1
MAX_BYTES = 1_000_000  # of a note


@dataclass(frozen=True)
class Maker:
    """The record of a model in a file of embeddings; the names are those of the file's attributes."""

    model: str  # as it was asked for
    backbone: str
    model_sha256: str  # of its file as it was loaded; empty for untrained baselines
    size: int  # pixels, both sides of the crops

    @classmethod
    def of(cls, model: Model) -> "Maker":
        """What is to be remembered of a model."""
        return cls(model.card.name, model.card.backbone, model.sha256 or "", model.size)

    def is_same(self, other: "Maker") -> bool:
        """Whether both are one model: by their files, or where there is none by their names."""
        own, its = self.model_sha256 or self.model, other.model_sha256 or other.model
        return own == its and self.size == other.size

    def as_note(self) -> str:
        """The text of the file beside an array, which has no room for it."""
        return (
            json.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}, indent=2) + "\n"
        )


def note_file(path: Path) -> Path:
    """Where it stands what made a `.npy`: `embeddings.npy.json` for `embeddings.npy`."""
    return path.with_name(f"{path.name}.json")


def maker_of(path: Path) -> Maker | None:
    """The maker of a `.h5` or `.npy` of embeddings; None where it is not said in a form that is known."""
    try:
        said = _attributes(path) if path.suffix == ".h5" else _note(note_file(path))
        if said.get("format") != FORMAT:
            return None
        model, backbone, sha256 = (said[name] for name in ("model", "backbone", "model_sha256"))
        if not all(isinstance(text, str) for text in (model, backbone, sha256)):
            return None
        return Maker(model, backbone, sha256, int(said["size"]))
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, RecursionError):
        return None


def refuse_other_maker(path: Path, model: Model) -> None:
    """Raise UserError where a file holds embeddings of another model, or it is not known of which."""
    if not path.exists():
        return
    before, now = maker_of(path), Maker.of(model)
    if before is None:
        raise UserError(
            f"{path} is there already, and does not say which model made it; name another file, or add "
            "--overwrite"
        )
    if not before.is_same(now):
        told = "another file of that name" if before.model == now.model else now.model
        raise UserError(
            f"{path} holds embeddings of {before.model}, and these would be of {told}, which do not compare; "
            "name that model with --model, or another file, or add --overwrite"
        )


def _attributes(path: Path) -> dict[str, Any]:
    with h5py.File(path, "r") as file:
        names = ("format", "model", "backbone", "model_sha256", "size")
        return {name: file.attrs[name] for name in names if name in file.attrs}


def _note(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_BYTES:
        return {}
    said = json.loads(path.read_text(encoding="utf-8"))
    return said if isinstance(said, dict) else {}
