from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import h5py
import pytest

from common.runtime.errors import UserError
from infer.classification.faces import ClassifiedFaces
from infer.classification.results_file import write_classified
from infer.classification.shown import ShownFaces
from infer.commands.report import report
from infer.models.model import Model
from infer.output.embedding_file import write_embeddings
from infer.output.results import Results
from infer.output.results_file import write_results
from infer.report.find import find_results


def test_a_folder_with_one_file_of_results_will_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no results"):
        find_results(tmp_path)
    with pytest.raises(UserError, match="infer pairs"):
        find_results(tmp_path / "missing.h5")
    (tmp_path / "b.h5").touch()
    (tmp_path / "b.csv").touch()
    assert find_results(tmp_path) == find_results(tmp_path / "b.h5") == tmp_path / "b.h5"
    (tmp_path / "a.h5").touch()
    with pytest.raises(UserError, match=r"a\.h5, b\.h5; name one"):
        find_results(tmp_path)


def test_other_hdf5_files_in_a_folder_are_passed_over(
    random_results: Callable[..., Results], tmp_path: Path, model: Model
) -> None:
    write_embeddings(tmp_path / "embeddings.h5", [], model)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(UserError, match="no results"):
        find_results(tmp_path)
    write_results(tmp_path / "set.h5", random_results(1))
    assert find_results(tmp_path) == tmp_path / "set.h5"


@pytest.mark.parametrize("name", ["a.h5", "b.h5"])
def test_a_page_does_not_overwrite_what_it_is_made_of(
    random_results: Callable[..., Results], tmp_path: Path, name: str
) -> None:
    for made in "ab":
        write_results(tmp_path / f"{made}.h5", random_results(1))
    before = (tmp_path / name).read_bytes()
    with pytest.raises(UserError, match=f"overwrite its results, .*{name}"):
        report(tmp_path / "a.h5", [tmp_path / "b.h5"], tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    report(tmp_path / "a.h5", out=tmp_path / "b.h5")  # which is no part of this page


def test_results_of_faces_have_pages_too(
    random_results: Callable[..., Results],
    make_faces: Callable[..., ClassifiedFaces],
    shown_of: Callable[[ClassifiedFaces], ShownFaces],
    tmp_path: Path,
) -> None:
    faces = make_faces()
    write_classified(tmp_path / "set.h5", faces, shown_of(faces))
    report(tmp_path)
    assert "Report of a classifier" in (tmp_path / "set.html").read_text(encoding="utf-8")
    report(tmp_path / "set.h5", [tmp_path / "set.h5"] * 2)
    assert "3 classifiers" in (tmp_path / "set_compared.html").read_text(encoding="utf-8")
    write_results(tmp_path / "pairs.h5", random_results(1))
    with pytest.raises(UserError, match="pairs and single faces do not compare"):
        report(tmp_path / "set.h5", [tmp_path / "pairs.h5"])
    with pytest.raises(UserError, match="two at a time"):
        report(tmp_path / "pairs.h5", [tmp_path / "pairs.h5"] * 2)


@pytest.mark.slow
def test_the_command_writes_pages_and_refuses_what_is_no_results(
    random_results: Callable[..., Results],
    run_commands: Callable[..., list[CompletedProcess[str]]],
    assert_refused: Callable[[CompletedProcess[str], str], None],
    tmp_path: Path,
) -> None:
    write_results(tmp_path / "one" / "set.h5", random_results(1))
    write_results(tmp_path / "two" / "set.h5", replace(random_results(2), name="x"))
    (tmp_path / "bad.h5").write_text("no HDF5")
    alone, both, bad = run_commands(
        [
            ("infer", "report", "one"),
            ("infer", "report", "one/set.h5", "--compare", "two", "--out", "new/both.html"),
            ("infer", "report", "bad.h5"),
        ],
        tmp_path,
    )
    assert alone.returncode == both.returncode == 0, alone.stderr + both.stderr
    assert alone.stdout.strip() == f"Report: {Path('one', 'set.html')}"
    assert "Verification report" in (tmp_path / "one" / "set.html").read_text(encoding="utf-8")
    assert "Comparison of two models" in (tmp_path / "new" / "both.html").read_text(encoding="utf-8")
    assert_refused(bad, "bad.h5 is a text ('no HDF5'), not an HDF5 file")
