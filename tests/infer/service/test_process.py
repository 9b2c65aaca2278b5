"""`python -m infer serve` as a process of its own, over real connections."""

import asyncio
import gc
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from common.runtime.errors import UserError
from infer.service import server

# whatever proxies the environment names
get, post = partial(httpx.get, trust_env=False), partial(httpx.post, trust_env=False)
Started = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(started: Started, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started(tmp_path_factory.mktemp("served"), "--max-upload-mb", "1") as running:
        yield running.address


def files(*photographs: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("photographs", ("a.jpg", photograph)) for photograph in photographs]


def test_photographs_over_the_network(address: str, jpegs: list[bytes]) -> None:
    answer = post(f"{address}/verify", files=files(jpegs[0], jpegs[0])).json()
    assert answer["pairs"][0]["verdict"] == "match"
    assert get(f"{address}/").status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_too_much_reads_why(address: str, chunked: bool) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="photographs"; filename="a"\r\n\r\n'
    body = part + bytes(20_000_000)
    pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    refused = post(
        f"{address}/verify",
        content=pieces if chunked else body,
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert refused.status_code == 413 and refused.json()["error"]["code"] == "too_large"
    assert refused.headers["connection"] == "close"


def test_all_that_is_sent_too_much_is_taken_before_the_connection_closes(address: str) -> None:
    head = b"POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with _connect(address) as connection:
        connection.sendall(head + b"Content-Length: 8000000\r\n\r\n")
        for _ in range(80):  # a client that reads once it has sent would fail here
            connection.sendall(bytes(100_000))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /verify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_closed(address: str, sent: bytes) -> None:
    with _connect(address) as connection:
        connection.sendall(sent)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 4")
        while connection.recv(65_536):
            pass
    assert get(f"{address}/health").status_code == 200


def test_headers_that_are_too_large_are_not_read_on(address: str) -> None:
    with _connect(address) as connection:
        with suppress(ConnectionError):  # it closes without reading on
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000)
        with suppress(ConnectionError):  # which may cost the answer
            while answer := connection.recv(65_536):
                assert answer.startswith((b"HTTP/1.1 4", b"Invalid"))
    assert get(f"{address}/health").status_code == 200


def test_clients_that_hang_up_leave_no_request_behind(address: str) -> None:
    head = b"POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    for _ in range(25):  # more than there are places
        with _connect(address) as connection:
            connection.sendall(head + b"Content-Length: 1000\r\n\r\n--x\r\n")
    for _ in range(1000):
        if get(f"{address}/health").json()["in_flight"] == 0:
            return
    raise AssertionError("places are still taken")


def test_the_connection_serves_the_next_request(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as client:
        refused = client.post("/verify", files=files(b"x"))
        assert refused.status_code == 422 and "connection" not in refused.headers
        assert client.get("/health").status_code == 200


def test_ctrl_c_ends_it_quietly(started: Started, tmp_path: Path, jpegs: list[bytes]) -> None:
    def ask(address: str) -> int:
        return post(f"{address}/verify", files=files(*jpegs, *jpegs[:4]), timeout=60).status_code

    with started(tmp_path, "--concurrency", "1") as running, ThreadPoolExecutor(6) as pool:
        address, process = running.address, running.process
        answers = [pool.submit(ask, address) for _ in range(6)]
        # all have come: one that connects after the signal would be refused
        while get(f"{address}/health").json()["in_flight"] + sum(each.done() for each in answers) < 6:
            pass
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=30)
        assert process.returncode == 0 and told.endswith("Stopped.\n")
        assert "Traceback" not in errors + told
        assert {answer.result() for answer in answers} <= {200, 503}


def test_it_warns_when_others_can_reach_it(started: Started, tmp_path: Path) -> None:
    with started(tmp_path, "--host", "0.0.0.0", "--name", "faces.example") as running:
        assert running.address.startswith("http://127.0.0.1:")
        assert get(f"{running.address}/health").status_code == 200
        named = {"host": "faces.example"}
        assert get(f"{running.address}/health", headers=named).status_code == 200
        assert get(f"{running.address}/health", headers={"host": "evil.example"}).status_code == 403
        assert "warning: everybody who reaches 0.0.0.0 can use this service" in running.told
        running.process.send_signal(signal.SIGINT)
        running.process.communicate(timeout=30)
    assert running.process.returncode == 0


def test_what_it_cannot_start_with(
    run_commands: Callable[..., list[subprocess.CompletedProcess[str]]],
    assert_refused: Callable[[subprocess.CompletedProcess[str], str], None],
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serve = ("infer", "serve", "--model", "random:ir_lite")
        no_threshold, in_use, nowhere, no_host, no_name = run_commands(
            [
                (*serve, "--port", 0),
                (*serve, "--threshold", 0.5, "--port", port),
                (*serve, "--threshold", 0.5, "--host", "192.0.2.1", "--port", 0),  # TEST-NET-1, RFC 5737
                (*serve, "--threshold", 0.5, "--host", "..", "--port", 0),
                (*serve, "--threshold", 0.5, "--name", "http://a", "--port", 0),
            ],
            tmp_path,
        )
    assert_refused(no_threshold, "--threshold")
    assert_refused(in_use, "another program uses it")
    assert_refused(nowhere, "--host")
    assert_refused(no_host, "'..' is no host name")
    assert_refused(no_name, "--name")


def test_a_port_that_is_taken_leaves_no_socket_behind(recwarn: pytest.WarningsRecorder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UserError, match="another program"):
        server.open_port("127.0.0.1", taken.getsockname()[1])
    gc.collect()
    assert not [warning for warning in recwarn if warning.category is ResourceWarning]


def test_a_head_that_does_not_come_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, run_async: Callable[..., None]
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)

    async def work() -> None:
        async with _prompt_server() as port:
            for sent in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                assert await asyncio.wait_for(reader.read(), 30) == b""
                writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"here"), 30)
            writer.write(b"GET")  # the next one on this connection
            assert await asyncio.wait_for(reader.read(), 30) == b""
            writer.close()

    run_async(work())


@asynccontextmanager
async def _prompt_server() -> AsyncIterator[int]:
    config = uvicorn.Config(
        PlainTextResponse("here"), http=server.PromptH11, lifespan="off", log_level="critical"
    )
    served = uvicorn.Server(config)
    with server.open_port("127.0.0.1", 0) as bound:
        bound.listen()
        running = asyncio.ensure_future(served._serve([bound]))  # without its signal handlers
        yield bound.getsockname()[1]
        served.should_exit = True
        await running


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)
