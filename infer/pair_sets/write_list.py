"""Writer of a CSV list of pairs that were made here, to be given again."""

from collections.abc import Iterator
from pathlib import Path

from common.formats.csv_file import csv_line, write_csv
from infer.pair_sets.pair_set import PairSet

HEADER = "pair_id,path1,path2,label,synthetic1,synthetic2"


def write_pair_list(pair_set: PairSet, folder: Path) -> Path | None:
    """Write `NAME_pairs.csv` for a set of the photographs of people; None, and no file, for another.

    `infer pairs` and `train run --pairs` take it, with `--images` where the photographs lie. Raises OSError
    when it cannot be written.
    """
    if pair_set.identity is None or pair_set.synthetic is None:
        return None
    path = folder / f"{pair_set.name}_pairs.csv"
    write_csv(path, HEADER, _lines(pair_set))
    return path


def _lines(pair_set: PairSet) -> Iterator[str]:
    assert pair_set.identity is not None and pair_set.synthetic is not None
    names, identity = pair_set.image_names, pair_set.identity.tolist()
    flags = ["1" if flag else "0" for flag in pair_set.synthetic.tolist()]
    for own, (one, two) in zip(pair_set.ids, pair_set.members.tolist(), strict=True):
        same = "1" if identity[one] == identity[two] else "0"
        yield csv_line(own, names[one], names[two], same, flags[one], flags[two])
