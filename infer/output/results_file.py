"""Results file `NAME.h5` of `infer pairs`, which `infer report` reads.

It holds the scores of all pairs and, of the hardest pairs of each category, the crops, so that a report needs
neither the photographs nor the model.
"""

from pathlib import Path

import h5py
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from common.formats.columns import Column, unpack_columns, write_packed
from common.formats.hdf5 import check_format, naming, text_attribute
from common.formats.pair_category import PairCategory
from common.formats.pair_list import UNLABELLED
from infer.models.model import ModelCard
from infer.output.checked import as_bytes, demand, encodable, parsed_header, within
from infer.output.results import HardPairs, Results
from infer.two_towers import TowerScores

FORMAT = "facetrust-results"
FORMAT_VERSION = 2
READABLE_VERSIONS = (1, FORMAT_VERSION)  # 1 always had a threshold, and said less of the model
CROP_SIDES = range(16, 1025)  # pixels, as in `InputFormat`
AGAIN = "make it again with 'python -m infer pairs'"

# of P pairs, I images, R images that were rejected, and K pairs whose crops are shown
COLUMNS = {
    "header": Column("u1", most_rows=1_000_000),  # JSON
    "ids": Column(str),  # (P,)
    "image_names": Column(str),  # (I,)
    "members": Column("<u4", (2,)),  # (P, 2)
    "categories": Column("i1"),  # (P,)
    "similarity": Column("<f8"),  # (P,)
    "rejected_rows": Column("<u4"),  # (R,)
    "rejected_reasons": Column(str),  # (R,)
    "hard_rows": Column("<u4", most_rows=100),  # (K,); twice as many as are written
    # (K, 2, S, S, 3); what is written of crops of 1024 pixels has 302 million bytes
    "hard_crops": Column("u1", (2, None, None, 3), most_bytes=400_000_000),
}

TOWERS = {  # of a fused encoder alone
    "recogniser_similarity": Column("<f8"),  # (P,)
    "image_synthetic": Column("<f8"),  # (I,) P(synthetic)
}


class _Header(BaseModel):
    """All that is not a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    has_labels: bool
    threshold: float | None = Field(ge=-1, le=1)
    threshold_source: str
    card: ModelCard
    made_with: str
    threshold_doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def write_results(path: Path, results: Results) -> None:
    """Write results atomically; the same results give the same bytes.

    What cannot be told in UTF-8 in the name of a file is escaped. Raises OSError when the file cannot be
    written.
    """
    header = {name: getattr(results, name) for name in _Header.model_fields}
    without = None if results.notes else {"notes"}  # which earlier versions do not read
    values = {
        **vars(results),
        "header": as_bytes(_Header(**encodable(header)), without),
        "rejected_rows": list(results.rejected),
        "rejected_reasons": list(results.rejected.values()),
        "hard_rows": results.hard.rows,
        "hard_crops": results.hard.crops,
    }
    columns = COLUMNS
    if results.towers is not None:
        columns = COLUMNS | TOWERS
        values |= {
            "recogniser_similarity": results.towers.similarity,
            "image_synthetic": results.towers.synthetic,
        }
    write_packed(path, FORMAT, FORMAT_VERSION, columns, values)


def read_results(path: Path) -> Results:
    """Results from a file, which is not trusted.

    Raises UserError when it is not one, is of another version or damaged, or is beyond 50 million pairs.
    """
    with naming(path, AGAIN), h5py.File(path, "r") as file:
        return _read(file)


def is_of_another_kind(path: Path) -> bool:
    """Whether a file is HDF5 and says that it holds something else than results.

    False for one that cannot be opened: it may be results that are damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            return text_attribute(file, "format") != FORMAT
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):
        return False


def _read(file: h5py.File) -> Results:
    check_format(file, FORMAT, READABLE_VERSIONS, "a file of results")
    found = unpack_columns(file, COLUMNS)
    header = parsed_header(_Header, found["header"].tobytes())
    ids, images, similarity = found["ids"], found["image_names"], found["similarity"]
    rejected, reasons, hard = found["rejected_rows"], found["rejected_reasons"], found["hard_rows"]
    crops = found["hard_crops"]
    for name in ("members", "categories", "similarity"):
        demand(len(found[name]) == len(ids), f"has a malformed column '{name}'")
    demand(len(rejected) == len(reasons), "has a malformed column 'rejected_rows'")
    demand(len(crops) == len(hard), "has a malformed column 'hard_crops'")
    square = crops.shape[2] == crops.shape[3] and crops.shape[2] in CROP_SIDES
    demand(square, "has crops of a size unheard of")
    demand(len(set(ids)) == len(ids), "has two pairs of one id")
    demand(within(found["members"], 0, len(images) - 1), "has a pair of an image that is not there")
    known = within(found["categories"], UNLABELLED, len(PairCategory) - 1)
    demand(known, "has a pair of an unknown category")
    demand(within(similarity[~np.isnan(similarity)], -1, 1), "has a similarity that is not from -1 to 1")
    demand(within(rejected, 0, len(images) - 1), "has a reason that belongs to no image")
    demand(within(hard, 0, len(ids) - 1), "has crops that belong to no pair")
    demand(len(np.unique(rejected)) == len(reasons), "has two reasons for an image")
    towers = None if header.card.fusion is None else _towers(file, len(ids), len(images))
    return Results(
        ids=ids,
        image_names=images,
        members=found["members"].astype(np.int64),
        categories=found["categories"].astype(np.int8),
        similarity=similarity.astype(np.float64),
        rejected=dict(zip(rejected.tolist(), reasons, strict=True)),
        hard=HardPairs(hard.astype(np.int64), crops),
        towers=towers,
        **{name: getattr(header, name) for name in _Header.model_fields},
    )


def _towers(file: h5py.File, pairs: int, images: int) -> TowerScores:
    found = unpack_columns(file, TOWERS)
    own, synthetic = found["recogniser_similarity"], found["image_synthetic"]
    demand(len(own) == pairs and len(synthetic) == images, "has malformed columns of two towers")
    demand(within(own[~np.isnan(own)], -1, 1), "has a similarity that is not from -1 to 1")
    demand(within(synthetic[~np.isnan(synthetic)], 0, 1), "has a probability that is not from 0 to 1")
    return TowerScores(own.astype(np.float64), synthetic.astype(np.float64))
