import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from common.backbones import BACKBONES, create_backbone
from common.errors import UserError
from common.weights import load_weights, read_state_dict, recognise_backbone


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return create_backbone("ir_lite").state_dict()


def test_both_file_types_give_the_same_tensors(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    torch.save(tensors, tmp_path / "w.pt")
    save_file(tensors, tmp_path / "w.safetensors")
    for name in ("w.pt", "w.safetensors"):
        found = read_state_dict(tmp_path / name)
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[key], tensors[key]) for key in tensors)


@pytest.mark.parametrize("how", ["torch", "torch_legacy", "pickle", "pickle_in_dict", "safetensors_name"])
def test_a_malicious_pickle_is_refused_and_not_executed(tmp_path: Path, how: str) -> None:
    trace = tmp_path / "executed"
    bomb = Malicious(f"touch {trace}")
    path = tmp_path / ("evil.safetensors" if how == "safetensors_name" else "evil.pt")
    if how.startswith("torch"):
        torch.save({"a": torch.zeros(1), "b": bomb}, path, _use_new_zipfile_serialization=how == "torch")
    else:
        path.write_bytes(pickle.dumps({"a": bomb} if how == "pickle_in_dict" else bomb))
    with pytest.raises(UserError, match=r"evil\.(pt|safetensors)"):
        read_state_dict(path)
    assert not trace.exists()
    if how == "pickle":  # the trap does work where it is not guarded against
        pickle.loads(path.read_bytes())
        assert trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        [torch.zeros(2)],
        torch.zeros(2),
        {"state_dict": {"a": torch.zeros(1)}},
        {"a": torch.zeros(1), "epoch": 3},
    ],
    ids=["list", "tensor", "nested", "with a number"],
)
def test_anything_but_a_plain_state_dict_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(UserError, match="not a plain state_dict"):
        read_state_dict(tmp_path / "w.pt")


def test_missing_empty_and_text_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such weights file"):
        read_state_dict(tmp_path / "absent.pt")
    for name in ("w.pt", "w.safetensors"):
        for content in (b"", b"just some words\n" * 50):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(UserError):
                read_state_dict(tmp_path / name)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_truncated_file_is_called_damaged(tmp_path: Path, tensors: dict[str, Tensor], suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    if suffix == ".pt":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="damaged"):
        read_state_dict(path)


def test_what_does_not_fit_is_named(tensors: dict[str, Tensor]) -> None:
    del tensors["input_layer.0.weight"]
    tensors["head.weight"] = torch.zeros(3)
    tensors["input_layer.1.bias"] = torch.zeros(5)
    tensors["input_layer.1.weight"] = torch.zeros(6)
    with pytest.raises(UserError) as caught:
        load_weights(create_backbone("ir_lite"), tensors, source="file.pt")
    told = str(caught.value)
    assert "input_layer.0.weight is missing" in told
    assert "head.weight is unknown" in told
    assert "(5,) and should be (24,)" in told or "(6,) and should be (24,)" in told
    assert "and 1 more" in told


def test_another_backbone_is_recognised(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(UserError, match="is a ir_lite; add --backbone ir_lite"):
        load_weights(create_backbone("mobilefacenet"), tensors, source="file.pt")


def test_every_backbone_is_recognised_by_its_shapes() -> None:
    with torch.device("meta"):
        for name in BACKBONES:
            assert recognise_backbone(create_backbone(name).state_dict()) == name
    assert recognise_backbone({"a": torch.zeros(1)}) is None
