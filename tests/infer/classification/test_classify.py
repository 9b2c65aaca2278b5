"""From sources to verdicts and tables."""

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pyarrow import parquet

from align.crops.options import AlignOptions, FaceChoice
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.crop_frame import Template
from common.formats.shards import open_shard, read_header, read_rows, write_shard
from common.models.classifier_checkpoint import OperatingPoint, load_classifier, save_classifier
from common.models.crop_settings import CropSettings
from common.models.training_facts import PseudoTraining, least_digests, pixel_digest
from common.runtime.errors import UserError
from infer.classification.ensemble import Ensemble, load_ensemble
from infer.classification.faces import ClassifiedFaces
from infer.classification.request import ClassifyRequest, FaceTableFormat
from infer.classification.shown import shown_faces
from infer.classification.source import images_of
from infer.classification.verdict import FaceVerdict, why
from infer.classify import classify_images, classify_source
from infer.cropping import EVERY_FACE_AS_TRAINED, EveryFaceRequest

Image8 = NDArray[np.uint8]
Make = Callable[..., Path]
NOWHERE = Path("nowhere")


def opened(*files: Path, crops: EveryFaceRequest = EVERY_FACE_AS_TRAINED, **more: Any) -> Ensemble:
    return load_ensemble(files, NOWHERE, crops, **more)


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def classified(source: Path, ensemble: Ensemble, out: Path) -> ClassifiedFaces:
    return classify_source(source, out, ensemble, workers=1).faces


@pytest.mark.slow
def test_each_face_has_a_score_and_each_photograph_without_one_a_reason(
    faces_folder: Path, make_classifier: Make, tmp_path: Path
) -> None:
    ensemble = opened(make_classifier(OperatingPoint(temperature=2, threshold=0.3)))
    calls: list[tuple[int, int]] = []
    found = classify_source(
        faces_folder, tmp_path, ensemble, workers=1, progress=lambda *call: calls.append(call)
    )
    faces = found.faces
    assert faces.path == [f"fake/{name}" for name in ("3.jpg", "4.jpg", "5.jpg", "9.jpg")] + [
        f"real/{name}" for name in ("0.jpg", "1.jpg", "2.jpg", "8.jpg")
    ]
    assert faces.label.tolist() == [1] * 4 + [0] * 4
    assert faces.rejected == {
        3: "not an image",
        7: "no face found",
    }
    assert set(faces.counts) == {
        FaceVerdict.BONA_FIDE, FaceVerdict.SYNTHETIC, FaceVerdict.NO_FACE, FaceVerdict.UNREADABLE,
    }  # fmt: skip
    assert calls[-1] == (8, 8)
    header, *rows = table(found.table_file)
    assert header == ["path", "face", "score", "verdict", "reason", "label"]
    for row, logit in zip(rows, faces.logit.tolist(), strict=True):
        probability = 1 / (1 + np.exp(-logit))
        if row[3] in ("no_face", "unreadable"):
            assert row[1:3] == ["", ""] and row[4] in ("no face found", "not an image")
        else:
            assert row[1] == "0" and float(row[2]) == pytest.approx(probability, abs=1e-6)
            assert row[3] == ("synthetic" if probability >= 0.3 else "bona_fide")
            assert f"P(synthetic) {probability:.2f} is" in row[4]
    plain = classified(faces_folder, opened(make_classifier()), tmp_path)
    np.testing.assert_allclose(plain.logit, 2 * faces.logit, rtol=1e-5)


@pytest.mark.slow
def test_a_band_goes_before_the_threshold_and_an_asked_one_before_both(
    faces_folder: Path, make_classifier: Make, tmp_path: Path
) -> None:
    model = make_classifier(OperatingPoint(threshold=0.5, undecided=(0.0, 1.0)))
    every = classified(faces_folder, opened(model), tmp_path)
    assert every.counts[FaceVerdict.UNDECIDED] == 6
    assert all("is within 0.00 to 1.00" in text for text in every.reasons() if "P(" in text)
    asked = classified(faces_folder, opened(model, threshold=0.0), tmp_path)
    assert asked.counts[FaceVerdict.SYNTHETIC] == 6 and asked.point.threshold_from == "as asked for"
    with pytest.raises(UserError, match=r"threshold must be from 0 to 1, not 1\.5"):
        opened(model, threshold=1.5)


@pytest.mark.slow
def test_an_ensemble_is_the_mean_and_each_member_sees_its_own_crops(
    faces_folder: Path, make_classifier: Make, tmp_path: Path
) -> None:
    one = make_classifier(OperatingPoint(threshold=0.4, threshold_from="EER", undecided=(0.3, 0.4)))
    two = make_classifier(
        OperatingPoint(temperature=3, threshold=0.6, threshold_from="F1", undecided=(0.5, 0.8)),
        CropSettings(size=112),
        size=48,
        seed=1,
    )
    both = opened(one, two)
    assert (both.point.threshold, both.point.undecided) == (0.5, (0.4, pytest.approx(0.6)))
    assert both.point.threshold_from == "the mean of 2 models': EER; F1" and len(both.ways) == 2
    alone = [classified(faces_folder, opened(model), tmp_path).logit for model in (one, two)]
    together = classified(faces_folder, both, tmp_path).logit
    np.testing.assert_allclose(together, np.mean(alone, axis=0), rtol=1e-5)
    with pytest.raises(UserError, match=r"looked for in different ways; say for both det_size"):
        opened(one, make_classifier(crops=CropSettings(det_size=320)))
    agreed = EveryFaceRequest(det_size=320)
    assert len(opened(one, make_classifier(crops=CropSettings(det_size=320)), crops=agreed).ways) == 2


def test_a_member_without_a_band_draws_none_below_the_threshold(make_classifier: Make) -> None:
    strict = make_classifier(OperatingPoint(threshold=0.9))  # its band is empty, at 0.5
    unsure = make_classifier(OperatingPoint(threshold=0.5, undecided=(0.4, 0.6)), seed=1)
    point = opened(strict, unsure).point
    assert point.threshold == 0.7 and point.undecided == pytest.approx((0.65, 0.75))


def test_logits_that_a_temperature_makes_endless_are_one_line(make_classifier: Make) -> None:
    (member,) = opened(make_classifier(OperatingPoint(temperature=1e-320))).members
    with pytest.raises(UserError, match="not finite: its weights or its temperature are damaged"):
        member.logits([np.zeros((64, 64, 3), np.uint8)])


def test_pictures_are_made_of_what_is_still_there(
    tmp_path: Path,
    group_photograph: Image8,
    portraits: list[Image8],
    save_jpeg: Callable[[Path, Image8], Path],
    make_classifier: Make,
) -> None:
    photograph = save_jpeg(tmp_path / "group.jpg", group_photograph)
    every = opened(make_classifier(), crops=EveryFaceRequest(face=FaceChoice.ALL))
    images = images_of(photograph, ClassifyRequest())
    faces = classify_images(images, every, workers=1)
    save_jpeg(photograph, portraits[0])
    shown = shown_faces(images, faces, np.arange(6), every)
    assert shown.crops[0].any() and not shown.crops[1:].any()


def test_every_face_has_a_row_and_one_photograph_is_enough(
    tmp_path: Path, group_photograph: Image8, save_jpeg: Callable[[Path, Image8], Path], make_classifier: Make
) -> None:
    photograph = save_jpeg(tmp_path / "group.jpg", group_photograph)
    model = make_classifier()
    every = opened(model, crops=EveryFaceRequest(face=FaceChoice.ALL))
    faces = classified(photograph, every, tmp_path)
    assert faces.face.tolist() == list(range(6)) and faces.path == ["group.jpg"] * 6 and not faces.has_labels
    assert table(tmp_path / "group.csv")[0][-1] == "reason", "no label is known"
    first = classified(photograph, opened(model), tmp_path)
    assert np.isclose(faces.logit, first.logit[0], rtol=1e-4).sum() == 1
    told = ("1 photograph shows more faces than have a verdict; --face all gives each face one",)
    assert (faces.notes, first.notes) == ((), told)
    for form in (FaceTableFormat.PREDICTION, FaceTableFormat.SUBMISSION):
        with pytest.raises(UserError, match="leave out face all"):
            classify_source(photograph, tmp_path, every, form)


@pytest.mark.slow
def test_shards_of_box_crops_score_as_their_photographs(
    faces_folder: Path, make_classifier: Make, tmp_path: Path
) -> None:
    options = AlignOptions(template=Template.BOX, size=64)
    align_source(find_source(faces_folder), tmp_path / "shards", options, engine=Engine(workers=1))
    ensemble = opened(make_classifier())
    of_shards = classified(tmp_path / "shards", ensemble, tmp_path)
    of_photographs = classified(faces_folder, ensemble, tmp_path)
    there = ~np.isnan(of_photographs.logit)
    np.testing.assert_allclose(of_shards.logit, of_photographs.logit[there], atol=1e-4)
    assert of_shards.label.tolist() == of_photographs.label[there].tolist() and of_shards.notes == ()
    enlarged = classified(tmp_path / "shards", opened(make_classifier(size=96)), tmp_path)
    assert len(enlarged.notes) == 1 and "enlarges crops of 64 pixels to its 96" in enlarged.notes[0]
    told = r"64 pixels and the template 'box' with the margin 0.2, the model takes 112 .* 'arcface'"
    with pytest.raises(UserError, match=told):
        classified(tmp_path / "shards", opened(make_classifier(crops=CropSettings())), tmp_path)


@pytest.mark.slow
def test_predictions_and_submissions_are_what_challenges_take(
    tmp_path: Path, portraits: list[Image8], save_jpeg: Callable[[Path, Image8], Path], make_classifier: Make
) -> None:
    root, out = tmp_path / "test", tmp_path / "out"
    for name, portrait in {"10.jpg": 0, "9.jpg": 2, "007.jpg": 5}.items():
        save_jpeg(root / name, portraits[portrait])
    save_jpeg(root / "8.jpg", np.full((200, 200, 3), 128, np.uint8))
    ensemble = opened(make_classifier(OperatingPoint(undecided=(0.0, 1.0))))
    faces = classify_source(root, out, ensemble, FaceTableFormat.SUBMISSION, 1).faces
    called = dict(zip(faces.path, (faces.probability >= 0.5).tolist(), strict=True))
    assert True in called.values() and table(out / "test.csv") == [
        ["Id", "target_feature"],
        ["7", str(int(called["007.jpg"]))],
        ["8", "1"],  # without a face it was not shown to be bona fide
        ["9", str(int(called["9.jpg"]))],
        ["10", str(int(called["10.jpg"]))],
    ]
    classify_source(root, out, ensemble, FaceTableFormat.PREDICTION, 1)
    header, *rows = table(out / "test.csv")
    assert header == ["filename", "pred", "value"] and [row[0] for row in rows] == faces.path
    assert {row[0]: row[1] for row in rows} == {
        path: "" if path == "8.jpg" else str(int(flag)) for path, flag in called.items()
    }
    written = classify_source(root, out, ensemble, FaceTableFormat.PARQUET, 1)
    columns = parquet.read_table(written.table_file).to_pydict()
    assert list(columns) == ["path", "face", "score", "verdict", "reason"]
    assert columns["verdict"].count("undecided") == 3 and columns["score"].count(None) == 1
    for name, told in (("7.png", "have the same"), ("a.jpg", r"1 have other names, the first is a\.jpg")):
        save_jpeg(root / name, portraits[0])
        with pytest.raises(UserError, match=told):
            classify_source(root, out, ensemble, FaceTableFormat.SUBMISSION)
        (root / name).unlink()
    with pytest.raises(UserError, match="above the photographs, would be taken for their labels"):
        classify_source(root, tmp_path, ensemble, FaceTableFormat.SUBMISSION)
    for inside in (root, root / "results"):
        with pytest.raises(UserError, match="lies in what is to be classified"):
            classify_source(root, inside, ensemble)
    labels = tmp_path / "test.csv"
    labels.write_text("Id,target_feature\n7,0\n8,1\n9,1\n10,0\n")
    with pytest.raises(UserError, match=r"labels were read from .*test\.csv, which is to be written"):
        classify_source(root, tmp_path, ensemble)
    labels.write_text("path,synthetic\ntest/8.jpg,1\ntest/8.jpg,1\n")
    with pytest.raises(UserError, match=r"test/8\.jpg and test/8\.jpg have the same"):
        classify_source(labels, out, ensemble, FaceTableFormat.SUBMISSION)


def test_what_a_source_does_not_label_is_not_bona_fide(
    tmp_path: Path, portraits: list[Image8], save_jpeg: Callable[[Path, Image8], Path]
) -> None:
    for number in range(4):
        save_jpeg(tmp_path / f"{number}.jpg", portraits[0])
    (tmp_path / "a.csv").write_text("filename,label\n0.jpg,0\n1.jpg,1\n")
    (tmp_path / "b.csv").write_text("filename,identity\n2.jpg,anna\n3.jpg,bob\n")
    images = images_of(tmp_path, ClassifyRequest())
    assert images.labels.tolist() == [0, 1, -1, -1] and images.has_labels
    assert "without a label, and in no figure: 2 photographs" in images.notes


def test_workers_change_no_bit(faces_folder: Path, make_classifier: Make, tmp_path: Path) -> None:
    ensemble = opened(make_classifier())
    one = classify_source(faces_folder, tmp_path, ensemble, workers=1)
    before = one.table_file.read_bytes()
    limited = classify_source(
        faces_folder, tmp_path, ensemble, workers=2, asked=ClassifyRequest(allow_missing=True)
    )
    assert limited.table_file.read_bytes() == before


def test_a_reason_tells_the_ends_of_a_narrow_band_apart() -> None:
    point = OperatingPoint(threshold=0.5004, undecided=(0.5003, 0.5009))
    assert why(0.5005, point) == "P(synthetic) 0.5005 is within 0.5003 to 0.5009, where there is no verdict"


@pytest.mark.parametrize(
    ("names", "labels", "species"),
    [
        (["anna/0.jpg", "ben/0.jpg"], ("meta.json", '{"anna/0.jpg": 1, "ben/0.jpg": 1}'), ["", ""]),
        (["7/0.jpg", "7/1.jpg"], ("labels.csv", "pair_id,label,synthetic0,synthetic1\n7,0,1,1\n"), ["", ""]),
        (["real/0.jpg", "fake/gan/0.jpg"], None, ["fake/gan", "real"]),
    ],
)
def test_folders_of_people_and_pairs_are_no_species(
    names: list[str], labels: tuple[str, str] | None, species: list[str], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    if labels:
        (tmp_path / labels[0]).write_text(labels[1])
    assert images_of(tmp_path, ClassifyRequest()).species == species


@pytest.mark.slow
def test_guesses_are_no_labels_and_models_that_learnt_them_are_found_out(
    faces_folder: Path, make_classifier: Make, tmp_path: Path
) -> None:
    options = AlignOptions(template=Template.BOX, size=64)
    align_source(find_source(faces_folder), tmp_path / "shards", options, engine=Engine(workers=1))
    path = tmp_path / "shards" / "shard-00000.h5"
    with open_shard(path) as shard:
        header, rows = read_header(shard), read_rows(shard)
    model = load_classifier(make_classifier())
    taught = PseudoTraining(crops=2, synthetic=1, digests=least_digests(map(pixel_digest, rows.images[:2])))
    info, file = model.info.model_copy(update={"pseudo": taught}), tmp_path / "taught.safetensors"
    save_classifier(file, model.classifier, info, model.standing)
    ensemble = opened(file)
    for source in (faces_folder, tmp_path / "shards"):
        found = classified(source, ensemble, tmp_path)
        assert any("figures here are too good" in note and "(2 were" in note for note in found.notes)
    guessed = np.arange(len(rows), dtype=np.uint8) % 2
    write_shard(path, header, dataclasses.replace(rows, pseudo=guessed))
    found = classified(tmp_path / "shards", opened(make_classifier()), tmp_path)
    assert found.label.tolist() == np.where(guessed, -1, rows.synthetic.astype(int)).tolist()
    assert "3 crops with a pseudo-label, which is no label here" in found.notes


@pytest.mark.slow
def test_views_are_asked_for_and_told(faces_folder: Path, make_classifier: Make, tmp_path: Path) -> None:
    file = make_classifier()
    logits = {}
    for views in (None, ("mirror",), (), ("mirror", "rotate5")):
        faces = classified(faces_folder, opened(file, views=views), tmp_path)
        logits[views] = faces.logit
        own = ("mirror",) if views is None else views
        assert faces.models[0].views == own
        said = json.loads((tmp_path / "faces.json").read_text())
        assert said["models"][0]["views"] == list(own)
    np.testing.assert_array_equal(logits[None], logits["mirror",])
    assert not np.allclose(logits[()], logits[None], equal_nan=True)
    assert not np.allclose(logits["mirror", "rotate5"], logits[None], equal_nan=True)
