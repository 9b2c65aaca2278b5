"""The layout `flat`: photographs side by side in one folder, of whom nothing is known."""

from collections.abc import Mapping, Sequence

from align.sources.folder import Folder
from align.sources.labels import labelled_by_meta
from align.sources.photograph import Photograph, without_suffix

NEEDS = "photographs directly in it"


def photographs(folder: Folder) -> list[Photograph]:
    """The photographs of a folder, synthetic where `meta.json` says so."""
    return flat(folder.paths, labelled_by_meta(folder))


def flat(paths: Sequence[str], synthetic: Mapping[str, bool] = {}) -> list[Photograph]:
    """Those of sorted `paths` that lie in the root itself, each an identity of its own.

    `synthetic` flags paths; those that it does not name are bona fide.
    """
    return [
        Photograph(
            path, without_suffix(path), synthetic.get(path, False), flagged=not synthetic or path in synthetic
        )
        for path in paths
        if "/" not in path
    ]
