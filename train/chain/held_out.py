"""The people that both towers of a fused encoder hold out, and that it is chosen on."""

from collections import defaultdict
from pathlib import Path

from common.formats.stored_split import read_held_out
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.split import MIN_IDENTITIES, held_out_groups

LEAST_TRAINED = 2


def people_to_hold_out(
    wide: CropDataset, faces: CropDataset | None, share: float, earlier: Path | None
) -> set[str]:
    """The people of the shards whom a split holds out that is there already, else a share of them.

    They are drawn as `held_out_groups`, so that people with and without synthetic crops are on both sides,
    and of those alone who are in all shards.

    Args:
        wide: of the classifier.
        faces: of the recogniser; None where it is not trained.
        share: of the people.
        earlier: the split that the recogniser was trained by before; one that holds out none of these people
            is of other data.

    Raises UserError where fewer than four would be held out, or fewer than two trained on.
    """
    kinds: dict[str, set[bool]] = defaultdict(set)
    for identity, synthetic in zip(wide.identities.tolist(), wide.synthetic.tolist(), strict=True):
        kinds[wide.identity_names[identity]].add(synthetic)
    names = kinds.keys() if faces is None else kinds.keys() & set(faces.identity_names.tolist())
    drawn = held_out_groups({name: kinds[name] for name in names}, share, seed=0)
    held_out = (names & read_held_out(earlier) if earlier else set()) or drawn
    if len(held_out) < MIN_IDENTITIES or len(names) - len(held_out) < LEAST_TRAINED:
        people = f"{len(names)} people" + ("" if faces is None else " who are in --data and --wide")
        raise UserError(
            f"{len(held_out)} of {people} would be held out; the encoder is chosen on {MIN_IDENTITIES} or "
            f"more, and {LEAST_TRAINED} are trained on: add people, or set another --held-out"
        )
    return held_out
