"""Rendered clips: bytes, layout, labels, faces, and what tells their kinds apart."""

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
import pytest
from retinaface import detect_faces

from align.sources.layouts.real_fake import real_fake
from common.forge.method_names import METHODS
from common.runtime.errors import UserError
from facetrust.sample.clips.dataset import write_clips
from facetrust.sample.clips.plan import (
    BONA_FIDE,
    DOCUMENT,
    KINDS,
    MIDDLE,
    ONE_SEED,
    PER_FRAME,
    RATE,
    SWITCH,
    plan_clips,
)
from facetrust.sample.clips.studio import Studio
from facetrust.sample.clips.video_file import encoded_video
from facetrust.sample.options import ClipOptions

OPTIONS = ClipOptions(clips=5, seed=8)


class Clips(NamedTuple):
    folder: Path
    progress: list[tuple[int, int]]
    rows: dict[str, dict[str, str]]  # of labels.csv, by kind
    frames: dict[str, list[np.ndarray]]  # (250, 250, 3) RGB, decoded, by kind


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Five clips of one person; not to be changed."""
    folder = tmp_path_factory.mktemp("clips")
    calls: list[tuple[int, int]] = []
    write_clips(folder, OPTIONS, workers=1, progress=lambda *call: calls.append(call))
    with (folder / "labels.csv").open(newline="") as file:
        rows = {row["kind"]: row for row in csv.DictReader(file)}
    assert rows.pop(DOCUMENT)["path"] == "documents/person_0000.jpg"
    frames = {}
    for kind, row in rows.items():
        with av.open(folder / row["path"]) as container:
            assert container.streams.video[0].average_rate == RATE
            frames[kind] = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return Clips(folder, calls, rows, frames)


def change(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference of two pictures, grey levels."""
    return float(np.abs(one.astype(np.float32) - other).mean())


def flicker(frames: list[np.ndarray], own: list[np.ndarray]) -> float:
    """How much a forgery changes from frame to frame, in parts of its own mean size."""
    traces = [frame.astype(np.float32) - bona_fide for frame, bona_fide in zip(frames, own, strict=True)]
    steps = [change(before, after) for before, after in pairwise(traces)]
    return float(np.mean(steps) / np.mean([np.abs(trace).mean() for trace in traces]))


def bounds(row: dict[str, str]) -> tuple[int, int]:
    """The frames that a row calls forged, or of somebody else."""
    return round(float(row["from_seconds"]) * RATE), round(float(row["to_seconds"]) * RATE)


@pytest.mark.slow
def test_each_kind_is_there_with_its_label_and_all_its_frames(clips):
    assert tuple(clips.rows) == KINDS and clips.progress == [(n, 5) for n in range(1, 6)]
    assert [row["synthetic"] for row in clips.rows.values()] == ["0", "1", "1", "1", "0"]
    for kind, row in clips.rows.items():
        assert len(clips.frames[kind]) == int(row["frames"])
        assert all(frame.shape == (250, 250, 3) for frame in clips.frames[kind])
    assert write_clips(clips.folder, OPTIONS).already_there


@pytest.mark.slow
def test_folders_tell_the_same_as_the_labels(clips):
    paths = sorted(
        str(path.relative_to(clips.folder)) for path in clips.folder.rglob("*.*") if path.is_file()
    )
    rows = {row["path"]: row for row in clips.rows.values() if row["kind"] != SWITCH}
    for photograph in real_fake(paths):
        row = rows.pop(photograph.path)
        assert (photograph.identity, photograph.synthetic) == (row["identity"], row["synthetic"] == "1")
    assert not rows


@pytest.mark.slow
def test_the_face_is_found_in_every_frame_looked_at(clips):
    for kind in (BONA_FIDE, PER_FRAME, SWITCH):
        assert all(detect_faces(frame) for frame in clips.frames[kind][::16])
    document = cv2.imread(str(clips.folder / "documents" / "person_0000.jpg"))
    assert document is not None and detect_faces(cv2.cvtColor(document, cv2.COLOR_BGR2RGB))


@pytest.mark.slow
def test_forgeries_with_a_seed_per_frame_flicker_and_those_with_one_do_not(clips):
    each, steady = (flicker(clips.frames[kind], clips.frames[BONA_FIDE]) for kind in (PER_FRAME, ONE_SEED))
    assert each > 2 * steady


@pytest.mark.slow
@pytest.mark.parametrize("kind", [MIDDLE, SWITCH])
def test_what_changes_in_a_clip_changes_in_the_seconds_that_are_told(kind, clips):
    start, stop = bounds(clips.rows[kind])
    changed = [change(*pair) for pair in zip(clips.frames[kind], clips.frames[BONA_FIDE], strict=True)]
    inside, outside = changed[start:stop], changed[:start] + changed[stop:]
    assert 0 < start < stop <= len(changed) and min(inside) > 1.5 * max(outside)


def test_people_and_strangers_are_in_one_take_alone_and_all_methods_are_used():
    takes = plan_clips(ClipOptions(clips=38))
    assert sum(len(take.clips) for take in takes) == 38 and len(takes[-1].clips) == 3
    names = [name for take in takes for name in (take.name, take.other)]
    assert len(set(names)) == len(names)
    assert {take.method for take in takes} == set(METHODS)
    assert plan_clips(ClipOptions(clips=38, seed=1))[0] != takes[0]


@pytest.mark.slow
@pytest.mark.parametrize("identity", range(len(METHODS)))
def test_the_same_seed_gives_the_same_bytes_and_only_seeds_of_frames_flicker_whatever_the_method(identity):
    take = replace(plan_clips(ClipOptions(clips=20))[identity], frames=6)
    clips = [replace(clip, start=0, stop=6) for clip in take.clips if clip.kind in (PER_FRAME, ONE_SEED)]
    files = []
    for _ in range(2):
        studio = Studio(7, take)
        each, steady = (studio.frames(clip) for clip in clips)
        files.append([encoded_video(frames, RATE, studio.quality) for frames in (each, steady)])
    own = studio.recording.frames
    assert min(change(*pair) for pair in zip(each + steady, own + own, strict=True)) > 0.2
    assert flicker(each, own) > 1.4 * flicker(steady, own)
    assert files[0] == files[1] and files[0][0] != files[0][1]


@pytest.mark.parametrize("wrong", [{"clips": 0}, {"seed": -1}])
def test_senseless_options_are_user_errors(tmp_path, wrong):
    with pytest.raises(UserError):
        write_clips(tmp_path / "clips", replace(OPTIONS, **wrong), workers=1)
    assert not (tmp_path / "clips").exists()
