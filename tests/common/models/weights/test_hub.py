"""The hub's real library over a cache folder made by hand, and over a server on this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from huggingface_hub import constants

from common.models.weights import hub
from common.models.weights.hub import HubReference, fetch, parse_hub_reference
from common.runtime.errors import UserError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf:a/b", HubReference("a/b")),
        ("hf:a/b/model.pt", HubReference("a/b", None, "model.pt")),
        ("hf:a-1/b.c_d@v1.0", HubReference("a-1/b.c_d", "v1.0")),
        ("hf:a/b@main/sub/model.pt", HubReference("a/b", "main", "sub/model.pt")),
        ("hf:a/b/odd@name.pt", HubReference("a/b", None, "odd@name.pt")),
    ],
)
def test_references_are_taken_apart(text: str, expected: HubReference) -> None:
    assert parse_hub_reference(text) == expected


@pytest.mark.parametrize(
    "text",
    ["hf:", "hf:a", "hf:a/", "hf:/a/b", "hf:a/b/../c", "hf:a/b/", "hf:a/b@", "hf:a b/c", "hf:a/b/c\\d"],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not hf:OWNER/NAME"):
        parse_hub_reference(text)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache with one repository, as the library lays it out; offline."""
    repository = tmp_path / "hub" / "models--owner--name"
    for number, name in enumerate(("pretrained_model/model.pt", "other.bin")):
        blob = repository / "blobs" / f"blob{number}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(name.encode())
        link = repository / "snapshots" / COMMIT / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    for reference in ("main", "v1"):
        path = repository / "refs" / reference
        path.parent.mkdir(exist_ok=True)
        path.write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_a_file_is_found_in_the_cache_without_network(cache: Path) -> None:
    assert fetch(HubReference("owner/name", None, "other.bin")).read_bytes() == b"other.bin"
    assert fetch(HubReference("owner/name", "v1")).read_bytes() == b"pretrained_model/model.pt"
    assert fetch(HubReference("owner/name", COMMIT, "other.bin")).read_bytes() == b"other.bin"


@pytest.mark.parametrize(
    "reference",
    [
        HubReference("owner/name", None, "absent.pt"),
        HubReference("owner/name", "v2"),
        HubReference("owner/absent"),
    ],
)
def test_what_is_not_in_the_cache_says_to_connect(cache: Path, reference: HubReference) -> None:
    with pytest.raises(
        UserError, match=r"hf:owner/\w+.* is not in the local cache .* connect once"
    ) as caught:
        fetch(reference)
    assert "\n" not in str(caught.value)


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does, by the repository's name."""

    errors: ClassVar[dict[str, tuple[int, str]]] = {
        "absent": (401, "RepoNotFound"),
        "gated": (403, "GatedRepo"),
        "empty": (404, "EntryNotFound"),
    }

    def do_HEAD(self) -> None:
        repository = self.path.split("/")[2]
        status, code = self.errors.get(repository, (404, "RevisionNotFound"))
        if repository == "broken":  # there, but not to be had
            status, code = (200, "") if self.command == "HEAD" else (400, "")
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", '"0123456789abcdef"')
        self.send_header("Content-Length", "5" if self.command == "HEAD" else "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub on this machine, which the library asks."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{running.server_port}"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    yield
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hf:owner/absent/model.pt", "no repository hf:owner/absent/model.pt; check its name, or log in"),
        ("hf:owner/gated", "hf:owner/gated is gated; accept its terms"),
        ("hf:owner/empty/model.pt", "hf:owner/empty has no file model.pt; name one of its files"),
        ("hf:owner/empty", r"hf:owner/empty has no file of the usual names \(model.safetensors, .*name one"),
        ("hf:owner/there@v9/model.pt", "hf:owner/there has no revision 'v9'"),
        ("hf:owner/broken", "hf:owner/broken could not be downloaded"),
    ],
)
def test_what_the_hub_refuses_says_what_to_do(server: None, text: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        fetch(parse_hub_reference(text))
    assert "\n" not in str(caught.value)


def ask_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library take a server on this machine for the hub."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture(params=["no name", "nobody listens", "no answer", "looked up for ever", "busy"])
def without_network(
    request: pytest.FixtureRequest, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """No network in one of the ways in which there is none, and the reason that is to be told."""
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.5)
    # a library that repeats its question would wait here for half a minute
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("asked again"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if request.param == "nobody listens":
            silent.close()
        if request.param in ("nobody listens", "no answer"):
            ask_at(f"http://127.0.0.1:{port}", monkeypatch)
            yield "refused" if request.param == "nobody listens" else "no answer|timed out"
        elif request.param == "busy":
            yield from _busy_hub(monkeypatch)
        else:
            ask_at("http://hub.invalid", monkeypatch)
            ended = threading.Event()
            wait = _no_such_name if request.param == "no name" else lambda *_, **__: ended.wait()
            monkeypatch.setattr(socket, "getaddrinfo", wait)
            yield "Name or service" if request.param == "no name" else r"no answer in 0\.5 seconds"
            ended.set()


def _no_such_name(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _busy_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    class Busy(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        ask_at(f"http://127.0.0.1:{running.server_port}", monkeypatch)
        yield "answers with status 503"
        running.shutdown()


def test_without_a_network_the_cache_is_used_and_nothing_printed(
    cache: Path, without_network: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fetch(HubReference("owner/name")).read_bytes() == b"pretrained_model/model.pt"
    assert capfd.readouterr() == ("", "")


def test_without_a_network_and_a_cached_file_one_line_says_why(
    cache: Path, without_network: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(
        UserError, match=f"hf:owner/absent is not in the .*reached.*{without_network}"
    ) as caught:
        fetch(HubReference("owner/absent"))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
