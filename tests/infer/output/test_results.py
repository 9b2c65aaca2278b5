import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.models.input_format import InputFormat
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.runtime.errors import UserError
from infer.models.model import ModelCard
from infer.output.results import HardPairs, Results
from infer.output.results_file import FORMAT, read_results, write_results

CARD = ModelCard("a <b>.pt", "ir_18", InputFormat(size=96, colour="BGR"), 512, "int8", "web", 0.01, ("RGB",))


def make(
    ids: list[str], names: list[str], similarity: list[float], rejected: dict[int, str] | None = None
) -> Results:
    rng = np.random.default_rng(len(ids))
    hard = np.arange(min(len(ids), 2))[::-1].astype(np.int64)
    return Results(
        name="set",
        source="somewhere/set",
        ids=ids,
        image_names=names,
        members=rng.integers(0, max(len(names), 1), (len(ids), 2)),
        categories=rng.integers(-1, 3, len(ids)).astype(np.int8),
        has_labels=True,
        similarity=np.array(similarity, np.float64),
        rejected=rejected or {},
        threshold=0.25,
        threshold_source="as asked",
        card=CARD,
        hard=HardPairs(hard, rng.integers(0, 256, (len(hard), 2, 96, 96, 3)).astype(np.uint8)),
        made_with="1.2.3",
    )


def few() -> Results:
    return make(["p", "q", "r"], ["0.jpg", "1.jpg"], [0.1, np.nan, -1], {1: "no face found"})


def assert_equal(found: Results, expected: Results) -> None:
    for name, value in vars(expected).items():
        if name == "hard":
            np.testing.assert_array_equal(found.hard.rows, value.rows)
            np.testing.assert_array_equal(found.hard.crops, value.crops)
            assert found.hard.crops.dtype == np.uint8
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(found, name), value)
            assert getattr(found, name).dtype == value.dtype
        else:
            assert getattr(found, name) == value, name


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20, unique=True),
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20),
    seed=st.integers(0, 9),
)
def test_results_come_back_as_they_were(tmp_path: Path, ids: list[str], names: list[str], seed: int) -> None:
    scores = np.random.default_rng(seed).uniform(-1, 1, len(ids))
    expected = make(ids, names, scores.tolist(), {0: ids[0] if ids else "why"})
    write_results(tmp_path / "x.h5", expected)
    assert_equal(read_results(tmp_path / "x.h5"), expected)


def test_a_pair_without_faces_and_one_at_the_end_of_the_scale_come_back(tmp_path: Path) -> None:
    write_results(tmp_path / "x.h5", few())
    found = read_results(tmp_path / "x.h5")
    assert_equal(found, few())
    assert (
        found.compared.tolist() == [True, False, True]
        and found.labelled.tolist() == (found.categories >= 0).tolist()
    )


def test_results_of_the_first_version_are_read(tmp_path: Path) -> None:
    write_results(tmp_path / "x.h5", few())
    with h5py.File(tmp_path / "x.h5", "r+") as file:
        header = json.loads(file["header"][()].tobytes())
        assert header.pop("threshold_doubts") == [] and header["card"].pop("synthetic") is None
        for later in ("validated", "crops", "chosen"):
            header["card"].pop(later)
        del file["header"]
        file["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        file.attrs.modify("format_version", 1)
    assert_equal(read_results(tmp_path / "x.h5"), few())


def test_what_is_known_of_a_training_comes_back(tmp_path: Path) -> None:
    card = dataclasses.replace(
        CARD,
        synthetic=SyntheticTraining(crops=3, methods=("swap",), eer=0.25, pairs=7),
        validated=ValidationFacts(people=2, genuine=3, impostors=4, eer_low=0, eer_high=1),
    )
    undecided = dataclasses.replace(few(), card=card, threshold=None, threshold_source="")
    for expected in (
        undecided,
        dataclasses.replace(few(), card=card, threshold_doubts=("few", "tuned"), notes=("of people",)),
    ):
        write_results(tmp_path / "x.h5", expected)
        assert_equal(read_results(tmp_path / "x.h5"), expected)


def test_names_that_are_not_utf8_are_escaped(tmp_path: Path) -> None:
    write_results(tmp_path / "x.h5", make(["p"], ["caf\udce9.jpg"], [0.5]))
    assert read_results(tmp_path / "x.h5").image_names == ["caf\\udce9.jpg"]


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_results(tmp_path / name, few())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_long_name_does_not_widen_the_others(tmp_path: Path) -> None:
    ids = [str(number) for number in range(20_000)] + ["x" * 100_000]
    write_results(tmp_path / "x.h5", make(ids, ["0.jpg"], [0.0] * len(ids)))
    assert (tmp_path / "x.h5").stat().st_size < 1_000_000
    assert read_results(tmp_path / "x.h5").ids == ids


def test_what_is_no_file_of_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    for name, told in (
        ("text.h5", "is a text"),
        ("missing.h5", "no such file"),
        ("other.h5", "not a file of results"),
    ):
        with pytest.raises(UserError, match=f"{told}.*infer pairs"):
            read_results(tmp_path / name)
    with pytest.raises(UserError, match="is a folder, not a file"):
        read_results(tmp_path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    write_results(path, few())
    data = path.read_bytes()
    for part in (0.1, 0.5, 0.9):
        path.write_bytes(data[: int(part * len(data))])
        with pytest.raises(UserError):
            read_results(path)


def test_a_flipped_byte_is_noticed_or_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    write_results(path, few())
    data = path.read_bytes()
    refused = 0
    for place in np.random.default_rng(0).integers(0, len(data), 150).tolist():
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            found = read_results(path)
        except UserError:
            refused += 1
        else:
            assert_equal(found, few())
    assert refused > 50


def replace(name: str, values: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = values

    return change


def declare_much(file: h5py.File) -> None:
    """Columns of many rows without a byte of data."""
    for name, shape, kind in (("similarity", (40_000_000,), "<f8"), ("ids_lengths", (40_000_000,), "<u4")):
        del file[name]
        file.create_dataset(name, shape, kind, chunks=True, compression="gzip")


def link_elsewhere(file: h5py.File) -> None:
    del file["similarity"]
    file["similarity"] = h5py.ExternalLink("/etc/hostname", "/x")


def lie_elsewhere(file: h5py.File) -> None:
    del file["similarity"]
    file.create_dataset("similarity", (3,), "<f8", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def declare_many_crops(file: h5py.File) -> None:
    """Few crops, but of many bytes."""
    del file["hard_rows"], file["hard_crops"]
    file["hard_rows"] = np.zeros(80, "<u4")
    file.create_dataset("hard_crops", (80, 2, 1024, 1024, 3), "u1", chunks=True, compression="gzip")


def test_crops_are_bounded_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    write_results(path, few())
    with h5py.File(path, "r+") as file:
        declare_many_crops(file)
    with pytest.raises(UserError, match="too much in column 'hard_crops'"):
        read_results(path)


@pytest.mark.parametrize("pairs", [100, 101])
def test_crops_are_bounded_in_number(tmp_path: Path, pairs: int) -> None:
    path = tmp_path / "x.h5"
    crops = np.zeros((pairs, 2, 16, 16, 3), np.uint8)
    write_results(path, dataclasses.replace(few(), hard=HardPairs(np.zeros(pairs, np.int64), crops)))
    if pairs == 100:
        assert len(read_results(path).hard.rows) == 100
    else:
        with pytest.raises(UserError, match="too much in column 'hard_rows'"):
            read_results(path)


@pytest.mark.parametrize(
    "change",
    [
        replace("similarity", np.array([0.1, 0.2])),
        replace("similarity", np.array([0.1, 0.2, 1.5])),
        replace("similarity", np.array([0.1, 0.2, np.inf])),
        replace("similarity", np.array(["a", "b", "c"], object)),
        replace("categories", np.array([0, 1, 3], np.int8)),
        replace("categories", np.array([0, 1, -2], np.int8)),
        replace("members", np.array([[0, 1], [0, 1], [0, 2]], np.uint32)),
        replace("members", np.zeros((3, 3), np.uint32)),
        replace("ids_lengths", np.array([1, 1, 4_000_000_000], np.uint32)),
        replace("ids", np.frombuffer(b"ppq", np.uint8)),
        replace("ids", np.frombuffer(b"\xff\xfe\xfd", np.uint8)),
        replace("rejected_rows", np.array([2], np.uint32)),
        replace("hard_rows", np.array([0, 3], np.uint32)),
        replace("hard_crops", np.zeros((2, 2, 96, 95, 3), np.uint8)),
        replace("hard_crops", np.zeros((2, 2, 5000, 5000, 3), np.uint8)[:, :, :1, :1]),
        replace("header", np.frombuffer(b"{}", np.uint8)),
        replace("header", np.frombuffer(b"\x80not json", np.uint8)),
        lambda file: file.attrs.modify("format_version", 3),
        lambda file: file.attrs.modify("format", "facetrust-shard"),
        lambda file: file.__delitem__("members"),
        declare_much,
        link_elsewhere,
        lie_elsewhere,
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, change: Callable[[h5py.File], object]) -> None:
    path = tmp_path / "x.h5"
    write_results(path, few())
    with h5py.File(path, "r+") as file:
        assert file.attrs["format"] in (FORMAT, FORMAT.encode())
        change(file)
    with pytest.raises(UserError, match=r"x\.h5"):
        read_results(path)
