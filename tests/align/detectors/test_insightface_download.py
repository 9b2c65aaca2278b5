import functools
import http.server
import io
import re
import socket
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from align.detectors import insightface_download, insightface_pack
from align.detectors.insightface_pack import find_detection_model
from common.runtime.errors import UserError

from .insightface_home import OFFLINE, PROXIES, put
from .networks import scrfd_style

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]


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


@pytest.mark.slow
def test_an_empty_pack_folder_is_no_pack(models: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (models / "buffalo_s").mkdir(parents=True)
    with pytest.raises(UserError, match=r"put det_500m\.onnx of the pack buffalo_s"):
        find_detection_model("buffalo_s")
    assert [path.name for path in models.iterdir()] == ["buffalo_s"]
    assert not any((models / "buffalo_s").iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_server_that_never_answers_is_not_waited_for(
    release_server: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(insightface_download, "RELEASE", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(insightface_download, "CONNECT_SECONDS", 0.2)
        with pytest.raises(UserError, match=r"github\.com gives no answer in 0\.2 seconds"):
            find_detection_model("buffalo_l")
    assert not models.parent.exists()


@pytest.mark.slow
def test_a_name_that_is_looked_up_for_ever_is_not_waited_for(
    release_server: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(60))
    monkeypatch.setattr(insightface_download, "CONNECT_SECONDS", 0.2)
    with pytest.raises(UserError, match=r"github\.com gives no answer in 0\.2 seconds"):
        find_detection_model("buffalo_l")
    ended.set()


@pytest.mark.parametrize(
    ("limit", "told"),
    [("SILENT_SECONDS", "sent nothing for 0.4"), ("DOWNLOAD_SECONDS", "not there after 0.4")],
)
def test_waiting_is_bounded(
    models: Path, online: None, monkeypatch: pytest.MonkeyPatch, limit: str, told: str
) -> None:
    ended = threading.Event()

    class Trickle(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *values: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not ended.wait(0.05):
                self.wfile.write(bytes(100 if limit == "SILENT_SECONDS" else 100_000))

    with serving(Trickle) as address:
        monkeypatch.setattr(insightface_download, "RELEASE", address)
        monkeypatch.setattr(insightface_download, limit, 0.4)
        with pytest.raises(UserError, match=re.escape(told)):
            find_detection_model("buffalo_l")
        ended.set()
    assert not models.parent.exists()


@contextmanager
def serving(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a download that is given up hangs up

    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def online(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without proxies."""
    for name in PROXIES:
        monkeypatch.delenv(name)


@pytest.fixture
def release_server(tmp_path: Path, online: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are taken for those of insightface's release."""
    folder = tmp_path / "release"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *values: object) -> None:
            pass

    with serving(functools.partial(Handler, directory=str(folder))) as address:
        monkeypatch.setattr(insightface_download, "RELEASE", address)
        yield folder


def zipped(*files: tuple[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return memory.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("folder", [False, True], ids=["no folder", "empty folder"])
def test_a_pack_is_downloaded(
    release_server: Path, models: Path, folder: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    (release_server / "testpack.zip").write_bytes(zipped(("det_test.onnx", scrfd_style())))
    if folder:
        (models / "testpack").mkdir(parents=True)
    assert find_detection_model("testpack") == models / "testpack" / "det_test.onnx"
    assert [path.name for path in models.iterdir()] == ["testpack"]
    assert capfd.readouterr() == ("", "")


def test_a_known_detector_must_be_the_published_one(
    release_server: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = scrfd_style()
    (release_server / "buffalo_s.zip").write_bytes(zipped(("det_500m.onnx", network)))
    with pytest.raises(UserError, match=r"its det_500m\.onnx is not the published one, by its SHA-256"):
        find_detection_model("buffalo_s")
    assert not models.parent.exists()
    monkeypatch.setitem(insightface_pack.SHA256, "det_500m.onnx", sha256(network).hexdigest())
    assert find_detection_model("buffalo_s") == models / "buffalo_s" / "det_500m.onnx"


@pytest.mark.parametrize(
    ("pack", "files"),
    [
        ("buffalo_s", {"det_500m.onnx": b"", "manifest.json/": b""}),
        ("buffalo_s", {"det_500m.onnx": b"", "manifest.json": b"{}"}),
        ("buffalo_s", {"Det_500m.onnx": b""}),
        ("buffalo_s", {"nets/det_x.onnx": b""}),
        ("other", {"det_500m.onnx": b"", "manifest.json": b"{}"}),
    ],
)
def test_nothing_beside_a_known_detector_hides_that_it_is_another(
    release_server: Path, models: Path, pack: str, files: dict[str, bytes]
) -> None:
    content = ((name, scrfd_style() if name.endswith(".onnx") else given) for name, given in files.items())
    (release_server / f"{pack}.zip").write_bytes(zipped(*content))
    with pytest.raises(UserError, match=r"is not the published one|does not name its detector"):
        find_detection_model(pack)
    assert pack == "other" or not models.parent.exists()


def test_a_damaged_archive_is_called_one(release_server: Path, models: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("det.onnx", bytes(1000))
    properties = bytearray(memory.getvalue())
    properties[30 + len("det.onnx") + 4] = 255  # of LZMA
    name = bytearray(zipped(("dét.onnx", b"")))
    name[name.rindex("é".encode())] = 255
    overlapping = zipped(("a", b"a"), ("a/b", b"b"))
    for content in (bytes(properties), bytes(name), overlapping):
        (release_server / "testpack.zip").write_bytes(content)
        with pytest.raises(UserError, match=r"downloaded \(what came is not a whole ZIP archive\)"):
            find_detection_model("testpack")
        assert not models.parent.exists()


@pytest.mark.parametrize(
    ("status", "header", "told"),
    [
        (200, ("Content-Length", "abc"), "what came is not a whole ZIP archive"),
        (302, ("Location", "/"), r"github\.com leads from one address to another without end"),
        (302, ("Location", "file:///x"), r"github\.com's answer cannot be understood"),
    ],
)
def test_an_odd_answer_is_told_in_words(
    models: Path,
    online: None,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    header: tuple[str, str],
    told: str,
) -> None:
    class Odd(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *values: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header(*header)
            self.end_headers()

    with serving(Odd) as address:
        monkeypatch.setattr(insightface_download, "RELEASE", address)
        with pytest.raises(UserError, match=rf"cannot be downloaded \({told}\)"):
            find_detection_model("buffalo_l")
    assert not models.parent.exists()


@pytest.mark.slow
def test_a_download_that_fails_leaves_nothing(
    release_server: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="insightface offers no pack of this name"):
        find_detection_model("absent")
    whole = zipped(("det_test.onnx", scrfd_style()))
    for content, told in (
        (whole[: len(whole) // 2], "what came is not a whole ZIP archive"),
        (whole.replace(b"\x08", b"\x09"), "what came is not a whole ZIP archive"),
        (zipped(("../det.onnx", b"")), "its archive names files outside of its folder"),
        (zipped(("/tmp/det.onnx", b"")), "its archive names files outside of its folder"),
        (zipped(*((str(number), b"") for number in range(1001))), "its archive has more than 1000 files"),
    ):
        (release_server / "testpack.zip").write_bytes(content)
        with pytest.raises(UserError, match=rf"cannot be downloaded \({told}"):
            find_detection_model("testpack")
        assert not models.parent.exists()
    (release_server / "testpack.zip").write_bytes(whole)
    for bound, told in ((len(whole) - 1, "it has more than"), (len(whole) + 1, "more than 1000 files or")):
        monkeypatch.setattr(insightface_download, "MAX_BYTES", bound)
        if bound > len(whole):
            (release_server / "testpack.zip").write_bytes(bomb())
        with pytest.raises(UserError, match=told):
            find_detection_model("testpack")
        assert not models.parent.exists()


def bomb() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("det.onnx", bytes(20_000_000))
    return memory.getvalue()


def test_a_folder_that_cannot_be_written(models: Path) -> None:
    put(models, b"a file")
    with pytest.raises(UserError, match=r"cannot be downloaded \((File exists|Not a directory)\)"):
        find_detection_model("buffalo_l")
