from pathlib import Path

import pytest

from common.runtime.errors import UserError
from train.tasks.verification.shelf import on_shelf


def lay(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_name_is_a_file_or_a_folder_of_the_shelf(tmp_path: Path) -> None:
    shelf = tmp_path / "pretrained"
    assert on_shelf("adaface-ir18", tmp_path) is None
    folder = shelf / "cvlface_adaface_ir101_webface12m"
    lay(folder / "config.json")
    safetensors = lay(folder / "model.safetensors")
    lay(folder / "pretrained_model" / "model.pt")
    plain, only = lay(shelf / "My-Net.pth"), lay(shelf / "other" / "weights.ckpt")
    lay(shelf / "other" / "README.md")
    assert on_shelf("adaface-ir101-webface12m", tmp_path) == safetensors
    assert on_shelf("my_net", tmp_path) == plain
    assert on_shelf("other", tmp_path) == only
    assert on_shelf("adaface-ir18", tmp_path) is None
    assert on_shelf(str(plain), tmp_path) is None, "a path is no name"
    assert on_shelf("hf:owner/my_net", tmp_path) is None


def test_a_folder_of_several_files_is_asked_about(tmp_path: Path) -> None:
    lay(tmp_path / "pretrained" / "two" / "a.pt")
    lay(tmp_path / "pretrained" / "two" / "b.pt")
    with pytest.raises(UserError, match=r"two holds a.pt, b.pt; name one file"):
        on_shelf("two", tmp_path)
