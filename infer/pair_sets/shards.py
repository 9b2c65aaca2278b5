"""Reader of a folder of shards: pairs of its crops."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from common.formats.shard_folder import open_folder
from common.formats.shards import decode_strings, open_shard, pseudo_labelled
from common.runtime.errors import UserError
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.people import pairs_of_people
from infer.pair_sets.request import AS_IT_IS, PairRequest
from infer.stored_crops import ShardCrop


def read_shards(folder: Path, asked: PairRequest = AS_IT_IS) -> PairSet:
    """The pairs of the crops of a folder of shards, which say whom they show and which are synthetic.

    The crops are read when they are embedded. Raises UserError when shards are missing that the manifest
    lists and that is not allowed, for a damaged one and one with pseudo-labels, and as
    `infer.pair_sets.all_pairs.make_pairs`.
    """
    opened = open_folder(folder).require_whole(asked.allow_missing)
    crops: list[ShardCrop] = []
    names: list[str] = []
    identity: list[str] = []
    synthetic = []
    for path in opened.shards:
        with open_shard(path) as shard:
            crops += [ShardCrop(path, row) for row in range(len(shard["images"]))]
            names += decode_strings(shard["path"][:])
            identity += decode_strings(shard["identity"][:])
            synthetic.append(shard["synthetic"][:] != 0)
            if pseudo_labelled(shard).any():
                raise UserError(
                    f"{path} has pseudo-labels, guesses of models, by which no pair can be judged"
                )
    found = pairs_of_people(folder, crops, names, identity, np.concatenate(synthetic), asked.per_kind)
    return replace(found, aligned=True, notes=(*opened.notes, *found.notes))
