"""What is said of files that give no weights: what each is, from its bytes, and what to do."""

import errno
import os
import stat
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from common.models.load_encoder import load_encoder
from common.models.weights.refusal import REMEDIES
from common.runtime.errors import UserError
from common.runtime.file_kinds import Kind, inspect

from .samples import SAMPLES, onnx_bytes, safetensors, torch_bytes


def refused(path: Path) -> str:
    """What is said of a file as weights."""
    with pytest.raises(UserError) as caught:
        load_encoder(str(path))
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.filterwarnings("ignore")  # torch's quantisation and TorchScript are old
def test_a_file_that_gives_no_weights_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    make, told = SAMPLES[name]
    for file in (name, "weights.pt", "weights.safetensors"):  # whatever its name is
        (tmp_path / file).write_bytes(make())
        with pytest.raises(UserError, match=told):
            load_encoder(str(tmp_path / file))
        said = refused(tmp_path / file)
        is_damaged = "damaged" in told or name == "empty.pt"
        assert ("fetch it again" in said or "damaged" in said) == is_damaged, said


def test_an_onnx_network_cannot_be_trained(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(onnx_bytes())
    assert "net.pt is an ONNX network; infer takes it with --model, but it cannot be trained" in refused(
        tmp_path / "net.pt"
    )


def test_every_remedy_is_of_a_kind_that_gives_no_weights() -> None:
    assert not REMEDIES.keys() & {Kind.SAFETENSORS, Kind.TORCH, Kind.TORCH_LEGACY, Kind.UNKNOWN}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            ["config.json", "model.safetensors"],
            "is a folder; the weights in it are .*model.safetensors: name",
        ),
        (
            ["a.pt", "b.pth", "c.ckpt", "d.bin"],
            r"folder with 4 files of weights \(a.pt, b.pth, c.ckpt, …\); name one",
        ),
        (["saved_model.pb"], "is a SavedModel of TensorFlow; .*tf2onnx"),
        (["notes.txt"], "is a folder without a file of weights; name a file"),
        ([], "is a folder without a file of weights"),
    ],
)
def test_of_a_folder_the_file_to_name_is_told(tmp_path: Path, files: list[str], told: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in files:
        (folder / name).write_bytes(b"x")
    with pytest.raises(UserError, match=told):
        load_encoder(str(folder))


def test_what_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link.pt").symlink_to("gone.pt")
    assert "link.pt is a link to gone.pt, which is not there" in refused(tmp_path / "link.pt")
    os.mkfifo(tmp_path / "pipe.pt")
    assert "is a pipe or a device, not a file" in refused(tmp_path / "pipe.pt")

    path = tmp_path / "mine.pt"
    path.write_bytes(torch_bytes())
    for number, told in {
        errno.EACCES: "permission denied; give yourself",
        errno.EIO: "input/output error",
        errno.ESTALE: "stale",
    }.items():

        def fail(*_: object, number: int = number, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(Path, "open", fail)
        assert told in refused(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_no_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(torch_bytes())
    path.chmod(stat.S_IWUSR)
    assert "permission denied" in refused(path)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "net.", "backbone.", "module.backbone."])
@pytest.mark.parametrize("around", ["model", "state_dict", None])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_sound_weights_of_every_wrapping_load(
    tmp_path: Path, lite: dict[str, Tensor], prefix: str, around: str | None, dtype: torch.dtype
) -> None:
    named = {
        prefix + key: value.to(dtype) if value.is_floating_point() else value for key, value in lite.items()
    }
    optimiser = {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]}
    torch.save({around: named, "optimizer": optimiser, "epoch": 3} if around else named, tmp_path / "w.onnx")
    loaded = load_encoder(str(tmp_path / "w.onnx"))
    assert loaded.encoder.backbone_name == "ir_lite" and not loaded.missing and not loaded.unused


def test_whole_numbers_do_not_become_weights(tmp_path: Path, lite: dict[str, Tensor]) -> None:
    coarse = {
        key: value.to(torch.int8) if value.is_floating_point() else value for key, value in lite.items()
    }
    save_file(coarse, tmp_path / "w.safetensors")
    assert "holds whole numbers in the place of weights" in refused(tmp_path / "w.safetensors")
    assert "is int8" in refused(tmp_path / "w.safetensors")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.tuples(
            st.sampled_from([torch_bytes(), torch_bytes(legacy=True), safetensors(), onnx_bytes()]),
            st.floats(0, 1),
        ).map(lambda drawn: drawn[0][: int(drawn[1] * len(drawn[0]))]),
    )
)
def test_any_bytes_have_a_kind_and_cut_files_are_never_sound(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(content)
    found = inspect(path)
    assert found.text and "\n" not in found.text
    with pytest.raises(UserError):
        load_encoder(str(path))
