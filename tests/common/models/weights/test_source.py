from pathlib import Path

import pytest

from common.models.weights import source
from common.models.weights.hub import HubReference
from common.models.weights.published import PUBLISHED
from common.models.weights.source import WeightsFile, locate
from common.runtime.errors import UserError


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[HubReference]:
    """What was asked of the hub."""
    asked: list[HubReference] = []

    def fetch(reference: HubReference) -> Path:
        asked.append(reference)
        return tmp_path

    monkeypatch.setattr(source, "fetch", fetch)
    return asked


def test_a_known_name_is_its_repository_and_file(fetched: list[HubReference], tmp_path: Path) -> None:
    assert locate("adaface-ir101-webface12m") == WeightsFile(tmp_path, "RGB")
    expected = HubReference("minchul/cvlface_adaface_ir101_webface12m", None, "model.safetensors")
    assert fetched == [expected]


def test_a_known_repository_brings_its_colour_along(fetched: list[HubReference]) -> None:
    known = PUBLISHED["adaface-ir18-vgg2"].repository
    assert locate(f"hf:{known}@v1").colour == "RGB"
    assert locate(f"hf:{known}/pretrained_model/model.pt").colour == "RGB"
    assert locate("hf:someone/else").colour is None
    assert [entry.file for entry in fetched] == ["model.safetensors", "pretrained_model/model.pt", None]
    assert [entry.revision for entry in fetched] == ["v1", None, None]


def test_a_file_goes_before_a_name(
    fetched: list[HubReference], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("adaface-ir18-casia").write_bytes(b"x")
    assert locate("adaface-ir18-casia") == WeightsFile(Path("adaface-ir18-casia"), None)
    assert fetched == []


def test_what_is_nowhere_is_told_with_what_is_near(fetched: list[HubReference]) -> None:
    with pytest.raises(
        UserError, match="no such weights file: adaface-ir101-webface12; did you mean 'adaface-"
    ):
        locate("adaface-ir101-webface12")
    with pytest.raises(UserError, match=r"no such weights file: absent\.pt; known names are adaface-ir101-"):
        locate("absent.pt")
    assert fetched == []


def test_names_are_unlike_paths_and_repositories_differ() -> None:
    assert all("/" not in name and "." not in name for name in PUBLISHED)
    assert len({weights.repository for weights in PUBLISHED.values()}) == len(PUBLISHED)
