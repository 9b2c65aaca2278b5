from pathlib import Path

import onnx
import onnxruntime
import pytest
from retinaface.weights import WEIGHTS

from align.detectors.detection import DetectorSettings
from align.detectors.embedded import EmbeddedRetinaFace
from align.detectors.session import open_session
from common.runtime import onnx_session
from common.runtime.device import Device
from common.runtime.errors import UserError


@pytest.fixture
def without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [onnx_session.CPU])


@pytest.mark.usefixtures("without_cuda")
def test_cuda_asked_for_and_not_there_is_told_with_the_way_out() -> None:
    with pytest.raises(UserError, match=r"make gpu.*--device cpu") as told:
        EmbeddedRetinaFace(DetectorSettings(device=Device.CUDA))
    assert "\n" not in str(told.value)


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("device", [Device.AUTO, Device.CPU])
def test_without_cuda_it_runs_on_the_cpu(device: Device) -> None:
    assert onnx_session.providers(device) == [onnx_session.CPU]
    assert EmbeddedRetinaFace(DetectorSettings(device=device)).batch_size == 1


def test_auto_takes_cuda_where_it_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [onnx_session.CUDA, onnx_session.CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    assert onnx_session.providers(Device.AUTO) == [onnx_session.CUDA, onnx_session.CPU]
    assert onnx_session.providers(Device.CPU) == [onnx_session.CPU]


def test_falling_back_in_silence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_session, "providers", lambda device: [onnx_session.CPU])
    with pytest.raises(UserError, match="finds no CUDA"):
        open_session(WEIGHTS, DetectorSettings(device=Device.CUDA))


def test_threads_are_as_asked_for() -> None:
    opened = open_session(WEIGHTS, DetectorSettings(device=Device.CPU, threads=3))
    assert opened.get_session_options().intra_op_num_threads == 3
    assert not onnx_session.on_cuda(opened)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"x\.onnx is empty; name a whole ONNX network"),
        (b"no network", r"x\.onnx is a text \('no network'\)"),
        (b"<html><title>Log in</title>", r"x\.onnx is a web page \('Log in'\)"),
        (WEIGHTS[: len(WEIGHTS) // 2], r"x\.onnx is an ONNX network that is damaged: its network has"),
        (
            onnx.ModelProto(ir_version=99, graph=onnx.GraphProto(name="a")).SerializeToString(),
            "by ONNX Runtime",
        ),
    ],
)
def test_what_is_no_network_is_told_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(UserError, match=told) as refused:
        open_session(tmp_path / "x.onnx", DetectorSettings(device=Device.CPU))
    assert "\n" not in str(refused.value)
