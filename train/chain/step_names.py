"""The names of the steps that a chain can have, which are also those of their folders."""

from typing import Literal

StepName = Literal[
    "pretrain",
    "folds",
    "pseudo-labels",
    "folds-again",
    "answers",
    "recogniser",
    "classifier",
    "fused",
    "pairs",
]

PRETRAIN: StepName = "pretrain"
FOLDS: StepName = "folds"
PSEUDO: StepName = "pseudo-labels"
AGAIN: StepName = "folds-again"
ANSWER: StepName = "answers"
LONG_CHAIN = (PRETRAIN, FOLDS, PSEUDO, AGAIN, ANSWER)

RECOGNISER: StepName = "recogniser"
CLASSIFIER: StepName = "classifier"
FUSED: StepName = "fused"
PAIRS: StepName = "pairs"
