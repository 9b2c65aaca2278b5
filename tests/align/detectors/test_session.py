from pathlib import Path

import onnx
import onnxruntime
import pytest
from retinaface.weights import WEIGHTS

from align.detectors import session
from align.detectors.detection import DetectorSettings, Device
from align.detectors.embedded import EmbeddedRetinaFace
from common.errors import UserError


@pytest.fixture
def without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [session.CPU])


@pytest.mark.usefixtures("without_cuda")
def test_cuda_asked_for_and_not_there_is_told_with_the_way_out() -> None:
    with pytest.raises(UserError, match=r"make gpu.*--device cpu") as told:
        EmbeddedRetinaFace(DetectorSettings(device=Device.CUDA))
    assert "\n" not in str(told.value)


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("device", [Device.AUTO, Device.CPU])
def test_without_cuda_it_runs_on_the_cpu(device: Device) -> None:
    assert session.providers(device) == [session.CPU]
    assert EmbeddedRetinaFace(DetectorSettings(device=device)).batch_size == 1


def test_auto_takes_cuda_where_it_is_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [session.CUDA, session.CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    assert session.providers(Device.AUTO) == [session.CUDA, session.CPU]
    assert session.providers(Device.CPU) == [session.CPU]


def test_falling_back_in_silence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "providers", lambda device: [session.CPU])
    with pytest.raises(UserError, match="finds no CUDA"):
        session.open_session(WEIGHTS, DetectorSettings(device=Device.CUDA))


def test_threads_are_as_asked_for() -> None:
    opened = session.open_session(WEIGHTS, DetectorSettings(device=Device.CPU, threads=3))
    assert opened.get_session_options().intra_op_num_threads == 3
    assert not session.on_cuda(opened)


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
        session.open_session(tmp_path / "x.onnx", DetectorSettings(device=Device.CPU))
    assert "\n" not in str(refused.value)
