"""insightface's model packs, downloaded by insightface itself."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

CONNECT_SECONDS = 3
DOWNLOAD_SECONDS = 1800  # the largest pack has 350 MB

# insightface sets no time limit, prints, and leaves a zip and a folder behind whatever happens; a process of
# its own in a folder of its own keeps all that away. It would wait for minutes for a server that is out of
# reach, so that is looked for first; the thread is for the look-up of its name, which takes no time-out.
_SCRIPT = """
import sys, threading
pack, root, seconds = sys.argv[1:]
reasons = []
def ask(url):
    with requests.get(url, stream=True, timeout=float(seconds)) as answer:
        if answer.status_code == 404:
            return "insightface offers no pack of this name"
        answer.raise_for_status()
def look(url):
    try:
        reasons.append(ask(url))
    except (requests.ConnectionError, requests.Timeout):
        reasons.append("github.com cannot be reached")
    except Exception as error:
        reasons.append(type(error).__name__)
try:
    import requests
    from insightface.utils import storage
    looking = threading.Thread(target=look, args=[f"{storage.BASE_REPO_URL}/{pack}.zip"], daemon=True)
    looking.start()
    looking.join(float(seconds))
    reason = reasons[0] if reasons else f"github.com gives no answer in {seconds} seconds"
    if reason:
        sys.exit(f"reason: {reason}")
    storage.ensure_available("models", pack, root=root)
except Exception as error:
    sys.exit(f"reason: {type(error).__name__}")
"""


class DownloadError(Exception):
    """A pack that could not be downloaded; the text says why in a few words."""


def download_pack(pack: str, models: Path) -> None:
    """Put a pack into the folder of its name in `models`, whole or not at all.

    Raises DownloadError; nothing is left behind then.
    """
    try:
        # where it is to be, or as near as there is a folder: in one file system, the pack appears at once
        near = next(folder for folder in (models, *models.parents) if folder.exists())
        with tempfile.TemporaryDirectory(prefix=f".insightface-{pack}-", dir=near) as scratch:
            _run_insightface(pack, scratch)
            models.mkdir(parents=True, exist_ok=True)
            _move(Path(scratch, "models", pack), models / pack)
    except OSError as error:
        raise DownloadError(error.strerror or type(error).__name__) from error


def _run_insightface(pack: str, root: str) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, pack, root, str(CONNECT_SECONDS)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"it was not there after {DOWNLOAD_SECONDS} seconds") from error
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise DownloadError(last.removeprefix("reason: ") if last.startswith("reason: ") else "it failed")


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)  # noqa: PTH105 - takes an empty folder's place as well
    except OSError:
        if not (target.is_dir() and any(target.iterdir())):  # otherwise another process was faster
            raise
