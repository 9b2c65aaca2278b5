"""The service in this process, and as a process of its own."""

import asyncio
import io
import re
import signal
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from align.crops.options import FaceChoice
from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.ensemble import load_ensemble
from infer.cropping import EveryFaceRequest
from infer.models.model import Model, Threshold
from infer.service.app import create_app
from infer.service.encoder import ServedEncoder
from infer.service.hosts import hosts_of
from infer.service.limits import ServiceLimits
from infer.service.service import Service

from ...align.media.clips import write_clip

HOST = "127.0.0.1"
THRESHOLD = Threshold(0.5, "as asked for")


@dataclass(frozen=True)
class Running:
    """A service in a process of its own."""

    address: str
    process: Any  # as a `subprocess.Popen`
    told: str  # until it was ready


@pytest.fixture(scope="session")
def jpegs(portraits: list[NDArray[np.uint8]]) -> list[bytes]:
    """Six photographs of a person each, encoded."""
    return [_encoded(image, "JPEG") for image in portraits]


@pytest.fixture(scope="session")
def faceless() -> bytes:
    """A photograph of nothing."""
    return _encoded(np.full((120, 160, 3), 140, np.uint8), "PNG")


@pytest.fixture(scope="session")
def clip(portraits: list[NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The video of the person of the first photograph, 13 frames in half a second."""
    face = cv2.resize(portraits[0], (160, 160))
    frames = [np.roll(face, step, 1) for step in range(13)]
    return write_clip(tmp_path_factory.mktemp("clip") / "selfie.mp4", frames, crf="12").read_bytes()


@pytest.fixture(scope="session")
def classifier(make_classifier: Callable[..., Path]) -> Path:
    return make_classifier(OperatingPoint(threshold=0.5, threshold_from="EER"))


@pytest.fixture
def make_service(model: Model, classifier: Path) -> Iterator[Callable[..., Service]]:
    """A service with limits that are given by name, and without a classifier if that is asked for."""
    made: list[Service] = []

    def make(with_classifier: bool = True, with_encoder: bool = True, **limits: float) -> Service:
        every = EveryFaceRequest(face=FaceChoice.ALL)
        asked = load_ensemble([classifier], Path("nowhere"), every) if with_classifier else None
        encoder = ServedEncoder.of(model, THRESHOLD) if with_encoder else None
        made.append(Service(encoder, ServiceLimits(**limits), asked))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def make_client(make_service: Callable[..., Service]) -> Callable[..., TestClient]:
    """A client of a service, which is made of what is given by name."""

    def make(**asked: float) -> TestClient:
        app = create_app(make_service(**asked), hosts_of(HOST))
        return TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)

    return make


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    return make_client()


@pytest.fixture(scope="session")
def run_async() -> Callable[[Coroutine[None, None, None]], None]:
    """Runs a coroutine, for a minute at most, in a thread: a browser keeps a loop in the main one."""

    async def bounded(work: Coroutine[None, None, None]) -> None:
        async with asyncio.timeout(60):
            await work

    def run(work: Coroutine[None, None, None]) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(bounded(work))).result()

    return run


@pytest.fixture(scope="session")
def started(
    preloaded: Any, process_environment: dict[str, str]
) -> Callable[..., AbstractContextManager[Running]]:
    """Starts `python -m infer serve` on a free port; a context that ends it."""

    @contextmanager
    def start(cwd: Path, *options: str) -> Iterator[Running]:
        words = ["infer", "serve", "--model", "random:ir_lite", "--threshold", "0.5", "--port", "0"]
        process = preloaded.start([*words, *options], cwd, process_environment | {"PYTHONUNBUFFERED": "1"})
        try:
            while not (found := re.search(r"(http://\S+:\d+).*\n", told := process.told())):
                assert process.poll() is None, f"it ended: {process.communicate()}"
                time.sleep(0.02)
            yield Running(found[1], process, told)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    return start


def _encoded(image: NDArray[np.uint8], kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()
