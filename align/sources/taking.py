"""How labels were found and joined to photographs, and what matched nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.formats.labels.labelling import NOTHING, Labelled, LeftOver


@dataclass
class Taking:
    """An account of how photographs came to their labels, written while they are read.

    Texts may hold names from outside; whoever prints them escapes them.
    """

    files: list[str] = field(default_factory=list)  # of labels, that were read
    notes: list[str] = field(default_factory=list)  # how they were read and joined
    warnings: list[str] = field(default_factory=list)  # of what is doubtful about them
    labels: LeftOver = NOTHING  # without a photograph
    photographs: LeftOver = NOTHING  # without a label
    others: Mapping[str, int] = field(default_factory=dict)  # files that are no photographs, by kind
    unread: list[str] = field(default_factory=list)  # files that may hold labels, and why they are not read

    def add(self, labelled: Labelled[Any]) -> None:
        """Note one more file of labels that was joined."""
        self.files.append(str(labelled.file))
        self.notes += labelled.how()
        self.labels += labelled.labels
        self.photographs += labelled.photographs

    def left_over(self) -> list[str]:
        """What is doubtful, was not read, or is left over on either side, a line each, for people."""
        return [
            *self.warnings,
            *self.unread,
            *self.labels.as_lines("labels match no photograph"),
            *self.photographs.as_lines("photographs have no label"),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "labels from": list(self.files),
            "notes": [*self.notes, *self.warnings],
            "not read": list(self.unread),
            "labels without a photograph": self.labels.count,
            "photographs without a label": self.photographs.count,
            "other files": dict(self.others),
        }
