"""Labels given to photographs, with what is left over on both sides; refused where too much is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

    values: dict[str, Value]  # by path
    join: Join
    labels: LeftOver  # without a photograph
    photographs: LeftOver  # without a label

    def how(self) -> Iterator[str]:
        """By which lenient rules labels were joined, for people."""
        for rule, count in self.join.rules.items():
            yield f"{count:,} of {len(self.join.path_of):,} labels matched by {rule}"
        if self.join.ambiguous_keys:
            yield (
                f"{len(self.join.ambiguous_keys):,} labels could mean several photographs or share one, such "
                f'as "{self.join.ambiguous_keys[0][-_SHOWN:]}"'
            )


def label_paths(
    file: object,
    labels: Mapping[str, Value],
    paths: Sequence[str],
    synthetic: Collection[str],
    *,
    allow: bool,
    join: Join | None = None,
    others_elsewhere: bool = False,
    rest_elsewhere: bool = False,
    unlabelled_are: str = "taken for bona fide",
) -> Labelled[Value]:
    """Give labels to the photographs that their keys mean.

    Args:
        file: of the labels, for messages.
        labels: what it says of each key.
        paths: of the photographs.
        synthetic: the keys that it calls synthetic; where none of them means a photograph, it is refused.
        allow: whether to go on where labels or photographs are left over.
        join: of `labels` and `paths`, where it is known already.
        others_elsewhere: whether labels may be of photographs that are not among these.
        rest_elsewhere: whether another file may label the photographs that this one does not.
        unlabelled_are: what becomes of photographs without a label, for the message.

    Raises UserError where two spellings of a key say different things of a photograph; and, unless `allow`,
    where no label called synthetic means a photograph, where more than `MOST_LEFT` of the labels mean none,
    and where more than that of the photographs have no label.
    """
    join = join or join_labels(labels, paths)
    values, contradicting = values_of_paths(join, labels)
    if contradicting:
        raise UserError(
            f'{file} says two things of "{join.path_of[contradicting[0]][-_SHOWN:]}", one of them as '
            f'"{contradicting[0][-_SHOWN:]}"; remove the wrong one'
        )
    keys, left = join.unmatched_keys, join.unlabelled_paths
    without_photograph = LeftOver(
        len(keys), len(labels), *((keys[0], nearest(keys[0], left or paths) or "") if keys else ())
    )
    without_label = LeftOver(
        len(left), len(paths), *((left[0], nearest(left[0], keys or labels) or "") if left else ())
    )
    labelled = Labelled(values, join, without_photograph, without_label)
    if not allow and (problems := _problems(labelled, synthetic, others_elsewhere, rest_elsewhere)):
        raise UserError(
            f"{file}: {'; '.join(problems)}. Mend the {'names' if keys else 'labels'}, or go on with "
            f"{GO_ON}: photographs without a label are then {unlabelled_are}"
        )
    return labelled


def _problems(
    found: Labelled[Value], synthetic: Collection[str], others_elsewhere: bool, rest_elsewhere: bool
) -> list[str]:
    """What is wrong with too much left over; empty where it is not too much."""
    labels, photographs = found.labels, found.photographs
    lost = bool(synthetic) and not any(key in found.join.path_of for key in synthetic)
    unlabelled = photographs.too_much and not rest_elsewhere
    misnamed = labels.too_much and photographs.count > 0
    if not (unlabelled or misnamed or (not others_elsewhere and (lost or labels.too_much))):
        return []
    parts = [f"none of its {len(synthetic):,} labels called synthetic matches a photograph"] if lost else []
    parts += [found.labels.as_text("labels match no photograph")] if found.labels.count else []
    if found.join.ambiguous_keys:
        parts.append(f"{len(found.join.ambiguous_keys):,} of them could mean several, or share one")
    return parts + (
        [found.photographs.as_text("photographs have no label")] if found.photographs.count else []
    )
