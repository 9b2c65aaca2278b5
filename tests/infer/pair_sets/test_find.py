import os
from pathlib import Path

import pytest

from common.runtime.errors import UserError
from infer.pair_sets.find import FORMS, find_pair_set


def test_what_is_not_there_says_what_can_be(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such folder or file: .*absent") as raised:
        find_pair_set(tmp_path / "absent")
    assert FORMS in str(raised.value)
    with pytest.raises(UserError, match=r"no such folder of photographs: .*absent"):
        find_pair_set(tmp_path, tmp_path / "absent")


@pytest.mark.parametrize("name", ["pairs", "pairs.json", "pairs.pkl", "a.csv.gz"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a.jpg,b.jpg,1\n")
    with pytest.raises(UserError, match="in no form that pairs come in") as raised:
        find_pair_set(tmp_path / name)
    assert FORMS in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pairs.csv")
    with pytest.raises(UserError, match="in no form"):
        find_pair_set(tmp_path / "pairs.csv")


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        find_pair_set(tmp_path / ("x" * 5000))


def test_images_belong_to_lists_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "set.bin").write_bytes(b"")
    for source in (tmp_path / "a", tmp_path / "set.bin"):
        with pytest.raises(UserError, match="leave out --images"):
            find_pair_set(source, tmp_path)


def test_the_suffix_decides_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "LIST.CSV").write_text("a.jpg,b.jpg,1\n")
    (tmp_path / "a.jpg").touch()
    assert find_pair_set(tmp_path / "LIST.CSV").name == "LIST"
