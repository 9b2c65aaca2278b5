from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnx
import onnxruntime
import pytest
from retinaface.weights import WEIGHTS

from align.detectors.detection import DetectorSettings
from align.detectors.embedded import EmbeddedRetinaFace
from align.detectors.session import open_session
from align.shards.engines.engine import Engine
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
def test_without_cuda_it_runs_on_the_cpu_and_there_is_nothing_to_tell(device: Device) -> None:
    assert onnx_session.settle_device(device) is Device.CPU
    assert onnx_session.fallback_notes(device) == []
    assert EmbeddedRetinaFace(DetectorSettings(device=device)).batch_size == 1


class Session:
    """Stands in for sessions of an onnxruntime that is built for CUDA, and runs where `has` says."""

    opened: ClassVar[list[dict[str, Any]]] = []
    has: ClassVar[list[str]] = []
    fails: ClassVar[Exception | None] = None

    def __init__(self, network: object, options: object, **more: Any) -> None:
        self.opened.append(more)

    def get_providers(self) -> list[str]:
        return self.has

    def run(self, names: object, inputs: object) -> None:
        if self.fails:
            raise self.fails


@pytest.fixture
def built_for_cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Session]]:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [onnx_session.CUDA, onnx_session.CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    monkeypatch.setattr(Session, "opened", [])
    monkeypatch.setattr(Session, "has", [onnx_session.CUDA, onnx_session.CPU])
    onnx_session._trouble_of_a_small_network.cache_clear()
    yield Session
    onnx_session._trouble_of_a_small_network.cache_clear()


def test_where_cuda_works_auto_takes_it_and_no_session_may_fall_back(built_for_cuda: type[Session]) -> None:
    assert onnx_session.settle_device(Device.AUTO) is Device.CUDA
    assert onnx_session.settle_device(Device.CPU) is Device.CPU
    assert onnx_session.cuda_trouble() is None and onnx_session.fallback_notes(Device.AUTO) == []
    assert onnx_session.on_cuda(open_session(WEIGHTS, DetectorSettings()))
    small, opened = built_for_cuda.opened  # the small network once, then the detector's
    assert small == opened == {"providers": onnx_session.ON_CUDA, "enable_fallback": 0}
    assert onnx_session.CUDA_OPTIONS["use_tf32"] == "0"


@pytest.mark.usefixtures("built_for_cuda")
@pytest.mark.parametrize(
    ("workers", "cores", "on_gpu", "processes"),
    [(None, 64, True, 4), (None, 2, True, 2), (None, 64, False, None), (7, 64, True, 7)],
)
def test_few_processes_share_a_gpu(
    workers: int | None, cores: int, on_gpu: bool, processes: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    monkeypatch.setattr(onnx_session, "available_cores", lambda: cores)
    monkeypatch.setattr(
        "common.runtime.worker_processes.run_in_processes", lambda *given: asked.append(given[2]) or iter(())
    )
    Engine(workers=workers, on_gpu=on_gpu).run(abs, [1, 2])
    assert asked == [processes]
    assert onnx_session.processes_on(Device.AUTO) == min(cores, 4)
    assert onnx_session.processes_on(Device.CPU) == cores


def fall_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "has", [onnx_session.CPU])
    monkeypatch.setattr(onnx_session, "_trouble_of_libraries", lambda: "libcublas.so.12: cannot be opened")


def fail_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "fails", RuntimeError("no kernel image is available\nand more"))


@pytest.mark.usefixtures("built_for_cuda")
@pytest.mark.parametrize(
    ("happens", "reason"),
    [(fall_back, "libcublas.so.12: cannot be opened"), (fail_to_run, "no kernel image is available")],
)
def test_cuda_that_does_not_work_is_told_with_its_reason(
    happens: Callable[[pytest.MonkeyPatch], None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens(monkeypatch)
    assert onnx_session.settle_device(Device.AUTO) is Device.CPU
    told = f"ONNX Runtime computes on the CPU, for it cannot use CUDA: {reason}"
    assert onnx_session.fallback_notes(Device.AUTO) == [told]
    assert onnx_session.fallback_notes(Device.CPU) == []
    with pytest.raises(UserError, match=rf"finds no CUDA \({reason}\)"):
        open_session(WEIGHTS, DetectorSettings(device=Device.CUDA))


@pytest.mark.usefixtures("built_for_cuda")
@pytest.mark.parametrize("device", [Device.AUTO, Device.CUDA])
def test_a_session_that_falls_back_later_is_refused(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    assert onnx_session.settle_device(device) is Device.CUDA
    monkeypatch.setattr(Session, "has", [onnx_session.CPU])
    with pytest.raises(UserError, match="finds no CUDA"):
        open_session(WEIGHTS, DetectorSettings(device=device))


def test_the_library_that_cannot_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "__file__", str(tmp_path / "__init__.py"))
    assert onnx_session._trouble_of_libraries() == "it finds no GPU"
    (tmp_path / "capi").mkdir()
    (tmp_path / "capi" / "libonnxruntime_providers_cuda.so").write_bytes(b"none")
    assert "libonnxruntime_providers_cuda.so" in onnx_session._trouble_of_libraries()


def test_the_small_network_is_one() -> None:
    session = onnxruntime.InferenceSession(onnx_session._small_network(), providers=[onnx_session.CPU])
    assert session.run(None, {"x": np.ones(1, np.float32)})[0] == [2]


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
