import pytest

from common.formats.labels.flags import read_flag, read_synthetic


@pytest.mark.parametrize("value", [1, True, 1.0, "1", "1.0", "True", " TRUE ", "yes"])
def test_yes(value: object) -> None:
    assert read_flag(value) is True and read_synthetic(value) is True


@pytest.mark.parametrize("value", [0, False, 0.0, "0", "0.0", "false", "False\n", "No"])
def test_no(value: object) -> None:
    assert read_flag(value) is False and read_synthetic(value) is False


@pytest.mark.parametrize(
    "value", [2, -1, 0.5, float("nan"), None, "", " ", "2", "01", "nan", "maybe", [1], {}]
)
def test_neither(value: object) -> None:
    assert read_flag(value) is None and read_synthetic(value) is None


@pytest.mark.parametrize(("word", "synthetic"), [("FAKE", True), ("bona-fide", False), ("REAL", False)])
def test_words_of_data_sets_say_what_a_face_is(word: str, synthetic: bool) -> None:
    assert read_flag(word) is None and read_synthetic(word) is synthetic
