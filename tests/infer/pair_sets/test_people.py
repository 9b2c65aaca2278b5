import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.pair_category import PairCategory
from common.models.crop_settings import CropSettings
from common.runtime.errors import UserError
from infer.embeddings import embed_images
from infer.hard_pairs import crops_of
from infer.models.load import load_model
from infer.models.model import Model
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.request import PairRequest
from infer.pair_sets.write_list import write_pair_list
from infer.threshold import choose_operating_point

Crop = NDArray[np.uint8]
SAME, DIFFERENT, SYNTHETIC = (category.code for category in PairCategory)


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_a_folder_per_person_is_compared_each_with_each(tmp_path: Path) -> None:
    touch(tmp_path / "people", "anna/0.jpg", "anna/1.jpg", "anna/2.jpg", "bert/0.jpg", "bert/1.jpg")
    (tmp_path / "people/meta.json").write_text(json.dumps({"anna/2.jpg": 1}))
    with pytest.raises(UserError, match=r"4 of 5 photographs have no label.* --allow-unlabelled"):
        find_pair_set(tmp_path / "people")
    allowed = PairRequest(allow_unlabelled=True)
    found = find_pair_set(tmp_path / "people", asked=allowed)
    assert found.image_names == ["anna/0.jpg", "anna/1.jpg", "anna/2.jpg", "bert/0.jpg", "bert/1.jpg"]
    assert len(found) == 10 and len(set(found.ids)) == 10 and found.name == "people"
    assert np.bincount(found.categories).tolist() == [2, 4, 4] and found.has_labels
    assert any("all 10 pairs of 5 photographs of 2 people" in note for note in found.notes)
    assert any(note.startswith("only 2 of the 4 synthetic pairs are of a bona fide") for note in found.notes)
    drawn = find_pair_set(tmp_path / "people", asked=PairRequest(per_kind=1, allow_unlabelled=True))
    assert np.bincount(drawn.categories).tolist() == [1, 1, 1]
    assert not any("synthetic pairs are of" in note for note in drawn.notes)


def test_made_pairs_are_stored_and_can_be_given_again(tmp_path: Path) -> None:
    touch(tmp_path / "people", "anna/0.jpg", "anna/1.jpg", "anna,b/2.jpg", "anna,b/3.jpg")
    (tmp_path / "people/meta.json").write_text(
        json.dumps({"anna/1.jpg": 1, "anna/0.jpg": 0} | {f"anna,b/{number}.jpg": 0 for number in (2, 3)})
    )
    found = find_pair_set(tmp_path / "people")
    path = write_pair_list(found, tmp_path)
    assert path == tmp_path / "people_pairs.csv"
    again = find_pair_set(path, tmp_path / "people")
    assert (again.ids, again.categories.tolist()) == (found.ids, found.categories.tolist())
    assert [[again.image_names[row] for row in pair] for pair in again.members.tolist()] == [
        [found.image_names[row] for row in pair] for pair in found.members.tolist()
    ]
    assert write_pair_list(again, tmp_path) is None
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "pair_id": "1", "path1": "anna,b/2.jpg", "path2": "anna,b/3.jpg", "label": "1", "synthetic1": "0",
        "synthetic2": "0",
    }  # fmt: skip


def test_photographs_side_by_side_are_of_nobody_known(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg", "c/2.jpg")
    with pytest.raises(UserError, match="has two bona fide photographs"):
        find_pair_set(tmp_path)


def test_links_out_of_the_folder_are_left_out_unless_followed(tmp_path: Path) -> None:
    touch(tmp_path / "people", "anna/0.jpg", "anna/2.jpg", "bert/3.jpg")
    touch(tmp_path, "out.jpg")
    (tmp_path / "people/bert/4.jpg").symlink_to(tmp_path / "out.jpg")
    found = find_pair_set(tmp_path / "people")
    assert len(found) == 3 and any("bert/4.jpg: a link out of" in note for note in found.notes)
    assert len(find_pair_set(tmp_path / "people", asked=PairRequest(follow_links=True))) == 6


def test_crops_of_shards_are_compared_as_they_are(tiny_shards: Path, model: Model) -> None:
    found = find_pair_set(tiny_shards, asked=PairRequest(per_kind=20))
    assert found.aligned and np.bincount(found.categories).tolist() == [20, 20, 20]
    vectors = embed_images(found.images, model, found.aligned, workers=1)
    assert vectors.has_face.all() and len(vectors.vectors) == len(found.images)
    everyone = find_pair_set(tiny_shards)
    assert len(everyone) == 54 * 53 // 2
    alone = embed_images(everyone.images[10:13], model, everyone.aligned, workers=1).vectors
    whole = embed_images(everyone.images, model, everyone.aligned, workers=1).vectors
    np.testing.assert_array_equal(whole[10:13], alone)
    shown = crops_of(everyone, np.array([0, 60]), model)
    assert shown.shape == (2, 2, 112, 112, 3) and shown.any(axis=(2, 3, 4)).all()
    point = choose_operating_point(everyone, model, 0.1, 1)
    assert point.genuine.total == 6 * 15 and not point.uncompared


def test_shards_that_are_not_what_they_are_to_be(
    tiny_shards: Path, tmp_path: Path, save_jpeg: Callable[[Path, Crop], Path]
) -> None:
    folder = tmp_path / "shards"
    shutil.copytree(tiny_shards, folder)
    loose = load_model("random:ir_lite", tmp_path)
    loose.crops = CropSettings(template="loose", margin=0.3)
    with pytest.raises(UserError, match=r"the template 'arcface', the model takes .* --template loose"):
        embed_images(find_pair_set(folder).images, loose, True)
    names = ["shard-00000.h5", "shard-00001.h5"]
    entries = {name: ManifestEntry(name, 27, "0", "0", []) for name in names}
    write_manifest(folder, Manifest(ManifestHeader("/p", {}, 2), entries))
    (folder / names[1]).unlink()
    with pytest.raises(UserError, match="1 of the 2 shards that it lists is missing"):
        find_pair_set(folder)
    found = find_pair_set(folder, asked=PairRequest(allow_missing=True))
    assert len(found.images) == 27 and any("is missing" in note for note in found.notes)


def test_what_is_asked_of_a_folder_that_cannot_be(tmp_path: Path) -> None:
    touch(tmp_path, "a/0.jpg", "a/1.jpg")
    with pytest.raises(UserError, match="--columns names those of a list"):
        find_pair_set(tmp_path, asked=PairRequest(columns="path1=a"))
    with pytest.raises(UserError, match="pairs_per_kind must be from 1 to"):
        PairRequest(per_kind=0)


def test_labels_that_do_not_fit_are_refused_or_told(tmp_path: Path) -> None:
    touch(tmp_path / "people", "anna/0.jpg", "anna/1.jpg", "anna/2.jpg", "bert/0.jpg", "bert/3.jpg")
    meta = {f"anna/{number}.JPG": int(number == 2) for number in range(3)}
    (tmp_path / "people/meta.json").write_text(json.dumps(meta | {"bert/0.jpg": 0, "bert/3.jpg": 0}))
    found = find_pair_set(tmp_path / "people")
    assert np.bincount(found.categories).tolist() == [2, 4, 4] and any("case" in note for note in found.notes)
    (tmp_path / "people/meta.json").write_text(json.dumps({"carl/0.jpg": 1, "anna/0.jpg": 0}))
    with pytest.raises(UserError, match="--allow-unlabelled"):
        find_pair_set(tmp_path / "people")
    told = find_pair_set(tmp_path / "people", asked=PairRequest(allow_unlabelled=True))
    assert any("carl/0.jpg" in note for note in told.notes)
