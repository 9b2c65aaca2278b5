"""The file `pseudo_labels.json`: where pseudo-labels come from, and how many there are."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError

PROVENANCE_FILE = "pseudo_labels.json"
LONGEST = 1 << 24  # bytes


class GuessingModel(BaseModel):
    """A model that pseudo-labels come from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    sha256: str
    network: str
    temperature: float
    trained_on: str = ""


class Asked(BaseModel):
    """All that pseudo-labels depend on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    models: tuple[GuessingModel, ...]
    at: float
    views: tuple[str, ...]  # that logits are averaged over, beside the crop as it is
    data: str  # the folder
    fingerprint: str  # of the data
    labelled: tuple[str, ...] = ()  # fingerprints of the shards whose crops are left out

    def is_same(self, other: "Asked") -> bool:
        """Whether both give the same pseudo-labels, wherever files and data lie."""
        one, two = (
            asked.model_dump(exclude={"data": True, "models": {"__all__": {"file"}}})
            for asked in (self, other)
        )
        return one == two


class PseudoLabels(BaseModel):
    """What a set of pseudo-labels says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    asked: Asked
    crops: int  # of the data
    synthetic: int
    bona_fide: int
    left_out: dict[str, int]  # crops by the reason
    share: float | None  # of synthetic ones among the pseudo-labels; None without any
    share_trained: float | None  # of synthetic ones among what the models were trained on; None: not known
    made_with: str


def write_provenance(path: Path, labels: PseudoLabels) -> None:
    """Write it atomically, the same bytes for the same. Raises OSError when the file cannot be written."""
    write_text_atomically(path, json.dumps(labels.model_dump(), indent=1) + "\n")


def read_provenance(path: Path) -> PseudoLabels | None:
    """What a file says; None where there is none. Raises UserError where it is something else."""
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError("too long")
        return PseudoLabels.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        raise UserError(f"{path} does not tell where pseudo-labels come from; name another --out") from error
