"""The configurations that ship with facetrust; nothing heavy is imported, for `--help` names them."""

from pathlib import Path

PACKAGED_CONFIGS = Path(__file__).parent / "configs"  # a folder for each command: `train run` has `run`


def packaged_config_names(command: str) -> list[str]:
    """What `--config` of a command takes beside files, in alphabetical order."""
    return sorted(file.stem for file in _folder(command).glob("*.toml"))


def packaged_config(command: str, name: str) -> Path | None:
    """The file of a packaged configuration; None where the command has none of that name."""
    file = _folder(command) / f"{name}.toml"
    return file if name in packaged_config_names(command) else None


def _folder(command: str) -> Path:
    return PACKAGED_CONFIGS / command.split()[-1]
