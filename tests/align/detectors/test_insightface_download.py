import functools
import http.server
import io
import socket
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from align.detectors import insightface_download
from align.detectors.insightface_pack import find_detection_model
from common.runtime.errors import UserError

from .insightface_home import OFFLINE, PROXIES, put
from .networks import scrfd_style

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]

# in the downloading process, the release server of insightface is the one of the test
REDIRECT = """
import requests
whole = requests.Session.request
def request(self, method, url, **words):
    return whole(self, method, "{server}/" + url.rpartition("/")[2], **words)
requests.Session.request = request
"""


@pytest.mark.slow
def test_without_a_network_one_line_says_what_to_put_where(
    models: Path, tmp_path: Path, run_commands: Run, assert_refused: Callable[[Finished, str], None]
) -> None:
    (tmp_path / "in").mkdir()
    words = ["align", "run", "in", "--out", "out", "--detector"]
    put(tmp_path / "in" / "0.png", b"not reached")
    done = run_commands(
        [[*words, "insightface:buffalo_l"], [*words, "insightface:other"]],
        tmp_path,
        HOME=str(models.parents[1]),
        **OFFLINE,
    )
    assert_refused(done[0], "put det_10g.onnx of the pack buffalo_l, from https://github.com/deepinsight/")
    assert_refused(done[0], "cannot be downloaded (github.com cannot be reached)")
    assert_refused(done[0], f"into {models}/buffalo_l/")
    assert_refused(done[1], f"into {models}/other/")
    assert all("download" not in told.stdout for told in done)
    assert not models.parent.exists()


def test_an_empty_pack_folder_is_no_pack(models: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (models / "buffalo_s").mkdir(parents=True)
    with pytest.raises(UserError, match=r"put det_500m\.onnx of the pack buffalo_s"):
        find_detection_model("buffalo_s")
    assert [path.name for path in models.iterdir()] == ["buffalo_s"]
    assert not any((models / "buffalo_s").iterdir())
    assert capfd.readouterr() == ("", "")


def test_waiting_is_bounded(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insightface_download, "DOWNLOAD_SECONDS", 0.5)
    monkeypatch.setattr(insightface_download, "_SCRIPT", "import time; time.sleep(60)")
    with pytest.raises(UserError, match=r"not there after 0\.5 seconds"):
        find_detection_model("buffalo_l")
    assert not models.parent.exists()


def test_a_server_that_never_answers_is_not_waited_for(
    release_server: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        script = REDIRECT.format(server=f"http://127.0.0.1:{silent.getsockname()[1]}")
        put(tmp_path / "site" / "sitecustomize.py", script.encode())
        monkeypatch.setattr(insightface_download, "CONNECT_SECONDS", 0.2)
        with pytest.raises(UserError, match=r"github\.com (gives no answer in 0\.2|cannot be reached)"):
            find_detection_model("buffalo_l")
    assert not models.parent.exists()


def test_a_name_that_is_looked_up_for_ever_is_not_waited_for(
    release_server: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "import socket, time\nsocket.getaddrinfo = lambda *_, **__: time.sleep(600)\n"
    put(tmp_path / "site" / "sitecustomize.py", slow.encode())
    monkeypatch.setattr(insightface_download, "CONNECT_SECONDS", 0.2)
    with pytest.raises(UserError, match=r"github\.com gives no answer in 0\.2 seconds"):
        find_detection_model("buffalo_l")


@pytest.fixture
def release_server(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files the downloading process takes for those of insightface's release."""
    folder = tmp_path / "release"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *values: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # who only looks whether a file is there hangs up

    handler = functools.partial(Handler, directory=str(folder))
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        script = REDIRECT.format(server=f"http://127.0.0.1:{server.server_port}")
        put(tmp_path / "site" / "sitecustomize.py", script.encode())
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
        for name in PROXIES:
            monkeypatch.delenv(name)
        yield folder
        server.shutdown()


def zipped(name: str, content: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr(name, content)
    return memory.getvalue()


@pytest.mark.parametrize("folder", [False, True], ids=["no folder", "empty folder"])
def test_a_pack_is_downloaded(
    release_server: Path, models: Path, folder: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    (release_server / "testpack.zip").write_bytes(zipped("det_test.onnx", scrfd_style()))
    if folder:
        (models / "testpack").mkdir(parents=True)
    assert find_detection_model("testpack") == models / "testpack" / "det_test.onnx"
    assert [path.name for path in models.iterdir()] == ["testpack"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_download_that_fails_leaves_nothing(release_server: Path, models: Path) -> None:
    with pytest.raises(UserError, match="insightface offers no pack of this name"):
        find_detection_model("absent")
    whole = zipped("det_test.onnx", scrfd_style())
    (release_server / "testpack.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cannot be downloaded \(BadZipFile\)"):
        find_detection_model("testpack")
    assert not models.parent.exists()


def test_a_folder_that_cannot_be_written(models: Path) -> None:
    put(models, b"a file")
    with pytest.raises(UserError, match=r"cannot be downloaded \((File exists|Not a directory)\)"):
        find_detection_model("buffalo_l")
