"""The markers of a JPEG file (ITU-T T.81, annex B): what its pixels can cost, and which way is up."""

import re
import warnings
from dataclasses import dataclass

from PIL import Image

START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN, APP1 = 0xD8, 0xD9, 0xDA, 0xE1
PROGRESSIVE_FRAMES = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
EXIF = b"Exif\0\0"
ORIENTATION = 0x0112  # EXIF tag
IN_A_SCAN = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")  # a marker that ends entropy-coded data


@dataclass(frozen=True)
class JpegMarkers:
    """What is known of a JPEG before it is decoded."""

    scans: int  # passes over the image; 1 unless it is progressive
    orientation: int  # EXIF, 1 to 8; 1 where there is none or it cannot be read


def read_markers(data: bytes) -> JpegMarkers | None:
    """Walk the segments of a JPEG up to the end of its image; None for data that are no JPEG."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    position, scans, progressive, orientation = 2, 0, False, 1
    while (found := _next_marker(data, position)) is not None:
        marker, position = found
        if marker == END_OF_IMAGE:
            break
        if marker in WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        segment = data[position + 2 : position + length] if marker == APP1 else b""
        if segment.startswith(EXIF) and orientation == 1:
            orientation = _orientation(segment)
        position += max(length, 2)
        progressive |= marker in PROGRESSIVE_FRAMES
        if marker == START_OF_SCAN:
            scans += 1
            if not progressive:
                break
            end = IN_A_SCAN.search(data, position)
            position = end.start() if end else len(data)
    return JpegMarkers(scans, orientation)


def _next_marker(data: bytes, position: int) -> tuple[int, int] | None:
    """The marker at or after a position, and where its segment begins."""
    found = IN_A_SCAN.search(data, position)
    return (data[found.end() - 1], found.end()) if found else None


def _orientation(segment: bytes) -> int:
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(segment)
        orientation = exif.get(ORIENTATION, 1)
    except Exception:  # metadata that cannot be read turn nothing
        return 1
    return orientation if orientation in range(1, 9) else 1


@dataclass(frozen=True)
class JpegScans:
    """How the entropy-coded data of a JPEG end.

    Attributes:
        start: where those of the last scan begin, in bytes from the start of the file.
        end: of these data: where the marker after them stands, or the end of the file.
        every_bit: whether the scans, taken as whole, bring every bit of every coefficient. Where they do not,
            as in a progressive JPEG whose last scans are missing, all of the picture is blurred.
    """

    start: int
    end: int
    every_bit: bool


def read_scans(data: bytes) -> JpegScans | None:
    """Walk a JPEG to its last scan; None where there is none or its head is damaged."""
    position, progressive = 2, False
    components: set[int] = set()
    exact: set[tuple[int, int]] = set()  # component, and coefficient that is known to its last bit
    found_scan: tuple[int, int] | None = None
    while (found := _next_marker(data, position)) is not None:
        marker, position = found
        if marker == END_OF_IMAGE:
            break
        if marker in WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        segment = data[position + 2 : position + max(length, 2)]
        position += max(length, 2)
        if marker in FRAMES and len(segment) >= 6:
            progressive = marker in PROGRESSIVE_FRAMES
            components = set(segment[6::3][: segment[5]])
        if marker == START_OF_SCAN and len(segment) >= 4:
            named = segment[1 : 1 + 2 * segment[0] : 2]
            first, last, bits = segment[-3:]
            if bits & 15 == 0:
                exact |= {(one, place) for one in named for place in range(first, min(last, 63) + 1)}
            ended = IN_A_SCAN.search(data, position)
            found_scan = position, ended.start() if ended else len(data)
            position = found_scan[1]
    if found_scan is None:
        return None
    wanted = {(one, place) for one in components for place in (range(64) if progressive else range(1))}
    return JpegScans(*found_scan, wanted <= exact)
