"""insightface's model packs, downloaded from its releases on GitHub."""

import errno
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from queue import Empty, Queue
from threading import Thread

from common.runtime.command_line import progress_bar

RELEASE = "https://github.com/deepinsight/insightface/releases/download/model-zoo"
CONNECT_SECONDS = 3.0  # until the first answer
SILENT_SECONDS = 30.0  # without data
DOWNLOAD_SECONDS = 1800.0  # the largest pack has 350 MB
MAX_BYTES, MAX_FILES = 2_000_000_000, 1000  # of a pack, packed and unpacked
CHUNK_BYTES = 1 << 16
MEGABYTE = 1_000_000
# of the system, where an archive asks for what no file system has; others are of the disk
DAMAGE = (None, errno.EINVAL, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)


class DownloadError(Exception):
    """A pack that could not be downloaded; the text says why in a few words."""


Chunk = tuple[bytes, int] | DownloadError | None


def download_pack(pack: str, models: Path, check: Callable[[Path], None]) -> None:
    """Put a pack into the folder of its name in `models`, whole or not at all.

    `check` gets the folder before it is put there, and may raise DownloadError.
    Raises DownloadError; nothing is left behind then.
    """
    try:
        # where it is to be, or as near as there is a folder: in one file system, the pack appears at once
        near = next(folder for folder in (models, *models.parents) if folder.exists())
        with tempfile.TemporaryDirectory(prefix=f".insightface-{pack}-", dir=near) as scratch:
            archive, unpacked = Path(scratch, "pack.zip"), Path(scratch, pack)
            _save(f"{RELEASE}/{pack}.zip", archive)
            _unpack(archive, unpacked)
            check(unpacked)
            models.mkdir(parents=True, exist_ok=True)
            _move(unpacked, models / pack)
    except OSError as error:
        raise DownloadError(error.strerror or "it cannot be written") from error


def _save(url: str, target: Path) -> None:
    """Write what a URL gives into a file, within bounds of size and time."""
    end = time.monotonic() + DOWNLOAD_SECONDS
    with target.open("wb") as file, progress_bar("Downloading", "MB") as progress:
        for chunk, expected in _stream(url):
            file.write(chunk)
            if file.tell() > MAX_BYTES:
                raise DownloadError(f"it has more than {MAX_BYTES // MEGABYTE:,} MB")
            if time.monotonic() > end:
                raise DownloadError(f"it was not there after {DOWNLOAD_SECONDS:g} seconds")
            progress(file.tell() // MEGABYTE, max(expected, file.tell()) // MEGABYTE)


def _stream(url: str) -> Iterator[tuple[bytes, int]]:
    """The chunks that a URL gives, each with the bytes to expect of all; the first is empty.

    A thread fetches them, because no time-out bounds the look-up of a name, nor an answer that trickles.
    """
    chunks: Queue[Chunk] = Queue(maxsize=64)
    Thread(target=_fetch, args=[url, chunks], daemon=True).start()
    seconds, silent = CONNECT_SECONDS, "github.com gives no answer in {:g} seconds"
    while True:
        try:
            chunk = chunks.get(timeout=seconds)
        except Empty:
            raise DownloadError(silent.format(seconds)) from None
        if chunk is None:
            return
        if isinstance(chunk, DownloadError):
            raise chunk
        seconds, silent = SILENT_SECONDS, "github.com sent nothing for {:g} seconds"
        yield chunk


def _fetch(url: str, chunks: Queue[Chunk]) -> None:
    """Put the chunks of `_stream` into a queue, and None or the error at the end."""
    import requests

    try:
        with requests.get(url, stream=True, timeout=(CONNECT_SECONDS, SILENT_SECONDS)) as answer:
            if answer.status_code == requests.codes.not_found:
                raise DownloadError("insightface offers no pack of this name")
            if not answer.ok:
                raise DownloadError(f"github.com answers with status {answer.status_code}")
            length = answer.headers.get("content-length", "")
            expected = int(length) if length.isdecimal() else 0
            chunks.put((b"", expected))
            for chunk in answer.iter_content(CHUNK_BYTES):
                chunks.put((chunk, expected))
        chunks.put(None)
    except DownloadError as error:
        chunks.put(error)
    except requests.exceptions.ChunkedEncodingError:
        chunks.put(DownloadError("the connection broke off"))
    except (requests.ConnectionError, requests.Timeout):
        chunks.put(DownloadError("github.com cannot be reached"))
    except requests.TooManyRedirects:
        chunks.put(DownloadError("github.com leads from one address to another without end"))
    except Exception:  # of requests, or of what it is built on
        chunks.put(DownloadError("github.com's answer cannot be understood"))


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip archive within bounds of number, size and place."""
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise DownloadError(f"its archive has more than {MAX_FILES} files or {MAX_BYTES:,} bytes")
            paths = [PurePosixPath(entry.filename) for entry in entries]
            if any(path.is_absolute() or ".." in path.parts for path in paths):
                raise DownloadError("its archive names files outside of its folder")
            packed.extractall(folder)
    except DownloadError:
        raise
    except Exception as error:  # of a dozen classes, by where the damage is
        if isinstance(error, OSError) and error.errno not in DAMAGE:
            raise
        raise DownloadError("what came is not a whole ZIP archive") from error


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)  # noqa: PTH105 - takes an empty folder's place as well
    except OSError:
        if not (target.is_dir() and any(target.iterdir())):  # otherwise another process was faster
            raise
