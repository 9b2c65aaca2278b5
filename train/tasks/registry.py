"""Registry of tasks: the values of the key `task` of the configuration."""

from common.metrics.figures import CLASSIFICATION, PAIRS, PRETRAINING, VERIFICATION
from common.runtime.errors import UserError
from train.tasks.base import Task
from train.tasks.classification.task import Classification
from train.tasks.pairs.task import Pairs
from train.tasks.pretraining.task import Pretraining
from train.tasks.verification.task import Verification

TASKS: dict[str, type[Task]] = {
    VERIFICATION: Verification,
    CLASSIFICATION: Classification,
    PRETRAINING: Pretraining,
    PAIRS: Pairs,
}  # one of your own can be added


def task_named(name: str) -> type[Task]:
    """The class of a task. Raises UserError for a name that is not known."""
    if name not in TASKS:
        raise UserError(
            f"unknown task '{name}'; known: {', '.join(TASKS)}; one of your own is known to the script that "
            "registers it: start the command with that (docs/training.md)"
        )
    return TASKS[name]
