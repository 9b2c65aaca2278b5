"""The words of every verdict: what may be said of synthetic faces and of a threshold, in one place.

A similarity speaks about synthetic faces only where the model was trained against some, and a validation
showed that it tells them. Published weights, files of others and earlier checkpoints do not say so; then no
verdict may call a photograph bona fide.
"""

import math

from common.models.training_facts import FEWEST_SYNTHETIC, SyntheticTraining
from common.runtime.command_line import printable
from common.runtime.wording import counted
from infer.models.model import Threshold
from infer.score import Verdict

MOST_METHODS = 8  # of facetrust's forging, which are told by name
WORST_EER = 0.25  # of genuine against synthetic pairs; guessing has 0.5
TUNED = "the threshold was chosen on these very pairs: the errors at it are too good, so count them on others"
SAID_WITH_SYNTHETIC = {
    Verdict.MATCH: "same person, both photographs bona fide as far as the model can tell",
    Verdict.NO_MATCH: "not the same person, or a photograph is not bona fide",
}
SAID_WITHOUT = {
    Verdict.MATCH: "same person, if both photographs are bona fide, which this model cannot tell",
    Verdict.NO_MATCH: "not the same person",
}
SAID_UNPROVEN = {
    Verdict.MATCH: "same person, if both photographs are bona fide, which this model was not shown to tell",
    Verdict.NO_MATCH: SAID_WITH_SYNTHETIC[Verdict.NO_MATCH],
}
SAID_OF_NOTHING = "there are no two faces to compare"
SILENT = "the score does not speak about synthetic faces"
SAID_CALLED = "same person by the similarity, but a photograph is synthetic as far as the model can tell"
SAID_UNDECIDED = "no verdict: no threshold known"


def judges_synthetic(training: SyntheticTraining | None) -> bool:
    """Whether the scores of a model were shown to tell synthetic faces; not where nothing is known."""
    return training is not None and training.saw_synthetic and _shortfall(training) is None


def in_words(verdict: Verdict | None, training: SyntheticTraining | None, called: bool = False) -> str:
    """A verdict in words that its model can keep; None is a similarity without a threshold.

    `called`: the classifier of a fused encoder calls a photograph synthetic, which a match may be all the
    same: of a file beside itself, with a low threshold, or behind a gate that hardly shuts.
    """
    if verdict is None:
        return SAID_UNDECIDED
    if called and verdict is Verdict.MATCH:
        return SAID_CALLED
    if training is None or not training.saw_synthetic:
        words = SAID_WITHOUT
    else:
        words = SAID_WITH_SYNTHETIC if judges_synthetic(training) else SAID_UNPROVEN
    return words.get(verdict, SAID_OF_NOTHING)


def synthetic_statement(training: SyntheticTraining | None) -> str:
    """One sentence, without its full stop: what the scores of a model say of synthetic faces, and why."""
    if training is None or not training.saw_synthetic:
        why = "the model was trained without any"
        if training is None:
            why = "nothing says that the model was trained against any"
        return f"{SILENT}: {why}, and a forgery of a person may well score as that person"
    if shortfall := _shortfall(training):
        return f"{SILENT}: the model was trained against {_seen(training)}, but {shortfall}"
    return f"trained against {_seen(training)}; {_measured(training)}; forgeries of other kinds may pass"


def threshold_doubt(threshold: Threshold | None) -> str | None:
    """One sentence on why a threshold is not to be relied on and what to do; None where nothing is known."""
    if threshold is None or not threshold.doubt:
        return None
    return (
        f"the threshold is not to be relied on: {threshold.doubt}; choose another, on enough pairs, with "
        "'python -m infer threshold'"
    )


def _seen(training: SyntheticTraining) -> str:
    crops = counted(training.crops, "synthetic face") if training.crops else "synthetic faces"
    methods = [printable(method) for method in training.methods[:MOST_METHODS]]
    more = " and others" if len(training.methods) > MOST_METHODS else ""
    return f"{crops} (forged by {', '.join(methods)}{more})" if methods else crops


def _shortfall(training: SyntheticTraining) -> str | None:
    """Why it is not shown that a model tells the synthetic faces it was trained against; None where it is."""
    if training.eer is None or not math.isfinite(training.eer) or not training.pairs:
        return "how well it tells them was not measured, for no synthetic face is among the validation pairs"
    if training.pairs < FEWEST_SYNTHETIC:
        return (
            f"how well it tells them was measured on only {counted(training.pairs, 'synthetic pair')} "
            f"({FEWEST_SYNTHETIC} are the least)"
        )
    return f"it tells them badly: {_measured(training)}" if training.eer > WORST_EER else None


def _measured(training: SyntheticTraining) -> str:
    pairs = counted(training.pairs or 0, "synthetic pair")
    return f"EER of genuine against synthetic pairs {training.eer:.4f}, on {pairs}"
