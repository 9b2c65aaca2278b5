"""The options that the crops of a run were aligned with, from the manifests of their folders."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from common.formats.manifest import ManifestHeader, read_manifest
from common.formats.shard_folder import ShardFolder
from common.models.crop_settings import CropSettings
from common.runtime.errors import UserError

TAKEN_AS_THEY_WERE = "none"  # photographs that were crops: how they were taken stands nowhere
MOST_LINKS = 8  # forgeries of forgeries are followed so far back to the photographs


def crop_settings_of(folders: Sequence[ShardFolder]) -> tuple[CropSettings | None, list[str]]:
    """The settings that all folders share, and notes for people.

    A folder of forgeries has the settings of the one it was made from. Folders that do not tell are passed
    over; None where no folder tells, or where two were aligned in different ways.
    """
    found = [_settings(folder.manifest.header) for folder in folders if folder.manifest is not None]
    known = {settings for settings in found if settings is not None}
    if len(known) == 1:
        return known.pop(), []
    reason = "the folders of shards were aligned with different options" if known else "no manifest tells"
    return None, [f"checkpoints will not remember how their crops were taken from photographs: {reason}"]


def _settings(header: ManifestHeader) -> CropSettings | None:
    for _ in range(MOST_LINKS):
        if "detector" in header.options:
            if header.options["detector"] == TAKEN_AS_THEY_WERE:
                return None
            try:
                return CropSettings.of_options(header.options)
            except ValidationError:
                return None
        try:
            made_from = read_manifest(Path(header.source))
        except (UserError, OSError, ValueError):
            return None
        if made_from is None:
            return None
        header = made_from.header
    return None
