"""Source videos by names as FaceForensics++ gives them: `000_003` is 000 with the face of 003."""

import re
from collections.abc import Sequence
from dataclasses import replace

from align.sources.photograph import Photograph, without_suffix

_FORGED = re.compile(r"(\d{3})_(\d{3})(?![^_.-])")
_BONA_FIDE = re.compile(r"(\d{3})(?![^_.-])")


def with_videos(photographs: Sequence[Photograph]) -> tuple[list[Photograph], int]:
    """The photographs with their source videos as groups, and how many of these there are.

    Folders and file names tell them, with whatever follows behind `_`, `-` or `.`: a method, a frame. They
    are taken for such names only where each forged video has one partner, as in FaceForensics++, and one of
    them is among the bona fide; else the photographs stay as they are.
    """
    named = [_videos(photograph) for photograph in photographs]
    partner: dict[str, str] = {}
    bona_fide: set[str] = set()
    for photograph, videos in zip(photographs, named, strict=True):
        if not photograph.synthetic:
            bona_fide.update(videos)
        elif videos and partner.setdefault(videos[0], videos[1]) != videos[1]:
            return list(photographs), 0
    if not bona_fide & {*partner, *partner.values()}:
        return list(photographs), 0
    found = [
        replace(photograph, groups=(*photograph.groups, *videos)) if videos else photograph
        for photograph, videos in zip(photographs, named, strict=True)
    ]
    return found, len({video for videos in named for video in videos})


def _videos(photograph: Photograph) -> tuple[str, ...]:
    """The videos that the names on a path tell, the target first; none where they tell none."""
    form = _FORGED if photograph.synthetic else _BONA_FIDE
    for name in without_suffix(photograph.path).split("/"):
        if told := form.match(name):
            return told.groups()
    return ()
