"""Reasons for which photographs are rejected: their kinds, their counts, and the report `rejected.csv`."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from align.media.unreadable import CANNOT_READ, NO_SUCH_FILE, TRANSIENT
from align.sources.walk import DEAD_LINK
from common.formats.manifest import ManifestEntry
from common.runtime.atomic import write_text_atomically

REPORT_FILE = "rejected.csv"
NO_FACE = "no face found"
COINCIDE = "the landmarks coincide"
NO_BOX = "the box of the face has no extent"
LOST_FACE = "the lost part of this JPEG reaches into the face"
LOST_PART = "damaged image (a JPEG that lacks its end, without a face in what is left)"
TURNED = "the face is turned on its side or upside down"


class ReasonKind(StrEnum):
    """The kind of a reason; the value follows a number of photographs in tables."""

    NO_SUCH_FILE = "no such file"
    CANNOT_BE_READ = "cannot be read"  # for want of permission or memory, or by an error of the disk
    NO_IMAGE = "not an image, damaged, or of a format or size that is not read"
    NO_FACE = "no face found"
    TURNED = "turned"  # shows a face that does not stand upright
    OTHER = "other"  # paths that leave their folder, names listed twice …


_PATTERNS = {
    ReasonKind.NO_SUCH_FILE: f"{NO_SUCH_FILE}|{DEAD_LINK}",
    ReasonKind.CANNOT_BE_READ: "|".join(TRANSIENT) + f"|a folder that {CANNOT_READ}",
    ReasonKind.NO_IMAGE: (
        r".*not an? (image|video)|not a file|damaged (image|video)|.* is not read\b|more than "
        rf"|\d+x\d+ is (more than|too)|a (file|JPEG|video) (of|that takes|with|without) |{LOST_FACE}"
    ),
    ReasonKind.NO_FACE: f"{NO_FACE}|{COINCIDE}|{NO_BOX}",
    ReasonKind.TURNED: TURNED,
}


def kind_of(reason: str) -> ReasonKind:
    """The kind of a reason as it stands in manifests and reports of rejects, where it is text alone."""
    return next((kind for kind, pattern in _PATTERNS.items() if re.match(pattern, reason)), ReasonKind.OTHER)


def group_reasons(entries: Iterable[ManifestEntry]) -> Counter[str]:
    """The number of photographs rejected for each reason, without its details in brackets."""
    return Counter(reason.split(" (")[0] for entry in entries for _, reason in entry.rejected)


def write_report(path: Path, entries: Iterable[ManifestEntry]) -> None:
    """Write `path,reason` of every rejected photograph as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["path", "reason"])
    table.writerows(reject for entry in entries for reject in entry.rejected)
    write_text_atomically(path, text.getvalue())
