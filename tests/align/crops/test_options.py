import math
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from insightface.utils import face_align
from numpy.typing import NDArray
from PIL import Image

from align.crops.options import AlignOptions, FaceChoice, OnMissing
from common.formats.crop_frame import Template
from common.formats.shards import (
    COLUMNS,
    Alignment,
    ShardHeader,
    decode_strings,
    open_shard,
    read_header,
    shard_paths,
)
from common.runtime.device import Device
from common.runtime.errors import ParameterError
from common.runtime.wording import counted

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]
Columns = dict[str, Any]

# insightface calls what scikit-image is about to rename
pytestmark = pytest.mark.filterwarnings("ignore:.*estimate.*:FutureWarning")


def read(folder: Path) -> Columns:
    """All rows of a folder's shards, by column."""
    parts: dict[str, list[Any]] = {name: [] for name in ("images", *COLUMNS)}
    for path in shard_paths(folder):
        with open_shard(path) as file:
            for name, own in parts.items():
                text = name in ("identity", "path")
                own.append(np.array(decode_strings(file[name][:]), object) if text else file[name][:])
    return {name: np.concatenate(own) for name, own in parts.items()}


def header(folder: Path) -> ShardHeader:
    with open_shard(shard_paths(folder)[0]) as file:
        return read_header(file)


def align_each(
    run_commands: Run, source: object, variants: Sequence[Sequence[object]], cwd: Path
) -> list[tuple[Finished, Columns]]:
    """`align run` of one source with each set of options: what was printed, and the rows."""
    outs = [cwd / f"out{number}" for number in range(len(variants))]
    commands = [
        ["align", "run", source, "--out", out, "--workers", 1, *options]
        for out, options in zip(outs, variants, strict=True)
    ]
    found = []
    for done, out in zip(run_commands(commands, cwd), outs, strict=True):
        assert done.returncode == 0 and done.stderr == "", done.stderr
        found.append((done, read(out)))
    return found


def assert_same_but_for_rounding(one: Array, other: Array) -> None:
    """At most one grey level apart on 99.9 % of the pixels."""
    assert one.shape == other.shape
    apart = np.abs(one.astype(int) - other.astype(int)).max(axis=2)
    assert (apart <= 1).mean() >= 0.999


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, portraits: list[Array], save_jpeg: Save) -> Path:
    """Three people with a photograph each."""
    root = tmp_path_factory.mktemp("people")
    for person, image in enumerate(portraits[:3]):
        save_jpeg(root / f"p{person}" / "photo.jpg", image)
    return root


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory, group_photograph: Array, save_jpeg: Save) -> Path:
    """One photograph of six people."""
    root = tmp_path_factory.mktemp("group")
    save_jpeg(root / "all" / "photo.jpg", group_photograph)
    return root


@pytest.mark.parametrize(
    ("options", "told"),
    [
        *[
            ({"min_score": value}, "--min-score must lie between 0 and 1")
            for value in (0, 1, -0.1, 7, math.nan)
        ],
        *[({"det_size": value}, "--det-size must lie between 32 and 8192") for value in (31, 8193, 0, -640)],
        *[({"size": value}, "--size must lie between 16 and 1024") for value in (15, 1025, 0, -112)],
        *[
            ({"template": Template.LOOSE, "margin": value}, "--template loose needs a --margin")
            for value in (0.0, -0.3, 4.1, math.nan, math.inf)
        ],
        *[({"margin": value}, "--margin goes with --template loose") for value in (0.3, -0.3, math.nan)],
        *[
            ({"template": Template.BOX, "margin": value}, "--template box takes a --margin from 0 to 4")
            for value in (-0.1, 4.1, math.nan, "wide")
        ],
        ({"template": Template.BOX, "detector": "none"}, "--detector none takes photographs as they are"),
    ],
)
def test_values_out_of_range_and_contradictions(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ParameterError) as refused:
        AlignOptions(**options)
    assert told in refused.value.as_options
    assert "--" not in str(refused.value)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_score": 0.001},
        {"min_score": 0.999},
        {"det_size": 32},
        {"det_size": 8192},
        {"size": 16},
        {"size": 1024},
        {"template": Template.LOOSE, "margin": 4.0},
        {"template": Template.LOOSE, "margin": 0.01},
        {"template": Template.BOX, "margin": 0},
        {"template": Template.BOX, "margin": 4},
    ],
)
def test_values_in_range(options: dict[str, Any]) -> None:
    AlignOptions(**options)


def test_the_margin_that_is_not_told_is_the_templates() -> None:
    assert AlignOptions().margin == 0
    assert AlignOptions(template=Template.BOX).margin == 0.2
    assert AlignOptions(template=Template.BOX, margin=0).margin == 0


def test_the_options_as_plain_values() -> None:
    options = AlignOptions(
        "onnx:x.onnx", 320, 0.6, 40, FaceChoice.ALL, 224, Template.LOOSE, 0.3, OnMissing.CENTER, Device.CPU
    )
    assert options.as_dict() == {
        "detector": "onnx:x.onnx",
        "det-size": 320,
        "min-score": 0.6,
        "min-face": 40,
        "face": "all",
        "size": 224,
        "template": "loose",
        "margin": 0.3,
        "on-missing": "center",
        "device": "cpu",
    }
    assert all(type(value) in (str, int, float) for value in options.as_dict().values())
    assert hash(options) == hash(AlignOptions(**vars(options)))


@pytest.mark.slow
def test_contradictions_are_told_in_one_line(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], tmp_path: Path, people: Path
) -> None:
    (tmp_path / "list.csv").write_text("path\na.jpg\n")
    (tmp_path / "text.onnx").write_text("no network")
    cases: list[tuple[list[object], str]] = [
        ([people, "--margin", 0.3], "--margin goes with --template loose"),
        ([people, "--template", "loose"], "--template loose needs a --margin"),
        ([people, "--detector", "none", "--face", "all"], "--detector none takes photographs as they are"),
        ([people, "--template", "loose", "--margin", 5], "--template loose needs a --margin"),
        ([people, "--min-score", 1.5], "--min-score must lie between 0 and 1"),
        ([people, "--min-score", "nan"], "--min-score must lie between 0 and 1"),
        ([people, "--size", 8], "--size must lie between 16 and 1024"),
        ([people, "--det-size", 10_000], "--det-size must lie between 32 and 8192"),
        ([people, "--address", "auto"], "--address goes with --engine ray"),
        ([people, "--detector", "nonsense"], "--detector is retinaface, "),
        ([people, "--detector", "none:x"], "--detector is retinaface, "),
        ([people, "--detector", "onnx:absent.onnx"], "no such file: absent.onnx"),
        ([people, "--detector", "onnx:text.onnx", "--workers", 1], "text.onnx"),
        ([people, "--layout", "csv"], "leave out --layout csv"),
        (["list.csv", "--layout", "people"], "leave out --layout people"),
        ([people, "--include", "nothing/*"], "--include, --exclude and --limit leave none"),
        ([people, "--exclude", "*"], "--include, --exclude and --limit leave none"),
    ]
    commands = [["align", "run", *words, "--out", "out"] for words, _ in cases]
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert not list(tmp_path.glob("out/*.h5"))


@pytest.mark.slow
def test_values_of_the_wrong_kind_are_status_2(run_commands: Run, tmp_path: Path, people: Path) -> None:
    wrong: list[list[object]] = [
        ["--size", "large"],
        ["--size", 112.5],
        ["--face", "nose"],
        ["--template", "oval"],
        ["--limit", 0],
        ["--min-face", -1],
        ["--shard-size", 0],
        ["--layout", "heap"],
    ]
    for done, words in zip(
        run_commands([["align", "run", people, *words] for words in wrong], tmp_path), wrong, strict=True
    ):
        assert done.returncode == 2 and "Traceback" not in done.stderr, done
        assert str(words[0]) in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_crops_are_those_of_norm_crop(run_commands: Run, tmp_path: Path, people: Path, group: Path) -> None:
    for source in (people, group):
        folder = tmp_path / source.name
        folder.mkdir()
        sizes = (112, 224, 256, 384)
        made = align_each(run_commands, source, [["--size", size, "--face", "all"] for size in sizes], folder)
        for number, (size, (_, rows)) in enumerate(zip(sizes, made, strict=True)):
            assert rows["images"].shape == (3 if source == people else 6, size, size, 3)
            found = header(folder / f"out{number}")
            assert (found.size, found.template, found.margin) == (size, "arcface", 0)
            for path, landmarks, crop in zip(rows["path"], rows["landmarks"], rows["images"], strict=True):
                photograph = np.asarray(Image.open(source / path).convert("RGB"))
                assert_same_but_for_rounding(crop, face_align.norm_crop(photograph, landmarks, size))


@pytest.mark.slow
def test_the_loose_template_shows_the_same_face_with_a_margin(
    run_commands: Run, tmp_path: Path, people: Path
) -> None:
    options = ["--size", 224, "--template", "loose", "--margin", 0.4]
    ((_, rows),) = align_each(run_commands, people, [options], tmp_path)
    found = header(tmp_path / "out0")
    assert (found.size, found.template) == (224, "loose") and found.margin == pytest.approx(0.4)
    for path, landmarks, crop in zip(rows["path"], rows["landmarks"], rows["images"], strict=True):
        photograph = np.asarray(Image.open(people / path).convert("RGB"))
        tight = face_align.estimate_norm(landmarks, 224)
        shrink = np.array([[1 / 1.8, 0, 112 - 112 / 1.8], [0, 1 / 1.8, 112 - 112 / 1.8]])
        matrix = shrink @ np.vstack([tight, [0, 0, 1]])
        expected = cv2.warpAffine(photograph, matrix, (224, 224), borderValue=0.0)
        assert_same_but_for_rounding(crop, expected)


@pytest.mark.slow
def test_the_box_template_is_the_square_around_the_box(
    run_commands: Run, tmp_path: Path, people: Path
) -> None:
    variants = [
        ["--template", "box", "--size", 160],
        ["--template", "box", "--size", 160, "--workers", 2, "--shard-size", 2],
    ]
    (done, rows), (_, again) = align_each(run_commands, people, variants, tmp_path)
    assert "crops of 160x160, template box with margin 0.2" in done.stdout
    found = header(tmp_path / "out0")
    assert (found.size, found.template) == (160, "box") and found.margin == pytest.approx(0.2)
    np.testing.assert_array_equal(rows["images"], again["images"])
    for path, box, crop in zip(rows["path"], rows["box"].astype(float), rows["images"], strict=True):
        photograph = np.pad(
            np.asarray(Image.open(people / path).convert("RGB")), ((500, 500), (500, 500), (0, 0))
        )
        side = round(float((box[2:] - box[:2]).max()) * 1.4)
        left, top = (round(float(middle) + 0.5 - side / 2) + 500 for middle in (box[:2] + box[2:]) / 2)
        method = cv2.INTER_AREA if side > 160 else cv2.INTER_LINEAR
        square = photograph[top : top + side, left : left + side]
        np.testing.assert_array_equal(crop, cv2.resize(square, (160, 160), interpolation=method))


@pytest.mark.slow
def test_which_faces_count(run_commands: Run, tmp_path: Path, group: Path) -> None:
    every = ["--face", "all"]
    ((done, rows),) = align_each(run_commands, group, [every], tmp_path)
    assert "1 of 1 photograph aligned (6 faces)" in done.stdout
    assert len(rows["images"]) == 6 and set(rows["path"]) == {"all/photo.jpg"}
    assert sorted(rows["identity"]) == ["all", *(f"all/photo.jpg#{face}" for face in range(1, 6))]
    assert len(np.unique(rows["landmarks"], axis=0)) == 6
    sides = (rows["box"][:, 2:] - rows["box"][:, :2]).min(axis=1)
    middle_side, middle_score = (float(np.sort(values)[2:4].mean()) for values in (sides, rows["score"]))

    (tmp_path / "again").mkdir()
    least = math.ceil(middle_side)
    variants: list[list[object]] = [
        [*every, "--min-face", least],
        [*every, "--min-score", middle_score],
        ["--min-face", 5000, "--on-missing", "center"],
    ]
    (_, large), (_, sure), (_, none) = align_each(run_commands, group, variants, tmp_path / "again")
    large_rows = sides >= least
    assert 0 < large_rows.sum() < 6
    assert {*map(tuple, large["box"])} == {*map(tuple, rows["box"][large_rows])}
    sure_rows = rows["score"] >= middle_score
    assert sure_rows.sum() == 3
    np.testing.assert_allclose(np.sort(sure["score"]), np.sort(rows["score"][sure_rows]), rtol=1e-5)
    assert none["alignment"].tolist() == [Alignment.CENTRE]


@pytest.mark.slow
def test_largest_and_central(
    run_commands: Run, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    """A large face at the edge of a wide photograph, a smaller one in the middle."""
    photograph = np.full((600, 2000, 3), 127, np.uint8)
    photograph[50:550, :500] = cv2.resize(portraits[0], (500, 500), interpolation=cv2.INTER_CUBIC)
    photograph[150:450, 850:1150] = cv2.resize(portraits[2], (300, 300), interpolation=cv2.INTER_CUBIC)
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", photograph)
    variants = [["--face", "largest"], ["--face", "central"], [], ["--face", "all"]]
    made = [rows for _, rows in align_each(run_commands, "in", variants, tmp_path)]
    assert [len(rows["images"]) for rows in made] == [1, 1, 1, 2]
    middles = [(rows["box"][0, 0] + rows["box"][0, 2]) / 2 for rows in made]
    assert 0 < middles[0] < 500
    assert 850 < middles[1] == middles[2] < 1150


@pytest.mark.slow
def test_a_photograph_without_a_face(run_commands: Run, tmp_path: Path, people: Path) -> None:
    source = shutil.copytree(people, tmp_path / "in")
    shade = np.linspace(0, 200, 300).astype(np.uint8)
    wide = np.broadcast_to(shade[None, :, None], (112, 300, 3)).copy()
    (source / "wall").mkdir()
    Image.fromarray(wide).save(source / "wall" / "exact.png")
    Image.fromarray(wide.transpose(1, 0, 2)).save(source / "wall" / "tall.png")
    Image.fromarray(np.repeat(np.repeat(wide, 2, 0), 2, 1)).save(source / "wall" / "twice.png")
    (source / "wall" / "broken.png").write_text("no image")
    (told, rejected), (_, kept) = align_each(
        run_commands, "in", [["--on-missing", "reject"], ["--on-missing", "center"]], tmp_path
    )
    assert "no face found" in told.stdout and len(rejected["images"]) == 3
    assert rejected["alignment"].tolist() == [Alignment.LANDMARKS] * 3
    assert kept["alignment"].tolist() == [Alignment.LANDMARKS] * 3 + [Alignment.CENTRE] * 3
    assert kept["path"][3:].tolist() == ["wall/exact.png", "wall/tall.png", "wall/twice.png"]
    for name in ("images", "landmarks", "box", "score"):
        np.testing.assert_array_equal(kept[name][:3], rejected[name])
    np.testing.assert_array_equal(kept["images"][3], wide[:, 94:206])
    np.testing.assert_array_equal(kept["images"][4], wide[:, 94:206].transpose(1, 0, 2))
    np.testing.assert_array_equal(kept["images"][5], wide[:, 94:206])
    assert kept["box"][3:].tolist() == [[94, 0, 206, 112], [0, 94, 112, 206], [188, 0, 412, 224]]
    assert np.isnan(kept["score"][3:]).all() and np.isnan(kept["landmarks"][3:]).all()
    report = (tmp_path / "out1" / "rejected.csv").read_text(encoding="utf-8").splitlines()
    assert report == ["path,reason", "wall/broken.png,not an image"]


@pytest.mark.slow
@pytest.mark.parametrize("size", [112, 160])
def test_crops_pass_through_unchanged(
    run_commands: Run, tmp_path: Path, crops: list[Array], size: int
) -> None:
    rng = np.random.default_rng(size)
    given = [*crops[:2], *rng.integers(0, 256, (2, 112, 112, 3), np.uint8)]
    given = [cv2.resize(crop, (size, size)) for crop in given]  # 112 remains as it is
    (tmp_path / "in" / "p").mkdir(parents=True)
    for number, crop in enumerate(given):
        Image.fromarray(crop).save(tmp_path / "in" / "p" / f"{number}.png")
    Image.fromarray(given[0]).resize((2 * size, 3 * size)).save(tmp_path / "in" / "p" / "9.png")
    options = ["--detector", "none", "--size", size]
    ((_, rows),) = align_each(run_commands, "in", [options], tmp_path)
    np.testing.assert_array_equal(rows["images"][:-1], given)
    assert rows["images"].shape == (5, size, size, 3)
    assert rows["alignment"].tolist() == [Alignment.AS_GIVEN] * 5
    assert np.isnan(rows["score"]).all() and np.isnan(rows["landmarks"]).all()
    found = header(tmp_path / "out0")
    assert (found.detector, found.detector_sha256, found.size) == ("none", "", size)


@pytest.mark.slow
def test_which_photographs(run_commands: Run, tmp_path: Path, crops: list[Array], save_jpeg: Save) -> None:
    for person in ("anna", "Boris"):
        for number in range(2):
            for folder in ("", "blurred/"):
                save_jpeg(tmp_path / "in" / person / f"{folder}{number}.jpg", crops[0])
    every = [f"{person}/{name}" for person in ("Boris", "anna") for name in ("0.jpg", "1.jpg")]
    every = sorted([*every, *(path.replace("/", "/blurred/") for path in every)])
    cases: list[tuple[list[object], list[str]]] = [
        ([], every),
        (["--limit", 3], every[:3]),
        (["--limit", 300], every),
        (["--include", "anna/*"], [path for path in every if path.startswith("anna")]),
        (["--exclude", "*/blurred/*"], [path for path in every if "blurred" not in path]),
        (["--include", "anna/?.jpg", "--include", "*/blurred/0.jpg", "--exclude", "Boris/*"],
         ["anna/0.jpg", "anna/1.jpg", "anna/blurred/0.jpg"]),
        (["--exclude", "*/0.jpg", "--exclude", "anna/*", "--limit", 1], ["Boris/1.jpg"]),
    ]  # fmt: skip
    variants = [["--detector", "none", *words] for words, _ in cases]
    for (done, rows), (words, paths) in zip(
        align_each(run_commands, "in", variants, tmp_path), cases, strict=True
    ):
        assert rows["path"].tolist() == paths, words
        assert done.stdout.startswith(f"{counted(len(paths), 'photograph')} of ")


@pytest.mark.slow
def test_layouts(run_commands: Run, tmp_path: Path, crops: list[Array], save_jpeg: Save) -> None:
    for path in ("real/0.jpg", "real/1.jpg", "fake/0.jpg", "fake/1.jpg"):
        save_jpeg(tmp_path / "in" / path, crops[0])
    save_jpeg(tmp_path / "in" / "loose.jpg", crops[0])
    (tmp_path / "in" / "list.csv").write_text("path,identity,synthetic\nfake/1.jpg,Zoë,1\nloose.jpg,,0\n")
    none = ["--detector", "none"]
    variants = [none, *([*none, "--layout", name] for name in ("real-fake", "people", "pairs", "flat"))]
    made = align_each(run_commands, "in", variants, tmp_path)
    (tmp_path / "list").mkdir()
    made += align_each(run_commands, tmp_path / "in" / "list.csv", [none], tmp_path / "list")
    own = ["fake/0", "fake/1", "real/0", "real/1"]
    expected = [
        ("real-fake (recognised; --layout tells another)", own, [1, 1, 0, 0]),
        ("real-fake", own, [1, 1, 0, 0]),
        ("people", ["fake", "fake", "real", "real"], [0, 0, 0, 0]),
        ("pairs", own, [0, 0, 0, 0]),
        ("flat", ["loose"], [0]),
        ("csv (recognised; --layout tells another)", ["Zoë", "loose"], [1, 0]),
    ]
    for (done, rows), (told, identity, synthetic) in zip(made, expected, strict=True):
        assert done.stdout.splitlines()[0].endswith(f"; layout {told}")
        assert rows["identity"].tolist() == identity
        assert rows["synthetic"].tolist() == synthetic
