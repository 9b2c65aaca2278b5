"""Reader of a folder per person, and pairs of the photographs of people."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.sources.find import find_source
from align.sources.reading import Reading
from align.sources.selection import Selection
from common.formats.pair_category import PairCategory
from infer.pair_sets.all_pairs import DRAWN, MadePairs, make_pairs
from infer.pair_sets.pair_set import Image, PairSet, folder_name
from infer.pair_sets.request import AS_IT_IS, PairRequest


def read_people(root: Path, asked: PairRequest = AS_IT_IS) -> PairSet:
    """The pairs of the photographs of a folder, of which `find_source` says whom and what they show.

    Photographs that cannot be used are left out and noted. Raises UserError as `find_source` and
    `make_pairs`.
    """
    reading = Reading(allow_unlabelled=asked.allow_unlabelled)
    source = find_source(root, selection=Selection(follow_links=asked.follow_links), reading=reading)
    usable = [photograph for photograph in source.photographs if photograph.problem is None]
    found = pairs_of_people(
        root,
        [source.root / photograph.path for photograph in usable],
        [photograph.path for photograph in usable],
        [photograph.identity for photograph in usable],
        np.array([photograph.synthetic for photograph in usable], np.bool_),
        asked.per_kind,
    )
    notes = [*source.taking.notes, *source.taking.left_over()]
    left_out = [photograph for photograph in source.photographs if photograph.problem is not None]
    if left_out:
        example = f"{left_out[0].path}: {left_out[0].problem}"
        notes.append(f"{len(left_out):,} photographs are left out, {example}")
    return replace(found, notes=(*notes, *found.notes))


def pairs_of_people(
    root: Path,
    images: Sequence[Image],
    names: Sequence[str],
    identity: Sequence[str],
    synthetic: NDArray[np.bool_],
    per_kind: int | None,
) -> PairSet:
    """The set of the pairs that `make_pairs` makes of photographs; those in no pair are left out.

    Args:
        root: the folder that was named.
        images, names, identity, synthetic: of N photographs.
        per_kind: pairs of each kind that are asked for; None for all.
    """
    people, who = np.unique(np.array(identity, object), return_inverse=True)
    made = make_pairs(who.astype(np.int64), synthetic, per_kind, str(root))
    used, members = np.unique(made.members, return_inverse=True)
    digits = len(str(len(made.members)))
    kinds = ", ".join(
        f"{int((made.categories == category.code).sum()):,} {category.display_name}"
        for category in PairCategory
    )
    return PairSet(
        name=folder_name(root),
        source=str(root),
        images=[images[row] for row in used.tolist()],
        image_names=[names[row] for row in used.tolist()],
        ids=[f"{number:0{digits}d}" for number in range(1, len(made.members) + 1)],
        members=members.reshape(-1, 2).astype(np.int64),
        categories=made.categories,
        identity=who[used].astype(np.int64),
        synthetic=synthetic[used],
        notes=(
            f"{made.note} of {len(people):,} people are compared: {kinds}",
            *_easy_ones(who, synthetic, made),
        ),
    )


def _easy_ones(who: NDArray[np.int64], synthetic: NDArray[np.bool_], made: MadePairs) -> list[str]:
    """A note where synthetic pairs are mostly told apart by more than the forgery; else none.

    Args:
        who: (N,) whom each photograph shows.
        synthetic: (N,) whether it is synthetic.
        made: pairs of these photographs.
    """
    first, second = made.members[made.categories == PairCategory.SYNTHETIC.code].T
    hard = int(((who[first] == who[second]) & (synthetic[first] != synthetic[second])).sum())
    if not hard or hard == len(first):
        return []
    return [
        f"only {hard:,} of the {len(first):,} synthetic pairs are of a bona fide and a synthetic face of one "
        "person, which nothing but the forgery tells apart: the others make errors with synthetic faces look "
        f"rare; --pairs-per-kind {DRAWN} leaves them out"
    ]
