"""What is kept of classified faces: figures, the hardest of them, a picture, and a file of results."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.errors import UserError
from infer.classification.ensemble import load_ensemble
from infer.classification.faces import ClassifiedFaces, ClassifierCard
from infer.classification.figures import figures_of, write_figures
from infer.classification.picture import draw_faces
from infer.classification.results_file import is_classified, read_classified, write_classified
from infer.classification.shown import ShownFaces, hardest_faces
from infer.classify import classify_source
from infer.cropping import EVERY_FACE_AS_TRAINED

Make = Callable[..., Path]
CARD = ClassifierCard(file="a.safetensors", sha256="ab", network="timm:x", size=32, temperature=1.5)


def faces_with(logits: list[float], labels: list[int], **more: object) -> ClassifiedFaces:
    count = len(logits)
    faces = ClassifiedFaces(
        name="n",
        source="s",
        path=[f"{row}\udcff.jpg" for row in range(count)],
        image=np.arange(count),
        face=np.zeros(count, np.int32),
        label=np.array(labels, np.int8),
        group=np.arange(count),
        species=["swap" if row % 2 else "gan" for row in range(count)],
        logit=np.array(logits),
        measures={"sharpness": np.linspace(0, 1, count)},
        rejected={row: "no face found" for row, logit in enumerate(logits) if np.isnan(logit)},
        point=OperatingPoint(threshold=0.6, threshold_from="EER", undecided=(0.4, 0.7)),
        models=(CARD,),
    )
    return replace(faces, **more)


def shown(faces: ClassifiedFaces) -> ShownFaces:
    rows = hardest_faces(faces)
    return ShownFaces(rows, np.full((len(rows), 8, 8, 3), 90, np.uint8))


def test_the_hardest_are_the_most_certain_mistakes() -> None:
    faces = faces_with([3.0, -2.0, np.nan, -4.0, 1.0, 0.5, 2.0], [0, 0, 0, 1, 1, -1, -1])
    assert hardest_faces(faces).tolist() == [3, 0, 4, 1, 6, 5]
    assert hardest_faces(faces, per_class=1).tolist() == [3, 0, 6, 5]


def test_figures_are_of_faces_with_score_and_label_and_tell_what_the_band_catches(tmp_path: Path) -> None:
    nan = float("nan")
    faces = faces_with([-3.0, 3.0, 0.45, -3.0, 3.0, 0.3, nan, 2.0], [0, 0, 0, 1, 1, 1, 1, -1])
    figures = figures_of(faces)
    assert figures is not None
    decisions = figures.report.decisions
    # sigmoid(0.45) is 0.61, sigmoid(0.3) 0.57: both are in the band, either is wrong at 0.6
    assert decisions.matrix == ((1, 2), (2, 1)) and (figures.undecided, figures.undecided_errors) == (2, 2)
    assert [(one.name, one.errors.errors, one.errors.total) for one in figures.species] == [
        ("swap", 2, 2),
        ("gan", 0, 1),
    ]
    assert figures_of(faces_with([1.0], [-1])) is None
    write_figures(tmp_path / "n.json", faces, figures)
    said = json.loads((tmp_path / "n.json").read_text())
    assert said["verdicts"] == {
        "bona_fide": 2, "synthetic": 3, "undecided": 2, "no_face": 1, "unreadable": 0,
    }  # fmt: skip
    assert said["labelled"]["figures"]["apcer"] == pytest.approx(2 / 3)
    low, high = said["labelled"]["intervals"]["apcer"]
    assert 0 <= low < 2 / 3 < high <= 1 and said["labelled"]["apcer_by_species"][0]["species"] == "swap"


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    nan = float("nan")
    for faces in (
        faces_with([1.0, nan, -2.0], [0, 1, 1]),
        faces_with([nan], [-1], measures={}, species=[""], notes=("a note",)),
    ):
        path = tmp_path / "n.h5"
        write_classified(path, faces, shown(faces))
        first = path.read_bytes()
        found, pictured = read_classified(path)
        assert is_classified(path) and found.path == [
            name.replace("\udcff", "\\udcff") for name in faces.path
        ]
        for name in ("image", "face", "label", "group", "logit"):
            np.testing.assert_array_equal(getattr(found, name), getattr(faces, name))
        for name in ("species", "rejected", "point", "models", "notes", "made_with", "name", "source"):
            assert getattr(found, name) == getattr(faces, name)
        assert list(found.measures) == list(faces.measures)
        np.testing.assert_array_equal(pictured.rows, shown(faces).rows)
        write_classified(path, faces, shown(faces))
        assert path.read_bytes() == first, "the same results give the same bytes"


def _changed(name: str, values: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = values

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_changed("label", np.array([0, 2, 1], "i1")), "a label that is neither 0 nor 1"),
        (_changed("logit", np.array([1.0, np.nan, np.inf])), "a logit that is not finite"),
        (_changed("logit", np.array([1.0, np.nan, np.nan])), "without a score and without a reason"),
        (_changed("group", np.zeros(2, "<u4")), "a malformed column 'group'"),
        (_changed("shown_rows", np.array([0, 3], "<u4")), "crops that belong to no face"),
        (_changed("measures", np.zeros((3, 2))), "measures without a name"),
        (_changed("header", np.frombuffer(b"{}", np.uint8)), "says what cannot be of name"),
        (lambda file: file.attrs.modify("format_version", 9), "format version 9, this facetrust reads 1"),
    ],
)
def test_damaged_results_are_refused(tmp_path: Path, change: Callable[[h5py.File], None], told: str) -> None:
    faces = faces_with([1.0, np.nan, -2.0], [0, 1, 1])
    path = tmp_path / "n.h5"
    write_classified(path, faces, shown(faces))
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(UserError, match=f"{told}.*infer classify|{told}"):
        read_classified(path)


def test_frames_tell_right_from_wrong(tmp_path: Path) -> None:
    for logits, labels in (([3.0, -3.0], [1, 1]), ([np.nan], [-1])):
        faces = faces_with(logits, labels)
        draw_faces(tmp_path / "n.png", faces, shown(faces))
        with Image.open(tmp_path / "n.png") as picture:
            pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
        colours = {tuple(colour) for colour in np.unique(pixels, axis=0).tolist()}
        drawn = [rgb in colours for rgb in ((0x00, 0x74, 0x5A), (0xA8, 0x20, 0x1A))]
        assert drawn == [len(labels) == 2] * 2


@pytest.mark.slow
def test_a_source_leaves_all_of_it(faces_folder: Path, make_classifier: Make, tmp_path: Path) -> None:
    ensemble = load_ensemble([make_classifier()], tmp_path, EVERY_FACE_AS_TRAINED)
    found = classify_source(faces_folder, tmp_path / "out", ensemble, workers=1)
    names = {"faces.csv", "faces.h5", "faces.json", "faces.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    faces, pictured = read_classified(found.results_file)
    assert faces.path == found.faces.path and faces.models[0].network == "timm:test_resnet"
    of_crops = {"sharpness", "saturation", "grey", "brightness", "score", "face_size"}
    assert set(faces.measures) == of_crops | {"file_size", "jpeg", "jpeg_table", "pixels"}
    there = ~np.isnan(faces.logit)
    assert (faces.measures["file_size"][there] > 500).all() and (faces.measures["pixels"][there] > 500).all()
    assert (faces.measures["face_size"][there] > 20).all() and np.isnan(faces.measures["score"][~there]).all()
    assert pictured.crops.shape == (6, 64, 64, 3) and _means(pictured.crops).min() > 5, "none is black"
    assert len({*map(float, _means(pictured.crops))}) == 6, "each its own"


def _means(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    return crops.mean(axis=(1, 2, 3))
