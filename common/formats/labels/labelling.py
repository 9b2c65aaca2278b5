"""Labels given to photographs, with what is left over on both sides; refused where too much is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from common.formats.labels.join import Join, join_labels, values_of_paths
from common.formats.labels.nearest import nearest
from common.runtime.errors import UserError

MOST_LEFT = 0.05  # of labels, or of photographs, that may be left over without a word of the user's
GO_ON = "--allow-unlabelled"
_SHOWN = 120  # characters of a name in a message

Value = TypeVar("Value")


@dataclass(frozen=True)
class LeftOver:
    """How much of one side has nothing on the other, and an example of it; none where the count is 0."""

    count: int = 0
    of: int = 0
    example: str = ""
    nearest: str = ""  # on the other side, for the example; empty if nothing reads like it

    def __add__(self, other: "LeftOver") -> "LeftOver":
        first = self if self.count else other
        return LeftOver(self.count + other.count, self.of + other.of, first.example, first.nearest)

    @property
    def too_much(self) -> bool:
        """Whether it is more than `MOST_LEFT` of the side."""
        return self.count > MOST_LEFT * self.of

    def as_lines(self, what: str) -> list[str]:
        """Its text, where there is anything left over; else nothing."""
        return [self.as_text(what)] if self.count else []

    def as_text(self, what: str) -> str:
        """`2 of 8 labels without a photograph, such as "a/1.jpg" (nearest: "a/1.png")`; `what` names them."""
        near = f' (nearest: "{self.nearest[-_SHOWN:]}")' if self.nearest else ""
        return f'{self.count:,} of {self.of:,} {what}, such as "{self.example[-_SHOWN:]}"{near}'


NOTHING = LeftOver()


@dataclass(frozen=True)
class Labelled(Generic[Value]):
    """What a file of labels says of each photograph that one of its keys means."""

    file: Path
    values: dict[str, Value]  # by path
    join: Join
    labels: LeftOver  # without a photograph
    photographs: LeftOver  # without a label
    what: str = "photograph"  # or pair: what the paths are, for people

    def how(self) -> Iterator[str]:
        """By which lenient rules labels were joined, for people."""
        for rule, count in self.join.rules.items():
            yield f"{count:,} of {len(self.join.path_of):,} labels matched by {rule}"
        if self.join.ambiguous_keys:
            yield (
                f"{len(self.join.ambiguous_keys):,} labels could mean several {self.what}s or share one, "
                f'such as "{self.join.ambiguous_keys[0][-_SHOWN:]}"'
            )

    def refuse_misfits(
        self,
        synthetic: Collection[str],
        *,
        others_elsewhere: bool = False,
        rest_elsewhere: bool = False,
        unlabelled_are: str = "taken for bona fide",
    ) -> None:
        """Raise UserError where too much is left over.

        That is where no label called `synthetic` means a photograph, where more than `MOST_LEFT` of the
        labels mean none, and where more than that of the photographs have no label.

        Args:
            synthetic: the keys that the file calls so.
            others_elsewhere: whether labels may be of photographs that are not among these.
            rest_elsewhere: whether another file may label the photographs that this one does not.
            unlabelled_are: what becomes of photographs without a label, for the message.
        """
        lost = bool(synthetic) and self.join.path_of.keys().isdisjoint(synthetic)
        misnamed = self.labels.too_much
        if not (
            (self.photographs.too_much and not rest_elsewhere)
            or (misnamed and self.photographs.count)
            or ((lost or misnamed) and not others_elsewhere)
        ):
            return
        several = len(self.join.ambiguous_keys)
        problems = [
            *(
                [f"none of its {len(synthetic):,} labels called synthetic matches a {self.what}"]
                if lost
                else []
            ),
            *self.labels.as_lines(f"labels match no {self.what}"),
            *([f"{several:,} of them could mean several, or share one"] if several else []),
            *self.photographs.as_lines(f"{self.what}s have no label"),
        ]
        raise UserError(
            f"{self.file}: {'; '.join(problems)}. Mend the {'names' if self.labels.count else 'labels'}, or "
            f"go on with {GO_ON}: {self.what}s without a label are then {unlabelled_are}"
        )


def label_paths(
    file: Path,
    labels: Mapping[str, Value],
    paths: Sequence[str],
    join: Join | None = None,
    what: str = "photograph",
) -> Labelled[Value]:
    """The labels of a file, by key, given to the photographs that their keys mean.

    `join` is that of `labels` and `paths`, where it is known already; `what` the paths are is for messages.
    Raises UserError where two spellings of a key say different things of a photograph.
    """
    join = join or join_labels(labels, paths)
    values, contradicting = values_of_paths(join, labels)
    if contradicting:
        key = contradicting[0]
        raise UserError(
            f'{file} says two things of "{join.path_of[key][-_SHOWN:]}", one of them as "{key[-_SHOWN:]}"; '
            "remove the wrong one"
        )
    keys, unlabelled = join.unmatched_keys, join.unlabelled_paths
    without_photograph = _left_over(keys, labels, unlabelled or paths)
    return Labelled(
        file, values, join, without_photograph, _left_over(unlabelled, paths, keys or labels), what
    )


def _left_over(left: Sequence[str], of: Collection[str], others: Collection[str]) -> LeftOver:
    example = left[0] if left else ""
    return LeftOver(len(left), len(of), example, (nearest(example, others) or "") if left else "")
