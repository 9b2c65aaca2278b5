"""How many requests are taken, what happens to the others, and to those whose client goes away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine

import httpx
import pytest
from starlette.types import ASGIApp

from infer.examine import Examined, Examiner
from infer.service.app import create_app
from infer.service.hosts import hosts_of
from infer.service.limits import WAITING
from infer.service.service import Service

RunAsync = Callable[[Coroutine[None, None, None]], None]
FILES = [("photographs", ("a.jpg", b"x"))] * 2


class Gate:
    """Stands in for the examiner: lets nobody pass until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.running = 0
        self.most = 0
        self.examined = 0
        self._lock = threading.Lock()

    def examine(self, examiner: Examiner, sources: list[bytes]) -> list[Examined]:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.open.wait(30)
        with self._lock:
            self.running -= 1
            self.examined += 1
        return [Examined(None, None, "not an image", 0, None, ())]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(Examiner, "examine", lambda self, sources: made.examine(self, sources))
    return made


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


def connect(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def test_at_most_so_many_at_a_time_a_short_queue_and_then_503(
    make_service: Callable[..., Service], gate: Gate, run_async: RunAsync
) -> None:
    service = make_service(concurrency=2)

    async def work() -> None:
        async with connect(create_app(service, hosts_of("127.0.0.1"))) as client:
            places = 2 + WAITING
            taken = [asyncio.create_task(client.post("/verify", files=FILES)) for _ in range(places)]
            await until(lambda: service.turns.in_flight == places and gate.running == 2)
            state = await client.get("/health")  # answers while all threads are busy
            assert state.json()["in_flight"] == places
            refused = await client.post("/verify", files=FILES)
            assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
            assert refused.json()["error"]["code"] == "busy"
            gate.open.set()
            assert [(await response).status_code for response in taken] == [200] * places
            assert gate.most == 2
            assert service.turns.in_flight == 0
            assert (await client.post("/verify", files=FILES)).status_code == 200

    run_async(work())


def test_clients_that_go_away_leave_their_places(
    make_service: Callable[..., Service], gate: Gate, run_async: RunAsync
) -> None:
    service = make_service(concurrency=1)
    app = create_app(service, hosts_of("127.0.0.1"))

    async def work() -> None:
        left = asyncio.Event()
        calls = [asyncio.create_task(call(app, complete_form(), left)) for _ in range(3)]
        await until(lambda: service.turns.in_flight == 3 and gate.running == 1)
        left.set()
        await until(lambda: service.turns.in_flight == 1)  # those that wait go at once
        gate.open.set()
        await asyncio.gather(*calls)
        assert service.turns.in_flight == 0
        assert gate.examined == 1  # neither its second photograph nor the other requests

    run_async(work())


def test_a_client_that_goes_away_while_it_sends(
    make_service: Callable[..., Service], run_async: RunAsync
) -> None:
    service = make_service()
    app = create_app(service, hosts_of("127.0.0.1"))

    async def work() -> None:
        left = asyncio.Event()
        left.set()
        for _ in range(30):
            await call(app, complete_form()[:-20], left, more_body=True)
        assert service.turns.in_flight == 0

    run_async(work())


@pytest.mark.parametrize("limits", [{"body_seconds": 0.2}, {"pause_seconds": 0.2}])
def test_a_request_that_does_not_arrive(
    make_service: Callable[..., Service], limits: dict[str, float], run_async: RunAsync
) -> None:
    service = make_service(drain_seconds=0.1, **limits)

    async def slowly() -> AsyncIterator[bytes]:
        yield complete_form()[:-20]
        await asyncio.sleep(30)

    async def work() -> None:
        async with connect(create_app(service, hosts_of("127.0.0.1"))) as client:
            head = {"content-type": "multipart/form-data; boundary=x"}
            response = await client.post("/verify", content=slowly(), headers=head)
        assert response.status_code == 408 and response.json()["error"]["code"] == "too_slow"
        assert response.headers["connection"] == "close"
        assert service.turns.in_flight == 0

    run_async(work())


def complete_form() -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="photographs"; filename="a"\r\n\r\nxxx\r\n'
    return part * 2 + b"--x--\r\n"


async def call(app: ASGIApp, body: bytes, left: asyncio.Event, more_body: bool = False) -> None:
    """A POST to /verify whose client sends `body` and goes away once `left` is set."""
    messages = [{"type": "http.request", "body": body, "more_body": more_body}]

    async def receive() -> dict[str, object]:
        if messages:
            return messages.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        pass

    headers = {
        b"host": b"127.0.0.1",
        b"content-type": b"multipart/form-data; boundary=x",
        b"content-length": b"%d" % (len(body) + 20 * more_body),
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/verify",
        "raw_path": b"/verify",
        "query_string": b"",
        "root_path": "",
        "headers": list(headers.items()),
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
