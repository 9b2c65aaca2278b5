"""Labels under random renamings: each photograph's flag is right, or the source is refused; never silence."""

import csv
import json
import random
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.sources.find import find_source
from common.runtime.errors import UserError

Rename = Callable[[str, random.Random], str]

PEOPLE = st.lists(
    st.sampled_from(
        ["Ann", "bob", "José_Peña", "Müller", "00000001", "00000010", "1", "0007", "n000012", "Ян"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
STEMS = st.lists(st.sampled_from(["0", "1", "01", "a", "IMG_2", "é"]), min_size=1, max_size=4, unique=True)
RENAMINGS: dict[str, Rename] = {
    "upper": lambda key, chance: key.upper(),
    "lower": lambda key, chance: key.lower(),
    "suffix": lambda key, chance: key.rpartition(".")[0] + chance.choice(["", ".JPG", ".png", ".jpeg"]),
    "form": lambda key, chance: unicodedata.normalize(chance.choice(["NFC", "NFD"]), key),
    "zeros": lambda key, chance: "/".join(part.lstrip("0") or "0" for part in key.split("/")),
    "separators": lambda key, chance: key.replace("/", chance.choice(["\\", "//", "/./", " / "])),
    "prefix": lambda key, chance: (
        chance.choice(["./", "images/", "/data/set/", "C:\\data\\", "train/images/"]) + key
    ),
    "between": lambda key, chance: key.replace("/", "/images/"),
    "bare": lambda key, chance: key.rpartition("/")[2],
    "other": lambda key, chance: key.replace("a", "b"),
}


def write_labels(root: Path, labels: list[tuple[str, bool]], form: str) -> None:
    """One of the files that people keep labels in."""
    if form == "meta.json":
        text = ", ".join(f"{json.dumps(key)}: {int(flag)}" for key, flag in labels)
        (root / form).write_text(f"{{{text}}}", encoding="utf-8")
        return
    with (root / form).open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["Id", "target_feature"])
        table.writerows((key, int(flag)) for key, flag in labels)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["meta.json", "labels.csv"])
@settings(max_examples=150, deadline=None)
@given(
    people=PEOPLE,
    stems=STEMS,
    names=st.lists(st.sampled_from(sorted(RENAMINGS)), max_size=3),
    share=st.sampled_from([1.0, 0.5]),
    seed=st.integers(0, 2**32),
)
def test_a_forgery_is_never_silently_bona_fide(
    form: str, people: list[str], stems: list[str], names: list[str], share: float, seed: int
) -> None:
    chance = random.Random(seed)
    truth = {f"{person}/{stem}.jpg": chance.random() < 0.5 for person in people for stem in stems}
    truth[f"{people[0]}/forged.jpg"] = True
    root = Path(tempfile.mkdtemp(prefix="renamed"))
    try:
        for path in truth:
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).touch()
        labels = []
        for path, flag in chance.sample(sorted(truth.items()), len(truth)):
            key = path
            for name in names if chance.random() < share else ():
                key = RENAMINGS[name](key, chance)
            labels.append((key, flag))
        write_labels(root, labels, form)
        try:
            source = find_source(root)
        except UserError:
            return
        told = bool(source.taking.left_over() or source.passed_over)
        for photograph in source.photographs:
            if photograph.synthetic != truth[photograph.path]:
                assert told and not photograph.synthetic
        assert told or len(source.photographs) == len(truth)
    finally:
        shutil.rmtree(root)
