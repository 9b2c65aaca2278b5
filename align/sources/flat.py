"""The layout `flat`: photographs side by side in one folder, of whom nothing is known."""

from collections.abc import Mapping, Sequence

from align.sources.photograph import Photograph, without_suffix


def flat(paths: Sequence[str], synthetic: Mapping[str, bool] = {}) -> list[Photograph]:
    """Those of sorted `paths` that lie in the root itself, each an identity of its own.

    `synthetic` flags paths; those that it does not name are bona fide.
    """
    return [
        Photograph(path, without_suffix(path), synthetic.get(path, False))
        for path in paths
        if "/" not in path
    ]
