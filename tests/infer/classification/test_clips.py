"""Clips: a score of each track, the highest of which is the video's."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import cv2
import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

import facetrust as ft
from align.crops.options import AlignOptions
from align.media.video import VideoFrames
from align.media.video_choice import AllFrames
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from align.tracks.options import ClipOptions
from common.formats.crop_frame import Template
from common.models.classifier_checkpoint import OperatingPoint
from common.models.temporal_names import Temporal
from common.runtime.errors import UserError
from infer.classification.align_faces import CutFace
from infer.classification.clip_faces import CutClip
from infer.classification.clip_verdict import clip_verdict, why_of_clip
from infer.classification.ensemble import Ensemble, load_ensemble
from infer.classification.request import ClipRequest
from infer.classification.results_file import read_classified
from infer.classification.score import ScoredFace
from infer.classification.scored_clip import STRIP, clip_of
from infer.classification.temporal import pooled
from infer.classification.timeline import DECIDES
from infer.classification.verdict import FaceVerdict
from infer.classify import Classification, classify_source
from infer.cli import app
from infer.commands.copy_told import refuse_unless_clip
from infer.commands.report import report
from infer.cropping import EVERY_FACE_AS_TRAINED

from ...align.media.clips import write_clip

Image8 = NDArray[np.uint8]
Save = Callable[[Path, Image8], Path]
Make = Callable[..., Path]
POINT = OperatingPoint()
TWO = ClipRequest(ClipOptions(frames=2))
WALK, WALL, SWAP, TEXT = "real/walk.mp4", "real/wall.mkv", "fake/swap.mov", "fake/text.avi"


def frame(step: int, *people: Image8) -> Image8:
    shown = np.full((112, 224, 3), 120, np.uint8)
    for place, person in enumerate(people):
        shown[8:104, 4 + 2 * step + 110 * place :][:, :96] = cv2.resize(person, (96, 96))
    return shown


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, portraits: list[Image8], save_jpeg: Save) -> Path:
    """Clips and a photograph, of which it is known what they are; one shows nobody, one is no video."""
    root = tmp_path_factory.mktemp("clips") / "mixed"
    save_jpeg(root / "real" / "0.jpg", portraits[0])
    (root / "fake").mkdir()
    write_clip(root / WALK, [frame(step, portraits[0], portraits[1]) for step in range(4)])
    write_clip(root / SWAP, [frame(step, portraits[2]) for step in range(3)] + [frame(0)])
    write_clip(root / WALL, [frame(0)] * 3)
    (root / TEXT).write_text("no video")
    return root


@pytest.fixture(scope="module")
def ensemble(make_classifier: Make) -> Ensemble:
    return load_ensemble([make_classifier()], Path("nowhere"), EVERY_FACE_AS_TRAINED)


@pytest.fixture(scope="module")
def found(mixed: Path, ensemble: Ensemble, tmp_path_factory: pytest.TempPathFactory) -> Classification:
    return classify_source(mixed, tmp_path_factory.mktemp("out"), ensemble, workers=1, clips=TWO)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_track_is_the_mean_of_its_frames_or_of_their_highest_quarter() -> None:
    logits = np.array([-2.0, 5.0, 1.0, -3.0, 3.0])
    assert pooled(logits, Temporal.MEAN) == pytest.approx(0.8)
    assert pooled(logits, Temporal.TOPK) == 4.0  # of the highest two of five
    assert pooled(logits[:1], Temporal.TOPK) == -2.0


def test_the_highest_track_decides_and_shows_its_worst_second() -> None:
    """One face is at 1 throughout; the other one at 0 but for half a second at 8."""
    seconds = np.arange(40) / 10
    logits = np.where((seconds >= 2) & (seconds < 2.5), 8.0, 0.0)
    faces = [
        CutFace((np.full((8, 8, 3), shade, np.uint8),), 1.0, np.zeros(4, np.float32)) for shade in range(80)
    ]
    scored = [
        ScoredFace(logit, np.full(4, place, np.float32), {"sharpness": float(place)})
        for place, logit in enumerate([1.5] * 40 + logits.tolist())
    ]
    cut = CutClip(
        faces, np.tile(np.arange(40), 2), np.tile(seconds, 2), np.repeat([0, 3], 40), 50, 10, truncated=True
    )
    own = np.array([face.logit for face in scored]).reshape(2, 40)
    mean, topk = (
        clip_of(cut, scored, [pooled(track, temporal) for track in own], 0)
        for temporal in (Temporal.MEAN, Temporal.TOPK)
    )
    assert (mean.track.number, mean.face.logit) == (0, 1.5)
    assert (topk.track.number, topk.face.logit) == (3, pytest.approx(4.0))  # 5 of 10 frames
    assert topk.face.measures == {"sharpness": 59.5} and topk.face.box.tolist() == [60.0] * 4
    worst = topk.track.seconds[topk.track.worst_second()]
    assert worst[0] <= 2 and worst[-1] >= 2.4 and 0.9 <= worst[-1] - worst[0] <= 1.0
    assert topk.crops is not None and topk.crops.view[0, 0, 0] == 60
    assert len(topk.crops.strip) == STRIP and set(topk.crops.places) <= set(topk.track.worst_second())
    assert topk.told() == (
        "face 3 among 2, in 40 of 50 frames; 10 frames without a face; the video is damaged or lacks its end"
    )
    assert clip_verdict(topk, 0.0, POINT) is FaceVerdict.UNDECIDED  # players show what lies behind damage
    assert clip_verdict(replace(topk, truncated=False), 0.0, POINT) is FaceVerdict.BONA_FIDE
    assert clip_verdict(topk, 1.0, POINT) is FaceVerdict.SYNTHETIC
    assert "but nobody knows what the rest of the video shows; face 3" in why_of_clip(topk, 0.0, POINT)


@pytest.mark.slow
def test_videos_and_photographs_have_a_verdict_each(found: Classification, tmp_path: Path) -> None:
    faces = found.faces
    assert faces.path == [SWAP, TEXT, "real/0.jpg", WALK, WALL] and faces.label.tolist() == [1, 1, 0, 0, 0]
    assert faces.rejected == {1: "not a video but a text", 4: "no face found (in 2 frames)"}
    rows = {row["path"]: row for row in table(found.table_file)}
    assert [rows[path]["verdict"] for path in (TEXT, WALL)] == ["unreadable", "no_face"]
    assert rows[SWAP]["reason"].endswith("; face 0, in 1 of 2 frames; 1 frame without a face")
    assert found.figures is not None and found.figures.report.decisions.bona_fide.total == 2
    assert found.clips is not None
    tracks = table(found.clips.tracks_file)
    assert [(row["video"], row["face"], row["frames"]) for row in tracks] == [
        (SWAP, "0", "1"), (WALK, "0", "2"), (WALK, "1", "2"),
    ]  # fmt: skip
    highest = max(tracks[1:], key=lambda row: float(row["score"]))
    assert (rows[WALK]["face"], rows[WALK]["score"]) == (highest["face"], highest["score"])
    frames = table(found.clips.frames_file)
    assert [(row["video"], row["frame"], row["face"]) for row in frames] == [
        (SWAP, "0", "0"), (WALK, "0", "0"), (WALK, "0", "1"), (WALK, "3", "0"), (WALK, "3", "1"),
    ]  # fmt: skip
    own = [float(row["score"]) for row in frames if row["face"] == highest["face"] and row["video"] == WALK]
    assert np.mean([np.log(p / (1 - p)) for p in own]) == pytest.approx(faces.logit[3], abs=1e-3)
    assert not np.isnan(faces.measures["sharpness"][[0, 2, 3]]).any()
    assert np.isnan(faces.measures["file_size"][[0, 3]]).all() and faces.measures["file_size"][2] > 500
    with Image.open(found.clips.timeline_file) as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert bytes.fromhex(DECIDES[1:]) in {bytes(colour) for colour in np.unique(pixels, axis=0)}
    report(found.results_file, out=tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert WALK in page and page.count('svg id="clip-plot-') == 2
    assert page.count("data:image/jpeg") == len(faces.clips) + 1 + 1 + 2  # each face, and every frame


@pytest.mark.slow
def test_shards_of_clips_score_as_the_clips(
    mixed: Path, found: Classification, ensemble: Ensemble, tmp_path: Path
) -> None:
    options = AlignOptions(template=Template.BOX, size=64, face="all")  # type: ignore[arg-type]
    source = find_source(mixed, clips=True)
    align_source(source, tmp_path / "shards", options, clip_options=TWO.options, engine=Engine(workers=1))
    of_shards = classify_source(tmp_path / "shards", tmp_path, ensemble).faces
    there = ~np.isnan(found.faces.logit)
    assert of_shards.path == [SWAP, "real/0.jpg", WALK] and of_shards.label.tolist() == [1, 0, 0]
    np.testing.assert_allclose(of_shards.logit, found.faces.logit[there], atol=1e-4)
    assert [len(clip.tracks) for clip in of_shards.clips.values()] == [1, 2]
    assert len(np.unique(of_shards.group)) == 3


@pytest.mark.slow
def test_results_keep_tracks_and_a_damaged_one_is_refused(found: Classification, tmp_path: Path) -> None:
    faces, _ = read_classified(found.results_file)
    assert faces.reasons() == found.faces.reasons() and list(faces.clips) == [0, 3]
    np.testing.assert_array_equal(faces.verdict_codes, found.faces.verdict_codes)
    for row, clip in faces.clips.items():
        own = found.faces.clips[row]
        assert clip.told() == own.told() and clip.crops is not None and own.crops is not None
        np.testing.assert_array_equal(clip.crops.strip, own.crops.strip)
        for track, other in zip(clip.tracks, own.tracks, strict=True):
            np.testing.assert_array_equal(track.logits, other.logits)
    for name, change, told in (
        ("track_sightings", lambda values: values + 1, "malformed 'track_sightings'"),
        ("clip_decisive", lambda values: values + 9, "that no track decides"),
        ("clip_rows", lambda values: values + 9, "a clip of no row"),
        ("sighting_seconds", lambda values: -values, "back in time"),
        ("sighting_frames", lambda values: values[1:], "malformed columns 'sighting_"),
        ("strip_places", lambda values: values + 9, "a crop of no sighting"),
    ):
        damaged = tmp_path / f"{name}.h5"
        damaged.write_bytes(found.results_file.read_bytes())
        with h5py.File(damaged, "r+") as file:
            values = change(file[name][:].astype(file[name].dtype))
            del file[name]
            file[name] = values
        with pytest.raises(UserError, match=told):
            read_classified(damaged)
    with h5py.File(damaged, "r+") as file:
        file.attrs.modify("format_version", 1)
    assert read_classified(damaged)[0].clips == {}


@pytest.mark.slow
def test_the_status_of_one_clip_is_its_verdict(mixed: Path, ensemble: Ensemble, tmp_path: Path) -> None:
    def status(path: str, threshold: float, *more: object) -> tuple[int, str]:
        words = [mixed / path, "--model", ensemble.members[0].file, "--threshold", threshold, *more]
        done = CliRunner().invoke(app, ["classify", *map(str, words)], env={"COLUMNS": "200"})
        return done.exit_code, done.output

    code, told = status(WALK, 0, "--frames", 1, "--render", tmp_path / "walk.mp4")
    assert code == 1 and told.startswith("synthetic\nP(synthetic) ") and "among 2, in 1 of 1 frame\n" in told
    assert told.count("in 1 frame, 0.0 to 0.0 s\n") == 2
    assert "the copy has no sound" in told and len(list(VideoFrames(tmp_path / "walk.mp4", AllFrames()))) == 4
    assert status(SWAP, 1)[0] == 0 and status(WALL, 0)[0] == 2 and status(TEXT, 0)[0] == 2
    code, told = status(SWAP, 1, "--frames", 2)
    assert (
        code == 2 and "undecided" in told and "but no face is in 3 frames, the fewest for bona fide" in told
    )
    code, told = status("real/0.jpg", 0, "--frames", 1)
    assert "--all-frames say nothing here: there are no clips" in told
    with pytest.raises(UserError, match=r"takes one clip, which .*0\.jpg is not"):
        refuse_unless_clip(mixed / "real" / "0.jpg", is_one=True, copy=tmp_path / "a.mp4")


@pytest.mark.slow
def test_the_library_takes_clips_beside_photographs(mixed: Path, ensemble: Ensemble) -> None:
    walk, photograph, text = ft.classify(
        [mixed / WALK, mixed / "real/0.jpg", str(mixed / TEXT)], model=ensemble
    )
    assert walk.probability is not None and "among 2, in 4 of 4 frames" in walk.reason
    assert photograph.probability is not None and "frames" not in photograph.reason
    assert (text.verdict.value, text.reason) == ("unreadable", "not a video but a text")


@pytest.mark.slow
def test_a_process_with_workers_writes_the_same_bytes(
    run_commands: Callable[..., list[CompletedProcess[str]]],
    mixed: Path,
    found: Classification,
    ensemble: Ensemble,
    tmp_path: Path,
) -> None:
    words = [mixed, "--model", ensemble.members[0].file, "--frames", 2, "--workers", 2, "--out", "out"]
    (done,) = run_commands([["infer", "classify", *words]], tmp_path)
    assert done.returncode == 0 and not done.stderr, done
    assert "5 verdicts: " in done.stdout and "mixed_timeline.png" in done.stdout
    assert found.clips is not None
    for file in (found.table_file, found.clips.tracks_file, found.clips.frames_file):
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()
