"""Rendered clips, and the shards of those that are forged per frame or with one seed."""

import csv
from pathlib import Path

from align.crops.options import AlignOptions
from align.shards.run import align_source
from align.sources.find import find_source
from align.sources.layouts import LayoutName
from common.formats.crop_frame import Template
from common.formats.csv_file import csv_line, write_csv
from common.formats.labels.files import LABELS_FILE
from facetrust.sample.clips.dataset import write_clips
from facetrust.sample.clips.plan import KINDS, ONE_SEED, PER_FRAME
from facetrust.sample.options import ClipOptions

SIZE = 112  # pixels of a crop


def render(folder: Path, people: int, seed: int) -> None:
    """Clips of so many people, each of every kind; nothing where they are there."""
    write_clips(folder, ClipOptions(clips=people * len(KINDS), seed=seed))


def align_forged(clips: Path, out: Path) -> None:
    """Shards of the forged clips alone, where synthetic means forged per frame, and bona fide with one seed.

    They are listed for it in `flicker.csv` beside them: who tells the two apart knows what flickers, and
    nothing else, since the frames of both are forged by the same methods.
    """
    with (clips / LABELS_FILE).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in (PER_FRAME, ONE_SEED)]
    lines = (csv_line(row["path"], row["identity"], str(int(row["kind"] == PER_FRAME))) for row in rows)
    listed = clips / "flicker.csv"
    write_csv(listed, "path,identity,synthetic", lines)
    source = find_source(listed, LayoutName.CSV, clips=True)
    align_source(source, out, AlignOptions(size=SIZE, template=Template.BOX, margin=0.2))
