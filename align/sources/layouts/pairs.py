"""The layout `pairs`: folders of two photographs that are to be compared, as `infer pairs` reads them."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from align.sources.folder import Folder
from align.sources.pair_labels import (
    PairLabel,
    find_pair_labels,
    is_of_pairs,
    names_two_faces,
    read_pair_labels,
)
from align.sources.photograph import Photograph, folder_of, without_suffix
from align.sources.splits import names_nobody
from common.formats.csv_rows import first_row
from common.formats.labels.files import LABELS_FILE
from common.formats.labels.join import join_labels
from common.formats.labels.labelling import label_paths

NEEDS = "subfolders PAIR_ID with the photographs 0.jpg and 1.jpg"
_STEMS = ("0", "1")


def photographs(folder: Folder) -> list[Photograph]:
    """The photographs of the pairs of a folder, with what labels of pairs say; as `refuse_misfits`."""
    ids = pair_ids(folder.paths)
    labels = find_pair_labels(folder.root, ids, folders_around_pairs(folder.paths))
    if labels is None:
        return pairs(folder.paths, {})
    labelled = label_paths(labels.file, labels.by_id, ids, what="pair")
    if not folder.reading.allow_unlabelled:
        synthetic = {pair for pair, label in labels.by_id.items() if any(label.synthetic)}
        labelled.refuse_misfits(synthetic, others_elsewhere=labels.file.parent != folder.root)
    folder.taking.add(labelled)
    folder.taking.notes += labels.notes
    return pairs(folder.paths, labelled.values)


def has_labelled_pairs(folder: Folder) -> bool:
    """Whether `labels.csv` is that of pairs that are there, though maybe not with both photographs each."""
    file = folder.root / LABELS_FILE
    if not file.is_file() or not (ids := pair_ids(folder.paths)) or not is_of_pairs(file):
        return False
    return names_two_faces(first_row(file)) or bool(join_labels(read_pair_labels(file).by_id, ids).path_of)


def pairs(paths: Sequence[str], labels: Mapping[str, PairLabel]) -> list[Photograph]:
    """The photographs `PAIR_ID/0.*` and `PAIR_ID/1.*` of sorted `paths`; others are passed over.

    Folders like `images` may lie around all pairs. Each photograph is an identity of its own, `PAIR_ID/0`,
    unless the pair's label says that both show one person, who is then called `PAIR_ID`. Photographs without
    a label are bona fide.
    """
    found = []
    for path, pair, stem in _of_pairs(paths):
        label = labels.get(pair)
        identity = pair if label and label.same_person else without_suffix(path)
        flag = label is not None and label.synthetic[_STEMS.index(stem)]
        found.append(Photograph(path, identity, flag, flagged=label is not None))
    return found


def pair_ids(paths: Sequence[str]) -> list[str]:
    """The distinct folders that hold `0.*` or `1.*`, in the order of the paths."""
    return list(dict.fromkeys(pair for _, pair, _ in _of_pairs(paths)))


def looks_like_pairs(paths: Sequence[str]) -> bool:
    """Whether every photograph is `PAIR_ID/0.*` or `PAIR_ID/1.*`, and every folder has both."""
    around = folders_around_pairs(paths)
    return bool(paths) and all(
        folder.count("/") == around.count("/")
        and folder.startswith(around)
        and folder != around
        and {without_suffix(path.rpartition("/")[2]) for path in own} == set(_STEMS)
        for folder, own in groupby(paths, key=folder_of)
    )


def folders_around_pairs(paths: Sequence[str]) -> str:
    """The folders, each with its slash, that lie around all pairs and are called `images` and the like."""
    around = ""
    deeper = [path for path in paths if "/" in path]
    while deeper:
        top = deeper[0][len(around) :].partition("/")[0]
        own = f"{around}{top}/"
        if not names_nobody(top) or not all(
            path.startswith(own) and "/" in path[len(own) :] for path in deeper
        ):
            break
        around = own
    return around


def _of_pairs(paths: Sequence[str]) -> list[tuple[str, str, str]]:
    """Path, id and stem of those that are `PAIR_ID/0.*` or `PAIR_ID/1.*` below the folders around all."""
    around = folders_around_pairs(paths)
    found = []
    for path in paths:
        pair, _, name = path.removeprefix(around).rpartition("/")
        stem = without_suffix(name)
        if pair and "/" not in pair and stem in _STEMS and path.startswith(around):
            found.append((path, pair, stem))
    return found
