"""The tracks of classified clips in a file of results, and crops of those that are shown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.formats.columns import Column
from infer.classification.score import ScoredFace
from infer.classification.scored_clip import STRIP, STRIP_SIDE, ClipCrops, ScoredClip, ScoredTrack
from infer.classification.shown import ShownFaces
from infer.output.checked import demand, within

# of C clips, T tracks, clip by clip, K sightings, track by track, and P crops of worst seconds
CLIP_COLUMNS = {
    "clip_rows": Column("<u4"),  # (C,) of the classified faces
    "clip_frames": Column("<u4"),  # (C,) as `frames`, `faceless`, `truncated` and `decisive` of `ScoredClip`
    "clip_faceless": Column("<u4"),
    "clip_truncated": Column("u1"),
    "clip_decisive": Column("<u4"),
    "clip_tracks": Column("<u4"),  # (C,) how many
    "track_numbers": Column("<u4"),  # (T,)
    "track_logits": Column("<f8"),  # (T,)
    "track_sightings": Column("<u4"),  # (T,) how many
    "sighting_frames": Column("<u4"),  # (K,)
    "sighting_seconds": Column("<f8"),  # (K,)
    "sighting_logits": Column("<f8"),  # (K,)
    "strip_clips": Column("<u4", most_rows=200 * STRIP),  # (P,) positions among the clips
    "strip_places": Column("<u4", most_rows=200 * STRIP),  # (P,) positions in the deciding track
    "strip_crops": Column("u1", (STRIP_SIDE, STRIP_SIDE, 3), most_bytes=40_000_000),  # (P, 96, 96, 3)
}


def packed_clips(clips: Mapping[int, ScoredClip], shown: ShownFaces) -> dict[str, Any]:
    """The values of `CLIP_COLUMNS`; crops of the clips that are shown alone. Boxes are not kept."""
    tracks = [track for clip in clips.values() for track in clip.tracks]
    wanted = set(shown.rows.tolist())
    strips = [
        (place, clip.crops)
        for place, (row, clip) in enumerate(clips.items())
        if row in wanted and clip.crops is not None
    ]
    return {
        "clip_rows": list(clips),
        "clip_frames": [clip.frames for clip in clips.values()],
        "clip_faceless": [clip.faceless for clip in clips.values()],
        "clip_truncated": [clip.truncated for clip in clips.values()],
        "clip_decisive": [clip.decisive for clip in clips.values()],
        "clip_tracks": [len(clip.tracks) for clip in clips.values()],
        "track_numbers": [track.number for track in tracks],
        "track_logits": [track.logit for track in tracks],
        "track_sightings": [len(track) for track in tracks],
        "sighting_frames": _joined([track.frame for track in tracks]),
        "sighting_seconds": _joined([track.seconds for track in tracks]),
        "sighting_logits": _joined([track.logits for track in tracks]),
        "strip_clips": _joined([np.full(len(crops.places), place) for place, crops in strips]),
        "strip_places": _joined([crops.places for _, crops in strips]),
        "strip_crops": np.concatenate(
            [np.zeros((0, STRIP_SIDE, STRIP_SIDE, 3), np.uint8), *(crops.strip for _, crops in strips)]
        ),
    }


def unpacked_clips(found: Mapping[str, Any], logit: NDArray[np.float64]) -> dict[int, ScoredClip]:
    """The clips of these columns, whose rows have these logits. Raises MalformedError where it cannot be."""
    _check_lengths(found)
    rows, tracks = found["clip_rows"].tolist(), _tracks(found)
    demand(
        len(set(rows)) == len(rows) and within(found["clip_rows"], 0, len(logit) - 1), "has a clip of no row"
    )
    clips = {}
    start = 0
    for place, row in enumerate(rows):
        own = tracks[start : start + int(found["clip_tracks"][place])]
        start += len(own)
        decisive = int(found["clip_decisive"][place])
        demand(decisive < len(own) and own[decisive].logit == logit[row], "has a clip that no track decides")
        clips[row] = ScoredClip(
            own,
            decisive,
            ScoredFace(own[decisive].logit, np.full(4, np.nan, np.float32), {}),
            int(found["clip_frames"][place]),
            int(found["clip_faceless"][place]),
            bool(found["clip_truncated"][place]),
            _crops(found, place, len(own[decisive])),
        )
    return clips


def _check_lengths(found: Mapping[str, Any]) -> None:
    for prefix in ("clip_", "track_", "sighting_", "strip_"):
        lengths = {len(values) for name, values in found.items() if name.startswith(prefix)}
        demand(len(lengths) == 1, f"has malformed columns '{prefix}…'")
    for whole, parts in (("clip_tracks", "track_numbers"), ("track_sightings", "sighting_frames")):
        counts = found[whole].astype(np.int64)
        demand(
            bool((counts > 0).all()) and int(counts.sum()) == len(found[parts]), f"has a malformed '{whole}'"
        )
    for name in ("track_logits", "sighting_logits", "sighting_seconds"):
        demand(bool(np.isfinite(found[name]).all()), f"has a number in '{name}' that is not finite")


def _tracks(found: Mapping[str, Any]) -> list[ScoredTrack]:
    ends = np.cumsum(found["track_sightings"].astype(np.int64))[:-1]
    columns = (np.split(found[f"sighting_{name}"], ends) for name in ("frames", "seconds", "logits"))
    parts = zip(found["track_numbers"].tolist(), found["track_logits"].tolist(), *columns, strict=False)
    made = []
    for number, logit, frames, seconds, logits in parts:
        demand(bool((np.diff(seconds) >= 0).all()), "has a track that goes back in time")
        boxes = np.full((len(frames), 4), np.nan, np.float32)
        made.append(ScoredTrack(number, frames.astype(np.int64), seconds, boxes, logits, logit))
    return made


def _crops(found: Mapping[str, Any], place: int, sightings: int) -> ClipCrops | None:
    own = np.flatnonzero(found["strip_clips"] == place)
    if not len(own):
        return None
    places, strip = found["strip_places"][own].astype(np.int64), found["strip_crops"][own]
    demand(within(places, 0, sightings - 1) and len(own) <= STRIP, "has a crop of no sighting")
    return ClipCrops(strip[0], strip, places)


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0)
