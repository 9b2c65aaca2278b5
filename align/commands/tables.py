"""What the commands of stage 1 print as tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from common.runtime.command_line import printable
from common.runtime.wording import counted

if TYPE_CHECKING:  # numpy and h5py come with it, which `--help` has no use for
    from align.shards.info import ShardInfo

BAR_WIDTH = 40  # characters


def reasons_table(rejected: Counter[str], report: str = "") -> Table:
    """Rejected photographs and clips by reason; `report` is the file that lists them."""
    title = f"{rejected.total():,} rejected" + (f": {report}" if report else "")
    table = Table("reason", "photographs", title=escape(title))
    for reason, count in rejected.most_common():
        table.add_row(escape(reason), f"{count:,}")
    return table


def source_table(account: Mapping[str, Any]) -> Table:
    """What the photographs of a source were taken for: `Source.account`, also as a manifest holds it."""
    table = Table(title="what the photographs were taken for", show_header=False)
    people = account.get("people")
    table.add_row("known people", "none" if people == 0 else _count(people))
    for name in ("bona fide", "synthetic"):
        of = "photographs and clips" if account.get("clips") else "photographs"
        table.add_row(f"{name} {of}", _count(account.get(name)))
    for name in ("labels without a photograph", "photographs without a label", "passed over"):
        if account.get(name):
            table.add_row(name, f"[yellow]{_count(account[name])}[/]")
    for name in ("labels from", "not read", "notes"):
        for text in account.get(name) or ():
            table.add_row(name, escape(printable(str(text))))
    for kind, count in (account.get("other files") or {}).items():
        table.add_row("not photographs", escape(printable(f"{_count(count)} {kind}, not read")))
    return table


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "unknown"


def counted_files(files: int, clips: int) -> str:
    """The photographs and clips of so many files: "12 photographs and 30 clips"."""
    photographs = [counted(files - clips, "photograph")] if files > clips or not clips else []
    return " and ".join([*photographs, *([counted(clips, "clip")] if clips else [])])


def described_template(template: str, margin: float) -> str:
    """A template and its margin: `box with margin 0.2`."""
    return template + (f" with margin {margin:g}" if margin else "")


def info_table(info: "ShardInfo", title: str) -> Table:
    """The figures of a folder of shards."""
    header = info.header
    template = described_template(header.template, header.margin)
    least, median, most = info.photos_per_person
    table = Table(title=escape(title), show_header=False)
    table.add_row("shards", f"{info.shards:,}")
    table.add_row("crops", f"{info.crops:,}, {header.size}x{header.size}, template {escape(template)}")
    table.add_row("people", f"{info.people:,}, with {least} to {most} crops each, median {median:g}")
    table.add_row("bona fide", f"{info.crops - info.synthetic:,}")
    table.add_row("synthetic", f"{info.synthetic:,}")
    if info.pseudo:
        table.add_row("by pseudo-labels", f"{info.pseudo:,} of these, the guesses of models")
    for method, count in sorted(info.methods.items()):
        table.add_row(f"made by {escape(printable(method))}", f"{count:,}")
    if info.clips:
        table.add_row("clips", f"{info.clips:,}, with {counted(info.tracks, 'track')}")
    if info.frames:
        table.add_row("frames without a face", f"{info.faceless:,} of {info.frames:,}")
    for name, count in info.alignment.items():
        table.add_row(name, f"{count:,}")
    table.add_row("detector", escape(header.detector))
    return table


def score_histogram(counts: Sequence[int]) -> Table:
    """Crops by detection score, as bars; empty bins below the first are left out."""
    table = Table("score", "crops", "", title="detection scores")
    first = next((index for index, count in enumerate(counts) if count), len(counts))
    for index in range(first, len(counts)):
        low, high = index / len(counts), (index + 1) / len(counts)
        bar = "█" * -(-BAR_WIDTH * counts[index] // max(counts))
        table.add_row(f"{low:.2f} – {high:.2f}", f"{counts[index]:,}", bar)
    return table
