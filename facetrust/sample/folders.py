"""Output folders of a sample: the stamp that marks them as ours, refusal, cleaning, atomic writing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from facetrust.sample.options import ClipOptions, SampleOptions

RENDERER_VERSION = 4
STAMP_NAME = ".facetrust-sample.json"

Options = SampleOptions | ClipOptions


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file or nothing; not synced to the disk, for a sample can be rendered again."""
    try:
        write_atomically(path, lambda temporary: temporary.write_bytes(data), durable=False)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def _stamp(options: Options) -> dict[str, object]:
    return {"renderer_version": RENDERER_VERSION, "options": asdict(options)}


def read_stamp(folder: Path) -> dict[str, object] | None:
    """The stamp of an earlier sample in the folder, None if there is none that we can read."""
    try:
        found = json.loads((folder / STAMP_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("files"), list):
        return None
    return found


def is_complete(folder: Path, options: Options) -> bool:
    """Whether the folder holds a finished sample with exactly these options."""
    stamp = read_stamp(folder)
    return (
        stamp is not None
        and stamp.get("complete") is True
        and {key: stamp.get(key) for key in _stamp(options)} == _stamp(options)
        and all((folder / str(name)).is_file() for name in _files(stamp))
    )


def _files(stamp: dict[str, object]) -> list[object]:
    files = stamp["files"]
    assert isinstance(files, list)
    return files


def check_folder(folder: Path, options: Options, overwrite: bool) -> None:
    """Raise UserError unless a sample with these options may be written into the folder."""
    try:
        occupied = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise UserError(f"cannot read {folder}: {error.strerror or error}") from error
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is not a folder; name another one with --out")
    if not occupied:
        return
    stamp = read_stamp(folder)
    if stamp is None:
        raise UserError(f"{folder} is not empty; name another folder with --out, or remove it")
    same = {key: stamp.get(key) for key in _stamp(options)} == _stamp(options)
    if not same and not overwrite:
        raise UserError(
            f"{folder} holds a sample made with other options; replace it with --overwrite, "
            "or name another folder with --out"
        )


def prepare_folder(folder: Path, options: Options, files: list[str]) -> None:
    """Remove what an earlier sample wrote, then leave a stamp that lists what this one is going to write."""
    stamp = read_stamp(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if stamp is not None:
            _remove_own(folder, [str(name) for name in _files(stamp)])
        for parent in sorted({(folder / name).parent for name in files}):
            parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write into {folder}: {error.strerror or error}") from error
    _write_stamp(folder, options, files, complete=False)


def _remove_own(folder: Path, names: list[str]) -> None:
    root = folder.resolve()
    parents = set()
    for name in names:
        path = folder / name
        # a stamp edited by hand must not make us remove anything outside the folder
        if root not in path.resolve().parents:
            continue
        path.unlink(missing_ok=True)
        parents.add(path.parent)
    for parent in parents - {folder}:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def finish_folder(folder: Path, options: Options, files: list[str]) -> None:
    """Mark the sample in the folder as complete."""
    _write_stamp(folder, options, files, complete=True)


def _write_stamp(folder: Path, options: Options, files: list[str], complete: bool) -> None:
    stamp = _stamp(options) | {"complete": complete, "files": files}
    write_file(folder / STAMP_NAME, json.dumps(stamp, indent=1).encode())
