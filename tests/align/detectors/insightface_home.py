"""A home folder for insightface in which nothing is there, on a machine without a network."""

from pathlib import Path

NOWHERE = "http://127.0.0.1:9"
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
OFFLINE = dict.fromkeys(PROXIES, NOWHERE) | {"NO_PROXY": "", "no_proxy": ""}


def put(path: Path, content: bytes) -> Path:
    """Writes a file, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
