from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.fused.fusion import Fusion
from common.models.training_facts import SyntheticTraining
from common.runtime.errors import UserError
from infer.claims import in_words
from infer.examine import Examiner
from infer.models.load import load_model
from infer.models.model import Model
from infer.output.results_file import read_results
from infer.pair_sets.find import find_pair_set
from infer.pairs import compare_pairs
from infer.report.towers import tower_rows
from infer.report.write import report_page
from infer.score import Verdict
from infer.session.sightings import see_faces
from infer.two_towers import Spoke, TowerScores, tower_reasons, tower_scores, who_spoke
from infer.verify import verdicts_of

Crop = NDArray[np.uint8]
FUSION = Fusion(features=8, synthetic_from=0.6)


@pytest.fixture(scope="module")
def model(make_fused: Callable[..., Path]) -> Model:
    file = make_fused({"temperature": 4.0}, threshold=0.9, threshold_from="chosen")
    return load_model(str(file), file.parent)


def test_a_pair_is_rejected_by_the_recogniser_by_the_gate_or_by_both() -> None:
    towers = TowerScores(
        similarity=np.array([0.2, 0.8, 0.2, 0.8, np.nan]), synthetic=np.array([0.1, 0.5, 0.97, np.nan])
    )
    members = np.array([[0, 1], [0, 1], [1, 2], [0, 0], [0, 3]])
    similarity = np.array([0.15, 0.3, 0.01, 0.7, np.nan])
    spoke = who_spoke(similarity, towers, members, 0.4, FUSION).tolist()
    assert spoke == [Spoke.OTHER_PERSON, Spoke.SYNTHETIC, Spoke.BOTH, "", ""]
    assert set(who_spoke(similarity, towers, members, None, FUSION).tolist()) == {""}
    names = ("the first photograph", "the second photograph")
    told = [
        tower_reasons(each, 0.2, (0.5, last), names, FUSION)
        for each, last in zip(spoke[:4], (0.5, 0.97, 0.97, 0.97), strict=True)
    ]
    assert told[0] == ["other person: the recogniser alone gives 0.20"]
    assert told[1] == ["the second photograph is synthetic, P = 0.97"]
    assert told[2] == told[0] + told[1] and told[3] == told[1]  # a match says so as well
    assert tower_reasons("", 0.8, (0.1, 0.5), names, FUSION) == []
    assert tower_reasons(Spoke.SYNTHETIC, 0.8, (0.1, 0.5), names, FUSION) == [
        "the second photograph may be synthetic, P = 0.5, which leaves 0.50 of the recogniser's 0.80"
    ]  # shut further than the threshold allows, P below 0.6


def test_a_video_is_not_more_bona_fide_than_its_frames(model: Model) -> None:
    fusion = model.card.fusion
    assert fusion is not None
    rng = np.random.default_rng(0)
    features = rng.normal(size=fusion.features)
    frames = np.stack(
        [np.concatenate([0.3 * features / np.linalg.norm(features), rest]) for rest in np.eye(9)]
    )
    frames[:, fusion.features :] *= np.sqrt(1 - 0.09)
    mean = fusion.mean(frames.astype(np.float32))
    assert np.linalg.norm(mean) == pytest.approx(1, abs=1e-6)
    assert fusion.gates(mean[None])[0] == pytest.approx(0.3, abs=1e-6)


def test_a_video_is_as_synthetic_as_its_frames_on_average() -> None:
    """A mean of gates would be nearly that of the bona fide frames alone, where γ is large."""
    fusion = Fusion(features=2, gamma=4)
    likely = np.repeat([0.99, 0.001], [5, 3])
    gates = ((1 - likely) ** 4)[:, None]
    frames = np.hstack([gates, np.zeros((8, 1)), np.sqrt(1 - gates**2)]).astype(np.float32)
    assert fusion.probabilities(fusion.mean(frames)[None])[0] == pytest.approx(likely.mean(), abs=1e-3)


def test_where_a_gate_is_shut_the_recogniser_is_not_said_to_see_another_person() -> None:
    fusion = Fusion(features=2, gamma=16, synthetic_from=0.99)
    gates = np.array([[0.9], [1 - 0.6], [0]]) ** 16
    rows = np.hstack([gates, np.zeros((3, 1)), np.sqrt(1 - gates**2)]).astype(np.float32)
    members = np.array([[0, 1], [0, 2]])
    towers = tower_scores(fusion, rows, np.ones(3, np.bool_), members)
    assert towers.similarity[0] == pytest.approx(1, abs=1e-6) and np.isnan(towers.similarity[1])
    assert who_spoke(np.zeros(2), towers, members, 0.3, fusion).tolist() == [Spoke.SYNTHETIC] * 2
    (told,) = tower_reasons(Spoke.SYNTHETIC, np.nan, (0.1, 0.98), ("a", "b"), fusion)
    assert told == "b may be synthetic, P = 0.98, which leaves nothing of the similarity"


def test_a_video_is_not_more_synthetic_than_its_frames_where_they_are_not_alike() -> None:
    fusion, clear = Fusion(features=2, gamma=0.125), np.sqrt(1 - 0.98**2)
    frames = np.array([[0.98, 0, clear, 0], [0, 0.98, 0, clear]], np.float32)  # a face that turns
    mean = fusion.mean(frames)
    assert np.linalg.norm(mean) == pytest.approx(1, abs=1e-6)
    assert fusion.probabilities(mean[None])[0] == pytest.approx(fusion.probabilities(frames).max(), abs=1e-5)
    shut = np.array([[0, 0, 1, 0], [0, 0, 0, 1]], np.float32)
    assert fusion.probabilities(fusion.mean(shut)[None])[0] == 1


def test_verdicts_say_which_tower_spoke(model: Model, portraits: list[Crop]) -> None:
    fusion = model.card.fusion
    assert fusion is not None
    examined = Examiner(model).examine(portraits[:2])
    (found,) = verdicts_of(examined, 0.99, fusion)
    vectors = np.stack([entry.embedding for entry in examined if entry.embedding is not None])
    likely = fusion.probabilities(vectors)
    assert [reason for reason in found.reasons if "P = " in reason] == [
        f"the {name} photograph is synthetic, P = {p:.2f}"
        for name, p in zip(("first", "second"), likely, strict=True)
        if p >= 0.5
    ]
    assert any("other person" in reason for reason in found.reasons)
    (accepted,) = verdicts_of(examined, -1, fusion)
    assert not any("recogniser" in reason for reason in accepted.reasons)


def test_a_match_that_the_classifier_calls_synthetic_is_not_called_bona_fide(
    model: Model, portraits: list[Crop], pair_folder: Path, tmp_path: Path
) -> None:
    fusion, examined = model.card.fusion, Examiner(model).examine(portraits[:1])
    vector = examined[0].embedding
    assert fusion is not None and vector is not None
    likely = float(fusion.probabilities(vector[None])[0])
    seen = SyntheticTraining(crops=40, eer=0.1, pairs=200)
    for limit, called in ((likely - 0.01, True), (likely + 0.01, False)):
        strict = fusion.model_copy(update={"synthetic_from": limit})
        (found,) = verdicts_of(examined * 2, 0.9, strict)  # one file beside itself
        assert found.verdict is Verdict.MATCH and found.called_synthetic == called
        assert any("photograph is synthetic, P = " in reason for reason in found.reasons) == called
        words = in_words(found.verdict, seen, found.called_synthetic)
        assert ("both photographs bona fide" in words) != called
    results = compare_pairs(find_pair_set(pair_folder), model, tmp_path, threshold=-1).results
    assert results.towers is not None
    matches = results.accepted_called
    highest = np.nan_to_num(results.towers.synthetic[results.members]).max(axis=1)
    np.testing.assert_array_equal(matches, results.compared & (highest >= 0.5))
    assert matches.any() and sum(row.called for row in tower_rows(results)) == matches[results.measured].sum()


def test_the_table_the_results_and_the_report_tell_the_towers_apart(
    model: Model, pair_folder: Path, tmp_path: Path
) -> None:
    found = compare_pairs(find_pair_set(pair_folder), model, tmp_path)
    heading, *lines = found.scores_file.read_text().splitlines()
    assert heading == "pair_id,similarity,verdict,rejected_by,recogniser_similarity,p_synthetic0,p_synthetic1"
    cells = dict(line.split(",", 1) for line in lines)
    assert cells["missing"].startswith(",no_file,,,") and cells["missing"].endswith(",")
    again = read_results(found.results_file)
    assert again.towers is not None and found.results.towers is not None
    np.testing.assert_array_equal(again.towers.similarity, found.results.towers.similarity)
    np.testing.assert_array_equal(again.rejected_by, found.results.rejected_by)
    rows = tower_rows(again)
    compared = int(again.measured.sum())
    assert sum(row.other_person + row.synthetic + row.both + row.accepted for row in rows) == compared == 5
    assert "by the gate alone" in report_page(again)
    assert "by the gate alone" not in report_page(replace(again, threshold=None))


def test_videos_of_a_session_take_towers_one_by_one(model: Model) -> None:
    with pytest.raises(UserError, match=r"its recogniser with --model.*its classifier with --classifier"):
        see_faces(None, model)  # type: ignore[arg-type]  # refused before it is looked at
