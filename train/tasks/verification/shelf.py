"""Weights that lie in a folder of their names, beside the checkpoints: `training_logs/pretrained/NAME`."""

from pathlib import Path

from common.models.weights.hub import HUB_PREFIX
from common.runtime.errors import UserError

SHELF = "pretrained"  # below the folder of the run's checkpoints
SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")
CVLFACE = ("model.safetensors", "pretrained_model/model.pt")  # of one model; the first that is there


def on_shelf(name: str, out: Path) -> Path | None:
    """The file of the weights of this name in `out/pretrained`; None where none are there.

    It is `NAME`, `NAME.pt` and the like, or what lies in the folder `NAME`; dashes and underscores are one,
    and CVLFace's names may have their `cvlface_` before them. A path that exists, and `hf:…`, are no names.

    Raises UserError for a folder of several files, or of none.
    """
    shelf = out / SHELF
    if name.startswith(HUB_PREFIX) or Path(name).exists() or "/" in name or not shelf.is_dir():
        return None
    wanted = {_plain(name), f"cvlface_{_plain(name)}"}
    for entry in sorted(shelf.iterdir()):
        own = entry.stem if entry.is_file() and entry.suffix in SUFFIXES else entry.name
        if _plain(own) in wanted:
            return _in_folder(entry) if entry.is_dir() else entry
    return None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _in_folder(folder: Path) -> Path:
    known = [folder / file for file in CVLFACE if (folder / file).is_file()]
    if known:
        return known[0]
    found = sorted(each for each in folder.glob("*") if each.suffix in SUFFIXES)
    if len(found) != 1:
        told = ", ".join(each.name for each in found[:5]) or "no file of weights"
        raise UserError(f"{folder} holds {told}; name one file of weights with --pretrained")
    return found[0]
