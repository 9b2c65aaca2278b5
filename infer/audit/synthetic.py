"""Photographs marked bona fide that lie among the synthetic ones for a model that was trained to tell them.

A hint, no verdict: the embedding of such a model moves away from the person where it sees a forgery, and a
linear probe learns from the crops that are marked synthetic where to. What no marked crop resembles is not
found.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.models.training_facts import SyntheticTraining
from infer.audit.findings import Finding, Kind
from infer.audit.labels import Judgement

FEWEST = 20  # crops marked synthetic, and bona fide ones: fewer teach no probe
FOLDS = 5
LEAST_AUC = 0.8  # of the probe on people it was not fitted to; below, the model does not tell them apart here
SEED = 0


@dataclass(frozen=True)
class SyntheticFindings:
    """The candidates, and what was judged or why not."""

    findings: list[Finding]
    note: str
    judged: bool = False


def synthetic_findings(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    synthetic: NDArray[np.bool_],
    judged: NDArray[np.bool_],
    judgement: Judgement,
    trained: SyntheticTraining | None,
) -> SyntheticFindings:
    """The crops marked bona fide that a probe takes for synthetic and that are far from their own person.

    Args:
        vectors: (N, D) of unit length.
        labels: (N,) people.
        synthetic: (N,) as marked.
        judged: (N,) the photographs marked bona fide that may be candidates.
        judgement: of all crops.
        trained: what the model says it was trained against.
    """
    if trained is None or not trained.saw_synthetic:
        knows = "does not say that it ever saw" if trained is None else "never saw"
        return SyntheticFindings([], f"unmarked synthetic faces are not judged: this model {knows} any")
    if min(synthetic.sum(), (~synthetic).sum()) < FEWEST or len(np.unique(labels)) < FOLDS:
        return SyntheticFindings(
            [],
            f"unmarked synthetic faces are not judged: it takes {FEWEST} crops marked synthetic and as many "
            f"bona fide, of {FOLDS} people",
        )
    scores, auc = _probe(vectors, labels, synthetic)
    if auc < LEAST_AUC:
        return SyntheticFindings(
            [], f"unmarked synthetic faces are not judged: marked ones are told with an AUC of {auc:.2f} only"
        )
    typical = float(np.median(scores[synthetic]))
    own = judgement.near.own
    rows = np.flatnonzero(judged & (scores >= typical) & (own < judgement.limits.far))
    note = f"marked synthetic faces are told by a probe of the embeddings with an AUC of {auc:.2f}"
    return SyntheticFindings(
        [Finding(Kind.SYNTHETIC, int(row), own=float(own[row])) for row in rows], note, True
    )


def _probe(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], synthetic: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """The score of each crop by a probe that was fitted to other people, and the AUC of these scores."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    people = np.unique(labels)
    folds = np.random.default_rng(SEED).permutation(len(people)) % FOLDS
    fold = folds[np.searchsorted(people, labels)]
    scores = np.zeros(len(vectors))
    for held_out in range(FOLDS):
        inside, outside = fold == held_out, fold != held_out
        if len(np.unique(synthetic[outside])) == 2 and inside.any():
            probe = LogisticRegression(max_iter=1000, class_weight="balanced")
            scores[inside] = probe.fit(vectors[outside], synthetic[outside]).decision_function(
                vectors[inside]
            )
    return scores, float(roc_auc_score(synthetic, scores))
