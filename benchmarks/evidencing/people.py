"""The people of an experiment, parted: to train on, to choose by, and to test on."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.formats.shards import (
    COLUMNS,
    ShardRows,
    decode_strings,
    open_shard,
    read_header,
    shard_paths,
    write_shard,
)
from train.data.dataset import CropDataset
from train.data.split import held_out_identities, write_split

TEST_SHARE, CHOICE_SHARE = 1 / 3, 0.15  # of all people, and of those who are left
TEXTS = ("identity", "path")


@dataclass(frozen=True)
class Parted:
    """The shards of one seed: of people to train and choose on, of whom a split holds out the latter."""

    known: Path
    tested: Path
    split: Path


def part_people(shards: Path, out: Path, seed: int) -> Parted:
    """The shards parted by people into folders of `out`, where they stay; the same people for any crops."""
    names = CropDataset(shards).identity_names.tolist()
    tested = held_out_identities(names, TEST_SHARE, seed)
    known = set(names) - tested
    parted = Parted(out / "known", out / "tested", out / "split.json")
    if not parted.split.is_file():
        for folder, people in ((parted.known, known), (parted.tested, tested)):
            _write(shards, folder, people)
        write_split(parted.split, held_out_identities(known, CHOICE_SHARE, seed))
    return parted


def _write(shards: Path, out: Path, people: Collection[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for path in shard_paths(shards):
        with open_shard(path) as shard:
            texts = {name: np.array(decode_strings(shard[name][:])) for name in TEXTS}
            kept = np.isin(texts["identity"], sorted(people))
            columns: dict[str, Any] = {
                name: (texts[name] if name in TEXTS else shard[name][:])[kept] for name in COLUMNS
            }
            columns |= {name: columns[name].tolist() for name in TEXTS}
            if kept.any():
                rows = ShardRows(images=shard["images"][:][kept], **columns)
                write_shard(out / path.name, read_header(shard), rows)
