"""Why photographs were rejected, counted and listed."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from common.manifest import ManifestEntry
from common.atomic import write_text_atomically

REPORT_FILE = "rejected.csv"


def group_reasons(entries: Iterable[ManifestEntry]) -> Counter[str]:
    """How many photographs were rejected for each reason, whose details in brackets are left out."""
    return Counter(reason.split(" (")[0] for entry in entries for _, reason in entry.rejected)


def write_report(path: Path, entries: Iterable[ManifestEntry]) -> None:
    """Write `path,reason` of every rejected photograph as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["path", "reason"])
    table.writerows(reject for entry in entries for reject in entry.rejected)
    write_text_atomically(path, text.getvalue())
