"""The configurations that ship with facetrust; nothing heavy is imported, for `--help` names them."""

from pathlib import Path

PACKAGED_CONFIGS = Path(__file__).parent / "configs"


def packaged_config_names() -> list[str]:
    """What `--config` takes beside files, in alphabetical order."""
    return sorted(file.stem for file in PACKAGED_CONFIGS.glob("*.toml"))
