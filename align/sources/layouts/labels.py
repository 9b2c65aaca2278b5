"""The layout `labels`: photographs in a folder, and tables in it, below or above it that label them."""

from align.sources.folder import Folder
from align.sources.labels import labelled
from align.sources.layouts.people import people
from align.sources.photograph import Photograph, without_suffix
from align.sources.photograph_list import pseudo_notes
from align.sources.splits import names_nobody
from common.formats.labels.kinds import kinds_in

NEEDS = "photographs that a .csv in it, or above it, labels, such as path,synthetic"


def photographs(folder: Folder) -> list[Photograph]:
    """The photographs that tables of labels speak of; the others are left out.

    The person is the one of the table, or else, where several folders that may be people's hold the
    photographs, the folder; else each is an identity of its own.
    """
    labels = labelled(folder, folder.labels, "left out")
    kept = sorted(path for path, said in labels.items() if not said.drop)
    by_folder = {photograph.path: photograph.identity for photograph in people(kept)}
    folders = set(by_folder.values())
    if len(folders) < 2 or any(names_nobody(name) or kinds_in(name) for name in folders):
        by_folder = {}  # they are not surely people's
    elif not any(labels[path].identity for path in kept):
        folder.taking.notes.append(f"{len(folders):,} people by their folders")
    folder.taking.notes += pseudo_notes(labels[path] for path in kept)
    return [
        Photograph(
            path,
            labels[path].identity or by_folder.get(path) or without_suffix(path),
            bool(labels[path].synthetic),
            groups=labels[path].groups,
            species=labels[path].species,
            pseudo=labels[path].pseudo,
            flagged=labels[path].synthetic is not None,
        )
        for path in kept
    ]
