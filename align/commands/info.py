"""`align info`: options and output."""

from align.commands.options import PROCESSED_IMAGES, Shards
from align.commands.tables import reasons_table
from common.runtime.command_line import console, examples, print_notes

EXAMPLES = examples("python -m align info", "python -m align info datasets/mine")


def info(shards: Shards = PROCESSED_IMAGES) -> None:
    """Count people, bona fide and synthetic crops, detection scores, and rejects by reason."""
    from align.commands.tables import info_table, score_histogram, source_table
    from align.shards.info import summarise

    found = summarise(shards)
    console.print(info_table(found, str(shards)))
    console.print(score_histogram(found.score_histogram))
    if found.taken:
        console.print(source_table(found.taken))
    print_notes(found.notes)
    if found.rejected:
        console.print(reasons_table(found.rejected))
