import pytest

from common.formats.labels.kinds import Kind, kind_of, kinds_in

REAL, FAKE = Kind.BONA_FIDE, Kind.SYNTHETIC


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("real", {REAL}),
        ("Reals", {REAL}),
        ("0_real", {REAL}),
        ("training_real", {REAL}),
        ("TrainingReal", {REAL}),
        ("original_sequences", {REAL}),
        ("Celeb-real", {REAL}),
        ("bona fide", {REAL}),
        ("bona_fide_2", {REAL}),
        ("live", {REAL}),
        ("genuine", {REAL}),
        ("1_fake", {FAKE}),
        ("training_fake", {FAKE}),
        ("manipulated_sequences", {FAKE}),
        ("Celeb-synthesis", {FAKE}),
        ("Deepfakes", {FAKE}),
        ("deep-fakes", {FAKE}),
        ("morphed", {FAKE}),
        ("print-attack", {FAKE}),
        ("AI generated", {FAKE}),
        ("spoof", {FAKE}),
        ("non-live", {FAKE}),
        ("not_real", {FAKE}),
        ("not fake", {REAL}),
        ("real_vs_fake", {REAL, FAKE}),
        ("really", set()),
        ("Realname", set()),
        ("Aileen", set()),
        ("Oliver", set()),
        ("anna", set()),
        ("", set()),
    ],
)
def test_what_the_words_of_a_name_say(name: str, kinds: set[Kind]) -> None:
    assert kinds_in(name) == kinds


def test_a_whole_word_is_nothing_but_that() -> None:
    assert kind_of("Bona-Fide") is REAL and kind_of(" FAKE ") is FAKE
    assert kind_of("training_fake") is None and kind_of("anna") is None and kind_of("") is None
