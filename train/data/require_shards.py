"""Check that folders to train on hold shards, before anything is read."""

from collections.abc import Sequence
from pathlib import Path

from common.formats.shard_folder import is_shard_folder
from common.runtime.errors import UserError


def require_shards(folders: Sequence[Path]) -> None:
    """Raises UserError, which says how to make shards, for a folder that is not there or has none."""
    for folder in folders:
        if not folder.is_dir():
            raise UserError(
                f"no such folder: {folder}; 'python -m align run PHOTOGRAPHS --out {folder}' makes it of "
                "your photographs, 'python -m align sample' renders some to begin with; --data names another"
            )
        if not is_shard_folder(folder):
            raise UserError(
                f"no shards in {folder}; where it holds photographs, make shards with 'python -m align run "
                f"{folder} --out FOLDER', and name that with --data"
            )
