"""Reader of a CSV list of pairs."""

from itertools import chain
from pathlib import Path

import numpy as np

from common.formats.pair_list import NOT_SAID, PairList, read_pair_list, refuse_contradictions
from infer.pair_sets.listed_photographs import find_listed
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.request import AS_IT_IS, PairRequest


def read_csv_list(source: Path, images: Path | None = None, asked: PairRequest = AS_IT_IS) -> PairSet:
    """The pairs of a list as `pair_list.read_pair_list` takes it; ids are its own or numbers of lines.

    Paths are relative to `images`, by default to the folder of the list. Raises UserError for a
    malformed list, one that contradicts itself, and as `find_listed`.
    """
    listed = read_pair_list(source, asked.columns)
    root = source.parent if images is None else images
    found = find_listed(listed, root, asked.follow_links, images is not None)
    mentions = chain.from_iterable(zip(listed.first, listed.second, strict=True))
    members = np.fromiter(map(found.rows.__getitem__, mentions), np.int64, 2 * len(listed)).reshape(-1, 2)
    refuse_contradictions(listed, members)
    return PairSet(
        name=source.stem,
        source=str(source),
        images=[root / name for name in found.names],
        image_names=found.names,
        ids=listed.ids or list(map(str, listed.lines.tolist())),
        members=members,
        categories=listed.categories,
        has_labels=bool((listed.categories >= 0).any()),
        notes=(*listed.notes, *found.notes, *_without_flags(listed)),
    )


def _without_flags(listed: PairList) -> list[str]:
    """A note on photographs of which a list with flags says nothing; else none."""
    empty = int((listed.synthetic == NOT_SAID).sum())
    if empty in (0, listed.synthetic.size):
        return []
    return [
        f"{listed.source.name} does not say of {empty:,} of {listed.synthetic.size:,} photographs, line by "
        "line, whether they are synthetic: taken for bona fide"
    ]
