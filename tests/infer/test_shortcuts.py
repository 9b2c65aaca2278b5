from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from align.media.read import ImageFile
from align.media.unreadable import UnreadableImageError
from common.formats.shards import open_shard, read_rows, shard_paths
from common.metrics.picture_measures import picture_measures, sharpness
from common.metrics.shortcuts import find_shortcuts
from infer.shortcuts import measure_crops, measure_header


@dataclass(frozen=True)
class Measured:
    measures: dict[str, np.ndarray]  # NaN for what a file does not have
    rejected: dict[int, str]


OF_FILES = ("file_size", "jpeg", "jpeg_table", "pixels", "sharpness", "saturation", "grey", "brightness")


def measure_files(paths: list[Path]) -> Measured:
    """What whole photographs measure, a row a file."""
    rows: list[dict[str, float]] = []
    rejected = {}
    for row, path in enumerate(paths):
        try:
            rows.append(measure_header(path) | picture_measures(ImageFile(path).decode()))
        except UnreadableImageError as error:
            rejected[row] = str(error)
            rows.append({})
    return Measured({name: np.array([row.get(name, np.nan) for row in rows]) for name in OF_FILES}, rejected)


def test_files_measure_what_they_are(tmp_path: Path, portraits: list[np.ndarray]) -> None:
    face = portraits[0]
    Image.fromarray(face).save(tmp_path / "fine.jpg", quality=95)
    Image.fromarray(face).save(tmp_path / "coarse.jpg", quality=30)
    Image.fromarray(face).convert("L").save(tmp_path / "grey.png")
    (tmp_path / "text.jpg").write_text("no picture")
    names = ["fine.jpg", "coarse.jpg", "grey.png", "text.jpg", "missing.jpg"]
    found = measure_files([tmp_path / name for name in names])
    assert set(found.measures) == set(OF_FILES)
    of = found.measures
    assert of["file_size"][:3].tolist() == [(tmp_path / name).stat().st_size for name in names[:3]]
    assert of["jpeg"][:3].tolist() == [1, 1, 0]
    assert of["jpeg_table"][1] > 3 * of["jpeg_table"][0] and np.isnan(of["jpeg_table"][2])
    assert (of["pixels"][:3] == face.shape[0] * face.shape[1]).all()
    assert of["grey"][:3].tolist() == [0, 0, 1] and of["saturation"][2] == 0
    assert of["brightness"][:3] == pytest.approx(np.full(3, of["brightness"][2]), abs=2)
    assert set(found.rejected) == {3, 4} and found.rejected[4] == "no such file"
    assert all(np.isnan(values[3:]).all() for values in of.values())


def test_blur_takes_sharpness_at_every_size(portraits: list[np.ndarray]) -> None:
    face = portraits[0]
    assert sharpness(cv2.GaussianBlur(face, (0, 0), 4)) < 0.5 * sharpness(face)
    assert sharpness(cv2.resize(face, (40, 40))) < sharpness(face)
    assert sharpness(np.full((50, 50, 3), 9, np.uint8)) == 0


def test_smoothed_forgeries_in_a_shard_are_named_by_their_sharpness(tiny_shards: Path) -> None:
    parts, labels = [], []
    for path in shard_paths(tiny_shards):
        with open_shard(path) as file:
            rows = read_rows(file)
        parts.append(measure_crops(rows.images, rows.score, rows.box))
        labels.append(rows.synthetic)
    measures = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    found = {one.name: one for one in find_shortcuts(np.concatenate(labels), measures)}
    assert set(found) == {"sharpness", "saturation", "grey", "brightness", "score", "face_size"}
    assert found["sharpness"].is_shortcut and not found["sharpness"].synthetic_is_higher


@pytest.mark.shared
@pytest.mark.slow
def test_generated_faces_in_files_alike_are_told_by_their_sharpness_alone(shared: Path) -> None:
    folder = shared / "synthetic" / "stylegan"
    files = [sorted((folder / kind).iterdir())[:150] for kind in ("real", "fake")]
    found = measure_files([*files[0], *files[1]])
    assert not found.rejected
    judged = {one.name: one for one in find_shortcuts(np.repeat([0, 1], 150), found.measures)}
    assert [name for name, one in judged.items() if one.is_shortcut] == ["sharpness"]
    assert judged["jpeg_table"].auc == judged["pixels"].auc == 0.5
