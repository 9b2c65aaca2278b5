import csv
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import align_photographs
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.pair_category import PairCategory
from common.formats.shards import decode_strings, open_shard, shard_paths
from common.runtime.errors import UserError
from infer.models.encoder_model import EncoderModel
from infer.models.model import Model, Threshold
from infer.output.results_file import read_results
from infer.output.table_format import TableFormat
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.fingerprint import fingerprint
from infer.pairs import compare_pairs
from infer.score import Verdict


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_labelled_pairs(pair_folder: Path, model: Model, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    found = compare_pairs(
        find_pair_set(pair_folder),
        model,
        tmp_path / "out",
        workers=1,
        progress=lambda *call: calls.append(call),
    )
    header, *rows = table(tmp_path / "out" / "pairs.csv")
    assert header == ["pair_id", "similarity", "verdict"]
    assert [row[0] for row in rows] == ["a", "b", "c", "d", "e", "missing", "text"]
    for name, similarity, verdict in rows:
        if name in ("missing", "text"):
            assert (similarity, verdict) == ("", "no_file" if name == "missing" else "no_image")
        else:
            assert found.results.threshold is not None
            assert verdict == ("match" if float(similarity) >= found.results.threshold else "no_match")
    assert (
        found.uncompared == {Verdict.NO_FILE: 1, Verdict.NO_IMAGE: 1}
        and found.unlabelled == 0
        and calls[-1] == (14, 14)
    )
    rejects = table(tmp_path / "out" / "pairs_rejected.csv")
    assert rejects[0] == ["pair_id", "image", "reason"]
    assert [(row[0], Path(row[1]).name, row[2]) for row in rejects[1:]] == [
        ("missing", "1.jpg", "no such file"),
        ("text", "1.jpg", "not an image"),
    ]
    assert found.at_eer is not None and found.at_threshold is not None
    totals = {category: errors.total for category, errors in found.at_threshold.by_category.items()}
    assert totals == {
        PairCategory.SAME_PERSON: 2,
        PairCategory.DIFFERENT_PERSON: 2,
        PairCategory.SYNTHETIC: 1,
    }
    with Image.open(tmp_path / "out" / "pairs.png") as picture:
        picture.load()
        assert picture.format == "PNG" and min(picture.size) > 200


def test_the_threshold_is_the_one_asked_for_or_the_models_or_that_of_the_eer(
    pair_folder: Path, model: Model, tmp_path: Path
) -> None:
    by_eer = compare_pairs(find_pair_set(pair_folder), model, tmp_path, workers=1)
    assert by_eer.at_eer is not None and by_eer.results.threshold == by_eer.at_eer.threshold
    assert isinstance(model, EncoderModel)
    own = EncoderModel(model.encoder, model.card, Threshold(0.77, "chosen"))
    assert compare_pairs(find_pair_set(pair_folder), own, tmp_path, workers=1).results.threshold == 0.77
    assert (
        compare_pairs(find_pair_set(pair_folder), own, tmp_path, threshold=0.1, workers=1).results.threshold
        == 0.1
    )


def test_a_pair_that_was_not_compared_changes_no_figure(
    pair_folder: Path, model: Model, tmp_path: Path
) -> None:
    whole = compare_pairs(find_pair_set(pair_folder), model, tmp_path / "whole", workers=1)
    for name in ("missing", "text"):
        shutil.rmtree(pair_folder / name)
    labels = (pair_folder / "labels.csv").read_text().splitlines()[:-2]
    (pair_folder / "labels.csv").write_text("\n".join(labels) + "\n")
    rest = compare_pairs(find_pair_set(pair_folder), model, tmp_path / "rest", workers=1)
    assert whole.at_eer is not None and (whole.at_eer, whole.at_threshold) == (rest.at_eer, rest.at_threshold)
    assert rest.uncompared == {} and sum(whole.uncompared.values()) == 2
    pictures = [(tmp_path / name / "pairs.png").read_bytes() for name in ("whole", "rest")]
    assert pictures[0] == pictures[1]


def test_where_nothing_can_be_compared_nothing_is_written(model: Model, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path1,path2,label\na/0.jpg,a/1.jpg,1\na/0.jpg,b/0.jpg,0\n")
    (tmp_path / "empty" / "a").mkdir(parents=True)
    (tmp_path / "empty/a/0.jpg").touch()
    pair_set = find_pair_set(tmp_path / "list.csv", tmp_path / "empty")
    (tmp_path / "empty/a/0.jpg").unlink()  # meanwhile
    for threshold in (None, 0.5):
        with pytest.raises(UserError, match=r"none of the 2 pairs .* 3 files are missing") as told:
            compare_pairs(pair_set, model, tmp_path / "out", threshold, workers=1)
        assert f"looked for first: {tmp_path / 'empty' / 'a' / '0.jpg'}" in str(told.value)
    assert not (tmp_path / "out").exists()


def test_where_no_genuine_pair_was_compared_the_eer_is_unknown(
    pair_folder: Path, model: Model, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        (pair_folder / name / "1.jpg").unlink()
    found = compare_pairs(find_pair_set(pair_folder), model, tmp_path, workers=1)
    assert found.at_eer is not None and np.isnan(found.at_eer.eer) and not found.at_eer.intervals
    assert found.results.threshold is None and found.at_threshold is None
    assert {row[2] for row in table(tmp_path / "pairs.csv")[1:]} == {"", "no_file", "no_image"}


def test_a_threshold_is_known_again_on_the_pairs_that_it_was_chosen_on(
    pair_folder: Path, model: Model, tmp_path: Path
) -> None:
    assert isinstance(model, EncoderModel)
    pair_set = find_pair_set(pair_folder)
    noted = Threshold(0.5, "chosen for FMR 0.1 on pairs", "only 3 pairs", fingerprint(pair_set))
    chosen = EncoderModel(model.encoder, model.card, noted)
    doubts = compare_pairs(pair_set, chosen, tmp_path, workers=1).results.threshold_doubts
    assert "only 3 pairs" in doubts[0] and "chosen on these very pairs" in doubts[1]
    by_eer = compare_pairs(pair_set, model, tmp_path, workers=1)
    assert by_eer.results.threshold_doubts == doubts[1:]
    assert read_results(by_eer.results_file).threshold_doubts == doubts[1:]
    asked = compare_pairs(pair_set, chosen, tmp_path, threshold=0.5, workers=1)
    assert asked.results.threshold_doubts == ()
    lines = (pair_folder / "labels.csv").read_text().splitlines()
    (pair_folder / "labels.csv").write_text("\n".join([*lines[:1], "a,0,0,0", *lines[2:]]) + "\n")
    relabelled = compare_pairs(find_pair_set(pair_folder), chosen, tmp_path, workers=1)
    assert relabelled.results.threshold_doubts == doubts[:1]


def test_unlabelled_pairs_without_a_threshold_are_scored(
    pair_folder: Path, model: Model, tmp_path: Path
) -> None:
    (pair_folder / "labels.csv").unlink()
    scored = compare_pairs(find_pair_set(pair_folder), model, tmp_path / "out", workers=1)
    assert scored.results.threshold is None and scored.at_threshold is None
    assert read_results(scored.results_file).threshold is None
    assert [row[2] for row in table(scored.scores_file)[1:]] == [""] * 5 + ["no_file", "no_image"]
    found = compare_pairs(find_pair_set(pair_folder), model, tmp_path / "out", threshold=0.5, workers=1)
    assert found.at_eer is None and len(found.results.ids) == 7
    with Image.open(tmp_path / "out" / "pairs.png") as picture:
        picture.load()


def test_pairs_that_labels_do_not_name_are_counted(pair_folder: Path, model: Model, tmp_path: Path) -> None:
    lines = (pair_folder / "labels.csv").read_text().splitlines()
    (pair_folder / "labels.csv").write_text("\n".join(lines[:4]) + "\n")
    found = compare_pairs(find_pair_set(pair_folder), model, tmp_path, workers=1)
    assert found.unlabelled == 4
    # left over on both sides: the label may be that of a pair under another name
    (pair_folder / "labels.csv").write_text("\n".join([*lines[:4], "ghost,1,0,0"]) + "\n")
    with pytest.raises(UserError, match="ghost"):
        find_pair_set(pair_folder)


def test_the_crops_are_those_of_stage_1_byte_for_byte(
    tmp_path: Path,
    model: Model,
    portraits: list[NDArray[np.uint8]],
    save_jpeg: Callable[[Path, NDArray[np.uint8]], Path],
) -> None:
    source = tmp_path / "photographs"
    for person, image in enumerate(portraits):
        save_jpeg(source / f"p{person}" / "0.jpg", image)
    align_source(find_source(source), tmp_path / "out", engine=Engine(workers=1))
    (shard,) = shard_paths(tmp_path / "out")
    with open_shard(shard) as file:
        images, paths = file["images"][:], decode_strings(file["path"][:])
    outcomes = align_photographs([source / path for path in paths])
    assert len(paths) == 6
    assert [outcome.image.tobytes() for outcome in outcomes] == [image.tobytes() for image in images]


def listed(pair_folder: Path, lines: list[str]) -> Path:
    path = pair_folder / "list.csv"
    path.write_text("\n".join(["path1,path2,label", *lines]) + "\n")
    return path


def test_a_list_is_not_overwritten_by_its_scores(pair_folder: Path, model: Model) -> None:
    path = listed(pair_folder, ["a/0.jpg,a/1.jpg,1", "c/0.jpg,c/1.jpg,0"])
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"list\.csv would overwrite the list"):
        compare_pairs(find_pair_set(path), model, pair_folder, workers=1)
    assert path.read_bytes() == before
    compare_pairs(find_pair_set(path), model, pair_folder / "out", workers=1)


def test_what_cannot_end_well_is_refused_before_anything_is_embedded(
    pair_folder: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UserError, match=r"facetrust\[parquet\]"):
        compare_pairs(
            find_pair_set(pair_folder),
            model,
            tmp_path,
            table=TableFormat.PARQUET,
            progress=lambda *call: calls.append(call),
        )
    assert calls == [] and not list(tmp_path.glob("*.csv"))


def test_equal_photographs_set_no_threshold(pair_folder: Path, model: Model, tmp_path: Path) -> None:
    same = find_pair_set(listed(pair_folder, ["a/0.jpg,a/0.jpg,1", "c/0.jpg,c/0.jpg,0"]))
    assert compare_pairs(same, model, tmp_path, workers=1).results.threshold is None
