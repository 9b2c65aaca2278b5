"""Of whatever people and names, every layout gives back what was written into it."""

import csv
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from align.sources.find import find_source
from align.sources.layouts import LayoutName
from align.sources.like_labels import files_like_labels
from align.sources.photograph import IMAGE_SUFFIXES, UNREAD_SUFFIXES, Photograph
from align.sources.splits import names_nobody
from common.formats.labels.kinds import kinds_in

Drawn = list[Photograph]

CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="/\\:")
WORDS = st.one_of(
    st.sampled_from(
        ["anna", "Anna b", "an.na", "[x]", "a*?", "Жанна", "山田", "é", "e\u0301", "-", "~", "😀", "0"]
    ),
    st.text(CHARACTERS, min_size=1, max_size=6),
)
NAMES = WORDS.filter(
    lambda name: (
        not name.startswith(".")
        and name == name.strip()
        and name
        and not names_nobody(name)
        and not kinds_in(name)
    )
)
SUFFIXES = st.sampled_from([*sorted(IMAGE_SUFFIXES | UNREAD_SUFFIXES), ".JPG", ".Png"])
FILES = st.dictionaries(NAMES, st.tuples(SUFFIXES, st.booleans()), min_size=1, max_size=4)
PEOPLE = st.dictionaries(NAMES, FILES, min_size=1, max_size=4)

People = Mapping[str, Mapping[str, tuple[str, bool]]]


def lay_out_people(people: People) -> Drawn:
    return [
        Photograph(f"{person}/{stem}-{suffix}", person, synthetic)  # two files 0 and 1 would look like a pair
        for person, files in people.items()
        for stem, (suffix, synthetic) in files.items()
    ]


def lay_out_splits(people: People) -> Drawn:
    splits = ["train", "Val", "test"]
    return [
        Photograph(f"{splits[index % 3]}/{photograph.path}", photograph.identity, photograph.synthetic)
        for index, photograph in enumerate(lay_out_people(people))
    ]


def kind(synthetic: bool) -> str:
    return "fake" if synthetic else "real"


def lay_out_real_fake(people: People) -> Drawn:
    return [
        Photograph(
            f"{kind(photograph.synthetic)}/{photograph.path}", photograph.identity, photograph.synthetic
        )
        for photograph in lay_out_people(people)
    ]


def lay_out_real_fake_without_people(people: People) -> Drawn:
    return [
        Photograph(f"train/{kind(synthetic)}/{stem}{suffix}", f"train/{kind(synthetic)}/{stem}", synthetic)
        for files in list(people.values())[:1]
        for stem, (suffix, synthetic) in files.items()
    ]


def lay_out_pairs(people: People) -> Drawn:
    drawn = []
    for pair, files in people.items():
        for stem, (suffix, synthetic) in zip("01", (list(files.values()) * 2)[:2], strict=True):
            identity = pair if len(files) > 1 else f"{pair}/{stem}"
            drawn.append(Photograph(f"{pair}/{stem}{suffix}", identity, synthetic))
    return drawn


def lay_out_flat(people: People) -> Drawn:
    files = next(iter(people.values()))
    return [Photograph(f"{stem}{suffix}", stem, False) for stem, (suffix, _) in files.items()]


def write(root: Path, drawn: Drawn, layout: LayoutName, order: random.Random) -> Path:
    """The tree of a layout, its files created in a random order; what to give to `find_source`."""
    for photograph in order.sample(drawn, len(drawn)):
        path = root / photograph.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
    if layout is LayoutName.PEOPLE and any(photograph.synthetic for photograph in drawn):
        flags = {photograph.path: int(photograph.synthetic) for photograph in order.sample(drawn, len(drawn))}
        (root / "meta.json").write_text(json.dumps(flags), encoding="utf-8")
    if layout is LayoutName.PAIRS:
        with (root / "labels.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["pair_id", "label", "synthetic0", "synthetic1"])
            for first, second in zip(drawn[::2], drawn[1::2], strict=True):
                same = int(first.identity == second.identity)
                pair = first.path.split("/")[0]
                table.writerow([pair, same, int(first.synthetic), int(second.synthetic)])
    if layout is LayoutName.CSV:
        with (root / "list.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["identity", "path", "synthetic"])
            table.writerows(
                [photograph.identity, photograph.path, int(photograph.synthetic)]
                for photograph in order.sample(drawn, len(drawn))
            )
        return root / "list.csv"
    return root


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "lay_out"),
    [
        (LayoutName.PEOPLE, lay_out_people),
        (LayoutName.PEOPLE, lay_out_splits),
        (LayoutName.REAL_FAKE, lay_out_real_fake),
        (LayoutName.REAL_FAKE, lay_out_real_fake_without_people),
        (LayoutName.PAIRS, lay_out_pairs),
        (LayoutName.CSV, lay_out_people),
        (LayoutName.FLAT, lay_out_flat),
    ],
)
@settings(max_examples=60, deadline=None)
@given(people=PEOPLE, seed=st.integers(0, 2**32))
def test_what_is_written_is_found(
    layout: LayoutName, lay_out: Callable[[People], Drawn], people: People, seed: int
) -> None:
    drawn = lay_out(people)
    if layout is LayoutName.FLAT:  # a file called ai.png is asked about
        assume(not files_like_labels([photograph.path for photograph in drawn]))
    order = random.Random(seed)
    root = Path(tempfile.mkdtemp())
    try:
        source = write(root, drawn, layout, order)
        found = find_source(source)
        assert (found.root, found.layout) == (root, layout)
        assert found.photographs == sorted(drawn, key=lambda photograph: photograph.path)
        assert find_source(source, layout) == found
    finally:
        shutil.rmtree(root)
