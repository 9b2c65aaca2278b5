"""The people of an experiment, parted: to train on, to choose by, and to test on."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from train.data.split import held_out_identities, write_split

TEST_SHARE, CHOICE_SHARE = 1 / 3, 0.15  # of all people, and of those who are left


@dataclass(frozen=True)
class Parted:
    """Photographs of one seed: of people to train and choose on, of whom a split holds out the latter."""

    known: Path
    tested: Path
    split: Path


def part_people(photographs: Path, out: Path, seed: int) -> Parted:
    """The folders of a folder with one for each person, copied into two of `out`, where they stay.

    So `align run` makes shards of either part that say how their crops were taken. Raises UserError for
    fewer than four people.
    """
    names = {folder.name for folder in photographs.iterdir() if folder.is_dir()}
    tested = held_out_identities(names, TEST_SHARE, seed)
    known = names - tested
    parted = Parted(out / "known", out / "tested", out / "split.json")
    if not parted.split.is_file():  # it is written last
        for folder, people in ((parted.known, known), (parted.tested, tested)):
            shutil.rmtree(folder, ignore_errors=True)  # of a call that was stopped
            for name in sorted(people):
                shutil.copytree(photographs / name, folder / name)
        write_split(parted.split, held_out_identities(known, CHOICE_SHARE, seed))
    return parted
