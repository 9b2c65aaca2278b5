"""Fingerprint of a set of pairs, by which a threshold is known again on the pairs that it was chosen on."""

import hashlib

from infer.pair_sets.pair_set import PairSet


def fingerprint(pair_set: PairSet) -> str:
    """SHA-256 of ids, names of the photographs, and labels of a set, in hexadecimal.

    The folder that a set lies in, and the pixels of its photographs, have no part in it.
    """
    digest = hashlib.sha256()
    for texts in (pair_set.ids, pair_set.image_names):
        digest.update(f"{len(texts)}\0".encode())
        digest.update("\0".join(texts).encode("utf-8", "surrogatepass"))
    digest.update(pair_set.members.astype("<i8").tobytes())
    digest.update(pair_set.categories.astype("i1").tobytes())
    return digest.hexdigest()
