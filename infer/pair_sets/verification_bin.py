"""Verification sets in one file, as insightface publishes them: lfw.bin, cfp_fp.bin, agedb_30.bin …

Such a file is a pickle of two lists: images, encoded, two for each pair, and whether a pair shows one person.
The images are crops already. It is read as data, see `plain_pickle`; nothing in it is run.
"""

import os
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_list import MAX_PAIRS, pair_categories
from common.runtime.errors import UserError
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.plain_pickle import Array, NotDataError, read_pickle

MAX_BYTES = 8_000_000_000  # of a file; all images are held in memory

_MEND = "get the file again, or write it with pickle.dump((list of bytes of images, list of bool), file)"


def read_verification_bin(source: Path) -> PairSet:
    """The pairs of a verification set; ids and names of images are positions in the file, from 0.

    Images are bytes, bytearrays, or flat uint8 arrays of numpy; labels are flags or 0 and 1, of Python or of
    numpy. Equal images are one. An image that cannot be decoded is reported when it is read.

    Raises UserError for a file that is larger than `MAX_BYTES`, is not such a pickle, or holds anything else,
    and OSError.
    """
    try:
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise UserError(
                    f"{source} has more than {MAX_BYTES // 10**9} GB; split it into several files"
                )
            images, same = _parts(read_pickle(file, size))
    except NotDataError as error:
        raise UserError(f"{source} {error}; {_MEND}") from error
    rows: dict[bytes, int] = {}
    names: list[str] = []
    members = array("q")
    for position, image in enumerate(images):
        row = rows.setdefault(image, len(rows))
        if row == len(names):
            names.append(f"{position:06d}")
        members.append(row)
    return PairSet(
        name=source.stem,
        source=str(source),
        images=[*rows],
        image_names=names,
        ids=[f"{position:06d}" for position in range(len(same))],
        members=np.array(members, np.int64).reshape(-1, 2),
        categories=pair_categories(same, np.zeros((len(same), 2), np.bool_)),
        aligned=True,
    )


def _parts(value: object) -> tuple[list[bytes], NDArray[np.bool_]]:
    """Images (2 P) and labels (P,)."""
    if not isinstance(value, tuple | list) or len(value) != 2 or not isinstance(value[0], tuple | list):
        raise NotDataError("is no pair of a list of images and a list of labels")
    same = _labels(value[1])
    if not len(same):
        raise NotDataError("holds no pairs")
    if len(same) > MAX_PAIRS:
        raise NotDataError(f"holds more than {MAX_PAIRS} pairs")
    if len(value[0]) != 2 * len(same):
        raise NotDataError(f"holds {len(value[0])} images where {len(same)} labels need {2 * len(same)}")
    return [_image(item, position) for position, item in enumerate(value[0])], same


def _image(item: object, position: int) -> bytes:
    if isinstance(item, Array) and item.is_flat and item.items == "u1":
        return item.data
    if not isinstance(item, bytes):
        raise NotDataError(f"holds something other than an encoded image at position {position}")
    return item


def _labels(value: object) -> NDArray[np.bool_]:
    if isinstance(value, Array):
        numbers = np.frombuffer(value.data, f"<{value.items.replace('b', 'u')}")
        if len(numbers) > MAX_PAIRS:
            raise NotDataError(f"holds more than {MAX_PAIRS} labels")
        value = numbers.tolist()
    if not isinstance(value, tuple | list):
        raise NotDataError("is no pair of a list of images and a list of labels")
    for position, label in enumerate(value):
        if not isinstance(label, int) or label not in (0, 1):
            raise NotDataError(f"holds a label that is neither true nor false at position {position}")
    return np.array(value, np.bool_)
