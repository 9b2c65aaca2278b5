"""The one join of labels and photographs: which path each key of a file of labels means."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from common.formats.labels import forms

Value = TypeVar("Value")


class Rule(StrEnum):
    """By what a key that is no path, letter for letter, was found to mean one; the values are for people."""

    SPELLING = "other slashes, dots, spaces or Unicode form"
    CASE = "upper or lower case"
    SUFFIX = "another image suffix or none"
    FOLDER = "a folder more or less"
    ZEROS = "lost zeros of a number"
    FOLDER_AND_ZEROS = "a folder more or less and lost zeros"


@dataclass(frozen=True)
class Join:
    """Which path each key means, and what is left over on both sides, in the order that it was given."""

    path_of: dict[str, str]  # key: path; several keys for one path differ in `Rule.SPELLING` alone
    rules: Counter[Rule]  # keys that were found by each; those that are paths as they stand are not counted
    unmatched_keys: list[str]  # all that mean no path, the ambiguous ones among them
    ambiguous_keys: list[str]  # of these: there is more than one path, or another key for the same
    unlabelled_paths: list[str]


def join_labels(keys: Iterable[str], paths: Sequence[str]) -> Join:
    """The path that each key means, by the strictest rule that tells exactly one, and none by guessing.

    Keys and paths are distinct, relative, and may be a million each. A key that equals a path means it. The
    others are compared in ever more lenient forms: as `Rule` lists them, Unicode and slashes first, then
    case, then the suffix, then folders (one side has folders that the other has not, as `images/` or an
    absolute prefix) and zeros that a spreadsheet took from a number. A pair counts only where no other key
    and no other path, matched before or not, has the same form; else its key is ambiguous.
    """
    keys = list(keys)
    positions = {path: position for position, path in enumerate(paths)}
    joining = _Joining([positions.get(key, _NONE) for key in keys], Counter(), set())
    if _NONE in joining.found:
        spelled = _both(forms.spelled, keys, paths)
        joining.by_spelling(*spelled)
        for rule, *relations in _stages(*spelled):
            if _NONE in joining.found:
                joining.pair_up(rule, relations)
    found = zip(keys, joining.found, strict=True)
    path_of = {key: paths[position] for key, position in found if position != _NONE}
    labelled = set(path_of.values())
    return Join(
        path_of,
        joining.rules,
        [key for key in keys if key not in path_of],
        [key for index, key in enumerate(keys) if index in joining.ambiguous and key not in path_of],
        [path for path in paths if path not in labelled],
    )


def values_of_paths(join: Join, values: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """The value of each labelled path, and keys that give a path another value than one before them."""
    found: dict[str, Value] = {}
    contradicting = [
        key for key, path in join.path_of.items() if found.setdefault(path, values[key]) != values[key]
    ]
    return found, contradicting


_NONE, _SEVERAL = -2, -1  # in the place of a position
_Texts = tuple[list[str], list[str]]  # a form of each key, and of each path
_Edges = Iterator[tuple[str, str]]  # forms of a key and of a path that mean the same
_Relation = tuple[Callable[[Mapping[str, int], Mapping[str, int]], _Edges], list[str], list[str]]


@dataclass(frozen=True)
class _Joining:
    """What was found so far."""

    found: list[int]  # position of each key's path
    rules: Counter[Rule]
    ambiguous: set[int]  # positions of keys

    def by_spelling(self, keys: list[str], paths: list[str]) -> None:
        """Two keys that are spelled alike are one; of two paths that are, a third spelling means neither."""
        positions = _positions(paths)
        for index, key in enumerate(keys):
            position = positions.get(key, _NONE)
            if self.found[index] == _NONE and position == _SEVERAL:
                self.ambiguous.add(index)
            elif self.found[index] == _NONE and position != _NONE:
                self.found[index] = position
                self.rules[Rule.SPELLING] += 1

    def pair_up(self, rule: Rule, relations: Sequence[_Relation]) -> None:
        """Take the pairs of which all relations of a stage together offer neither side another."""
        _, keys, paths = relations[0]
        to_path, to_key = [_NONE] * len(keys), [_NONE] * len(paths)
        for relation in relations:
            before = list(to_path)
            _note(relation, to_path, to_key)
        taken = set(self.found)
        for index, position in enumerate(to_path):
            if self.found[index] != _NONE or position == _NONE:
                continue
            if position == _SEVERAL or to_key[position] != index or position in taken:
                self.ambiguous.add(index)
                continue
            self.found[index] = position
            by_last = len(relations) > 1 and before[index] == _NONE
            self.rules[Rule.ZEROS if by_last else rule] += 1


def _stages(keys: list[str], paths: list[str]) -> Iterator[tuple[Rule, *tuple[_Relation, ...]]]:
    """From the strictest to the most lenient; of two relations of one stage, the second is that of zeros."""
    yield Rule.CASE, (_same, *_both(forms.with_lower_suffix, keys, paths))
    folded = _both(forms.folded, keys, paths)
    yield Rule.CASE, (_same, *folded)
    yield Rule.SUFFIX, (_same, *_both(forms.without_image_suffix, keys, paths))
    stems = _both(forms.without_image_suffix, *folded)
    yield Rule.SUFFIX, (_same, *stems)
    for texts in (folded, stems):
        inner, numbers = _both(forms.without_neutral_folders, *texts), _both(forms.without_zeros, *texts)
        yield Rule.FOLDER, (_folders_apart, *inner), (_same, *numbers)
    numbers = _both(forms.without_zeros, *_both(forms.without_neutral_folders, *stems))
    yield Rule.FOLDER_AND_ZEROS, (_folders_apart, *numbers)


def _both(form: Callable[[str], str], keys: Iterable[str], paths: Iterable[str]) -> _Texts:
    return list(map(form, keys)), list(map(form, paths))


def _positions(texts: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, text in enumerate(texts):
        found[text] = _SEVERAL if text in found else position
    return found


def _same(keys: Mapping[str, int], paths: Mapping[str, int]) -> _Edges:
    return ((key, key) for key in keys if key in paths)


def _folders_apart(keys: Mapping[str, int], paths: Mapping[str, int]) -> _Edges:
    yield from _same(keys, paths)
    for path in paths:
        yield from ((key, path) for key in forms.with_folders_left_out(path) if key in keys)
    for key in keys:
        yield from ((key, path) for path in forms.with_folders_left_out(key) if path in paths)


def _note(relation: _Relation, to_path: list[int], to_key: list[int]) -> None:
    """Write what a relation offers each key and each path: a position, or `_SEVERAL`."""
    edges, keys, paths = relation
    key_positions, path_positions = _positions(keys), _positions(paths)
    path_of_form: dict[str, int] = {}
    key_of_form: dict[str, int] = {}
    for key, path in edges(key_positions, path_positions):
        one, other = path_positions[path], key_positions[key]
        path_of_form[key] = one if path_of_form.get(key, one) == one else _SEVERAL
        key_of_form[path] = other if key_of_form.get(path, other) == other else _SEVERAL
    for positions, texts, noted in ((to_path, keys, path_of_form), (to_key, paths, key_of_form)):
        for index, text in enumerate(texts):
            if text in noted:
                other = noted[text]
                positions[index] = other if positions[index] in (_NONE, other) else _SEVERAL
