"""The files of a sample: bytes, layout, labels, and what happens to folders that are in the way."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from common.runtime.errors import UserError
from facetrust.sample.dataset import write_sample
from facetrust.sample.folders import STAMP_NAME
from facetrust.sample.options import SampleOptions

TINY = SampleOptions(identities=1, photos=1, synthetic=0, test_identities=2, pairs=1, seed=5)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(pairs: Path) -> list[dict[str, str]]:
    with (pairs / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_one_worker_writes_the_same_bytes_as_two(sample, tmp_path):
    write_sample(tmp_path / "raw", tmp_path / "pairs", sample.options, workers=1)
    assert tree(tmp_path / "raw") == tree(sample.raw)
    assert tree(tmp_path / "pairs") == tree(sample.pairs)


def test_meta_lists_every_image_with_its_kind(sample):
    meta = json.loads((sample.raw / "meta.json").read_text())
    assert sorted(meta) == sorted(str(path.relative_to(sample.raw)) for path in sample.raw.glob("*/*.jpg"))
    assert sorted(meta) == [f"person_{i:04d}/{j}.jpg" for i in range(3) for j in range(6)]
    for identity in range(3):
        kinds = [meta[f"person_{identity:04d}/{j}.jpg"] for j in range(6)]
        assert sorted(kinds) == [0, 0, 0, 1, 1, 1]


def test_every_image_is_a_colour_photograph_of_the_promised_size(sample):
    for path in (*sample.raw.glob("*/*.jpg"), *sample.pairs.glob("*/*.jpg")):
        image = cv2.imread(str(path))
        assert image is not None and image.shape == (250, 250, 3)
        assert image.std() > 8


def test_labels_have_the_promised_header_and_a_third_of_each_category(sample):
    header = (sample.pairs / "labels.csv").read_text().splitlines()[0]
    assert header == "pair_id,label,synthetic0,synthetic1"
    rows = rows_of(sample.pairs)
    assert [row["pair_id"] for row in rows] == [f"{i:04d}" for i in range(12)]
    assert sum(row["label"] == "1" for row in rows) == 4
    assert sum("1" in (row["synthetic0"], row["synthetic1"]) for row in rows) == 4
    assert not any(row["label"] == "1" and "1" in (row["synthetic0"], row["synthetic1"]) for row in rows)


def test_pair_folders_hold_exactly_two_images(sample):
    for row in rows_of(sample.pairs):
        assert sorted(path.name for path in (sample.pairs / row["pair_id"]).iterdir()) == ["0.jpg", "1.jpg"]


def test_no_two_images_are_equal(sample):
    images = [path.read_bytes() for folder in (sample.raw, sample.pairs) for path in folder.glob("*/*.jpg")]
    assert len(set(images)) == len(images) == 18 + 24


def test_progress_counts_up_to_the_number_of_images(sample):
    assert [total for _, total in sample.progress] == [42] * len(sample.progress)
    done = [count for count, _ in sample.progress]
    assert done == sorted(done) and done[-1] == 42


def test_one_worker_reports_every_image(tmp_path):
    calls = []
    write_sample(
        tmp_path / "raw", tmp_path / "pairs", TINY, workers=1, progress=lambda *call: calls.append(call)
    )
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_finished_sample_is_left_alone(sample):
    before = {path: path.stat().st_mtime_ns for path in sample.raw.rglob("*")}
    summary = write_sample(sample.raw, sample.pairs, sample.options)
    assert summary.already_there
    assert (summary.images, summary.synthetic, summary.pairs) == (18, 9, 12)
    assert {path: path.stat().st_mtime_ns for path in sample.raw.rglob("*")} == before


def test_a_folder_of_somebody_else_is_refused_and_untouched(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty; name another folder with --out, or remove it"):
        write_sample(raw, tmp_path / "pairs", TINY, workers=1)
    with pytest.raises(UserError, match="is not empty"):
        write_sample(raw, tmp_path / "pairs", TINY, workers=1, overwrite=True)
    assert tree(tmp_path) == {"raw/thesis.txt": b"mine"}


def test_other_options_are_refused_until_overwrite_and_foreign_files_stay(tmp_path):
    raw, pairs = tmp_path / "raw", tmp_path / "pairs"
    write_sample(raw, pairs, TINY, workers=1)
    (raw / "person_0000" / "note.txt").write_text("mine")
    (pairs / "note.txt").write_text("mine too")
    other = replace(TINY, photos=2, seed=6)
    with pytest.raises(UserError, match="--overwrite"):
        write_sample(raw, pairs, other, workers=1)
    old = (raw / "person_0000" / "0.jpg").read_bytes()
    summary = write_sample(raw, pairs, other, workers=1, overwrite=True)
    assert not summary.already_there and summary.images == 2
    assert (raw / "person_0000" / "0.jpg").read_bytes() != old
    assert (raw / "person_0000" / "note.txt").read_text() == "mine"
    assert (pairs / "note.txt").read_text() == "mine too"
    assert write_sample(raw, pairs, other).already_there


def test_overwrite_removes_files_that_the_new_sample_lacks(tmp_path):
    raw, pairs = tmp_path / "raw", tmp_path / "pairs"
    write_sample(raw, pairs, replace(TINY, photos=2), workers=1)
    assert (raw / "person_0000" / "1.jpg").exists()
    write_sample(raw, pairs, TINY, workers=1, overwrite=True)
    assert not (raw / "person_0000" / "1.jpg").exists()


def test_an_edited_stamp_cannot_remove_files_elsewhere(tmp_path):
    raw, pairs = tmp_path / "raw", tmp_path / "pairs"
    write_sample(raw, pairs, TINY, workers=1)
    (tmp_path / "precious.txt").write_text("mine")
    stamp = json.loads((raw / STAMP_NAME).read_text())
    stamp["files"] += ["../precious.txt", str(tmp_path / "precious.txt")]
    (raw / STAMP_NAME).write_text(json.dumps(stamp))
    write_sample(raw, pairs, replace(TINY, seed=9), workers=1, overwrite=True)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_an_interrupted_sample_is_finished_by_the_next_call(tmp_path):
    raw, pairs = tmp_path / "raw", tmp_path / "pairs"
    write_sample(raw, pairs, TINY, workers=1)
    whole = tree(tmp_path)
    (raw / "meta.json").unlink()
    (pairs / "0000" / "1.jpg").unlink()
    assert not write_sample(raw, pairs, TINY, workers=1).already_there
    assert tree(tmp_path) == whole


def test_a_folder_that_cannot_be_made_is_a_user_error_of_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        write_sample(tmp_path / "file" / "raw", tmp_path / "pairs", TINY, workers=1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"identities": 0}, {"test_identities": 1}, {"synthetic": -1}, {"pairs": 0}]
)
def test_senseless_options_are_user_errors(tmp_path, wrong):
    with pytest.raises(UserError):
        write_sample(tmp_path / "raw", tmp_path / "pairs", replace(TINY, **wrong), workers=1)


def test_photographs_and_test_pairs_lie_in_two_folders(tmp_path):
    for test_pairs in (tmp_path / "one", tmp_path / "other" / ".." / "one"):
        with pytest.raises(UserError, match="name two folders with --out and --test-out"):
            write_sample(tmp_path / "one", test_pairs, TINY, workers=1)
    assert list(tmp_path.iterdir()) == []
