"""Candidates for unmarked synthetic faces, and when they are not judged."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from common.models.training_facts import SyntheticTraining
from infer.audit.audit import Audit, audit_crops
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Kind
from infer.audit.pictures import Pictures

MakeCrops = Callable[..., AuditedCrops]
TRAINED = SyntheticTraining(crops=100)


def with_synthetic(make_crops: MakeCrops, shift: float) -> AuditedCrops:
    """Each person has two synthetic crops, the last ones, moved in a direction that all of them share."""
    crops = make_crops(people=20, each=8)
    synthetic = np.arange(160) % 8 >= 6
    vectors = crops.vectors.copy()
    vectors[synthetic, 0] += shift
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return replace(crops, synthetic=synthetic, vectors=vectors)


def audited(crops: AuditedCrops, trained: SyntheticTraining | None) -> Audit:
    return audit_crops(crops, Pictures([], np.zeros(len(crops.labels), np.bool_)), trained)


def test_unmarked_ones_are_candidates_and_never_certain(make_crops: MakeCrops) -> None:
    crops = with_synthetic(make_crops, shift=1.5)
    hidden = [6, 30, 55, 119]
    crops.synthetic[hidden] = False
    found = audited(crops, TRAINED)
    candidates = [finding for finding in found.findings if finding.kind is Kind.SYNTHETIC]
    assert len({finding.row for finding in candidates} & set(hidden)) >= 3
    assert {finding.row for finding in candidates} <= set(hidden)
    assert not any(finding.certain for finding in candidates)
    assert "with an AUC of 0.97" in found.notes[-1] and Kind.SYNTHETIC not in found.not_judged


def test_a_model_that_knows_no_synthetic_faces_does_not_judge_them(make_crops: MakeCrops) -> None:
    crops = with_synthetic(make_crops, shift=1.5)
    for trained, words in (
        (None, "does not say that it ever saw any"),
        (SyntheticTraining(crops=0), "never saw"),
    ):
        found = audited(crops, trained)
        assert words in found.notes[-1] and Kind.SYNTHETIC in found.not_judged
        assert not [finding for finding in found.findings if finding.kind is Kind.SYNTHETIC]


def test_marks_that_the_embeddings_do_not_show_are_told(make_crops: MakeCrops) -> None:
    assert "AUC of 0." in audited(with_synthetic(make_crops, shift=0.0), TRAINED).notes[-1]


def test_without_marked_ones_nothing_is_judged(make_crops: MakeCrops) -> None:
    assert "it takes 20 crops marked synthetic" in audited(make_crops(), TRAINED).notes[-1]
