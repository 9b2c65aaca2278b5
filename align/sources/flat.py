"""The layout `flat`: photographs side by side in one folder, of whom nothing is known."""

from collections.abc import Sequence

from align.sources.photograph import Photograph, without_suffix


def flat(paths: Sequence[str]) -> list[Photograph]:
    """Those of sorted `paths` that lie in the root itself, each bona fide and an identity of its own."""
    return [Photograph(path, without_suffix(path), False) for path in paths if "/" not in path]
