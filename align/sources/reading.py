"""How labels of a source are to be read, where it does not tell by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from common.formats.labels.kinds import Positive
from common.formats.labels.photograph_columns import ROLES
from common.runtime.as_option import AsOption
from common.runtime.checksum import file_sha256
from common.runtime.errors import ParameterError

AllowUnlabelled = Annotated[
    bool, AsOption("Go on where labels match no photograph, or photographs have no label.")
]


def parse_columns(texts: Sequence[str]) -> dict[str, str]:
    """The columns told on the command line, `path=Id,synthetic=target_feature`, by role.

    Raises UserError for another form, another role, or a role told twice.
    """
    found: dict[str, str] = {}
    for text in (part for whole in texts for part in whole.split(",")):
        role, equals, name = (part.strip() for part in text.partition("="))
        role = role.lower().replace("_", "-")
        if not equals or not name or role not in ROLES:
            raise ParameterError(
                "{columns} takes ROLE=NAME with commas between, a role being one of "
                f"{', '.join(ROLES)}; '{{}}' is none",
                text.strip(),
            )
        if role in found:
            raise ParameterError(f"{{columns}} names {role} twice; leave one out")
        found[role] = name
    return found


@dataclass(frozen=True)
class Reading:
    """What a user says of the labels of a source; by default nothing."""

    synthetic: Annotated[
        tuple[str, ...],
        AsOption("Folder of synthetic photographs; the others are bona fide (layout real-fake). Repeatable."),
    ] = ()
    columns: Annotated[
        Mapping[str, str],
        AsOption(
            "Of a list: path=NAME,identity=NAME,synthetic=NAME, or bona-fide=NAME where 1 is real; "
            "group=NAME: the source video, species=NAME: the kind of forgery, pseudo=NAME: 1 where the "
            "flag is the guess of models.",
            parse=parse_columns,
        ),
    ] = field(default_factory=dict)
    positive: Annotated[
        Positive | None,
        AsOption(
            "What 1 means in a column of labels: real or synthetic.",
            default="what the column's name says; synthetic for label and the like",
        ),
    ] = None
    relabel: Annotated[Path | None, AsOption("A .csv of corrections: path,identity,synthetic,drop.")] = None
    allow_unlabelled: AllowUnlabelled = False

    def __post_init__(self) -> None:
        if self.positive is Positive.SYNTHETIC and "bona-fide" in self.columns:
            raise ParameterError(
                "{positive} synthetic and {columns} bona-fide={} contradict each other; leave out either",
                self.columns["bona-fide"],
            )

    def is_correction(self, file: Path) -> bool:
        """Whether a file is that of the corrections, and with that none of labels."""
        return self.relabel is not None and file.resolve() == self.relabel.resolve()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by the names of the command line; None for what was not said.

        Raises UserError when the file of corrections cannot be read.
        """
        return {
            "allow-unlabelled": self.allow_unlabelled or None,
            "columns": dict(sorted(self.columns.items())) or None,
            "positive": self.positive.value if self.positive else None,
            "synthetic": sorted(self.synthetic) or None,
            "relabel": _checksum(self.relabel) if self.relabel else None,
        }


AS_FOUND = Reading()


def _checksum(file: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:
        raise ParameterError(
            "{relabel} {} cannot be read ({}); name another file", file, error.strerror
        ) from error
