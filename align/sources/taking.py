"""What a source was taken for: which labels were found, how they were joined, what is left over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from common.formats.labels.labelling import NOTHING, Labelled, LeftOver


@dataclass(frozen=True)
class Taking:
    """How the photographs of a source came to their labels, and what of it was not used.

    Texts may hold names from outside; whoever prints them escapes them.
    """

    files: tuple[str, ...] = ()  # of labels, that were read
    notes: tuple[str, ...] = ()  # how they were read and joined
    labels: LeftOver = NOTHING  # without a photograph
    photographs: LeftOver = NOTHING  # without a label
    others: Mapping[str, int] = field(default_factory=dict)  # files that are no photographs, by kind
    unread: tuple[str, ...] = ()  # files that may hold labels, and why nothing was read from them

    def with_labels(self, file: object, labelled: Labelled[Any]) -> "Taking":
        """The same with one more file of labels."""
        return Taking(
            (*self.files, str(file)),
            (*self.notes, *labelled.how()),
            self.labels + labelled.labels,
            self.photographs + labelled.photographs,
            self.others,
            self.unread,
        )

    def with_notes(self, notes: Sequence[str]) -> "Taking":
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def left_over(self) -> list[str]:
        """What is left over on either side, and what was not read, a line each, for people."""
        lines = [*self.unread]
        if self.labels.count:
            lines.append(self.labels.as_text("labels match no photograph"))
        if self.photographs.count:
            lines.append(self.photographs.as_text("photographs have no label"))
        return lines

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "labels from": list(self.files),
            "notes": list(self.notes),
            "not read": list(self.unread),
            "labels without a photograph": self.labels.count,
            "photographs without a label": self.photographs.count,
            "other files": dict(self.others),
        }
