"""What the tests of sources share: trees of empty files."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

MakeFiles = Callable[[Path, Iterable[str]], Path]


@pytest.fixture(scope="session")
def make_files() -> MakeFiles:
    """Writes empty files at relative paths, folders included, and answers the root."""

    def make(root: Path, names: Iterable[str]) -> Path:
        root.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return root

    return make
