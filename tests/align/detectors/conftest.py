"""What the tests of insightface's packs share."""

from pathlib import Path

import pytest

from .insightface_home import OFFLINE


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """insightface's folder of packs in an empty home, without a network."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / ".insightface" / "models"
