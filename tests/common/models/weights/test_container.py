from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from common.models.weights.container import read_state_dict
from common.runtime.errors import UserError
from common.runtime.file_kinds import Kind, inspect


def test_both_file_types_give_the_same_tensors_whatever_the_name(
    tmp_path: Path, lite: dict[str, Tensor]
) -> None:
    torch.save(lite, tmp_path / "zip")
    torch.save(lite, tmp_path / "legacy.bin", _use_new_zipfile_serialization=False)
    save_file(lite, tmp_path / "w.pt")
    kinds = {"zip": Kind.TORCH, "legacy.bin": Kind.TORCH_LEGACY, "w.pt": Kind.SAFETENSORS}
    assert {name: inspect(tmp_path / name).kind for name in kinds} == kinds
    for name in kinds:
        found = read_state_dict(tmp_path / name)
        assert found.keys() == lite.keys()
        assert all(torch.equal(found[key], lite[key]) for key in lite)


def test_the_weights_are_found_among_what_frameworks_save(tmp_path: Path, lightning_checkpoint: Any) -> None:
    weights = {"model.a": torch.ones(2), "model.b": torch.nn.Parameter(torch.ones(3))}
    torch.save(lightning_checkpoint(weights), tmp_path / "w.ckpt")
    assert set(read_state_dict(tmp_path / "w.ckpt")) == {*weights, "head.kernel", "head.batch_mean"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"model": {"a": torch.ones(1), "b": torch.ones(1)}, "x": torch.ones(1)}, {"a", "b"}),
        ({"state_dict_ema": {"e": torch.ones(1)}, "state_dict": {"a": torch.ones(1)}}, {"a"}),
        (
            {"model": {"backbone": {"a": torch.ones(1), "b": torch.ones(1)}, "head": {"k": torch.ones(1)}}},
            "ab",
        ),
        ({"a": torch.ones(1), "epoch": 3, 5: torch.ones(1)}, {"a"}),
    ],
    ids=["largest", "plain before averaged", "nested", "with numbers"],
)
def test_the_largest_dictionary_counts(tmp_path: Path, content: object, expected: object) -> None:
    torch.save(content, tmp_path / "w.pt")
    assert set(read_state_dict(tmp_path / "w.pt")) == set(expected)  # type: ignore[call-overload]


def test_a_dictionary_that_holds_itself_ends(tmp_path: Path) -> None:
    content: dict[str, Any] = {"a": torch.ones(1)}
    content["self"] = content
    torch.save(content, tmp_path / "w.pt")
    assert set(read_state_dict(tmp_path / "w.pt")) == {"a"}


@pytest.mark.parametrize("content", [[torch.zeros(2)], torch.zeros(2), {"epoch": 3}, {}, None])
def test_files_without_named_tensors_are_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(UserError, match=r"w\.pt holds no named tensors"):
        read_state_dict(tmp_path / "w.pt")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("kept", [0.001, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_called_damaged(
    tmp_path: Path, lite: dict[str, Tensor], kind: str, kept: float
) -> None:
    path = tmp_path / "w"
    if kind == "safetensors":
        save_file(lite, path)
    else:
        torch.save(lite, path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(UserError, match="damaged"):
        read_state_dict(path)


def test_a_header_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    header = b'{"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises(UserError, match="damaged"):
        read_state_dict(path)
