"""Folders that part a data set and say nothing about whom its photographs show."""

_SPLITS = frozenset(
    {"train", "training", "val", "valid", "validation", "test", "testing", "dev", "eval", "evaluation"}
)


def is_split(folder: str) -> bool:
    """Whether a folder of this name is one part of a data set; case does not matter."""
    return folder.lower() in _SPLITS
