"""The configuration of the long chain, one validated object; `train.load_config` reads it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from common.models.view_names import parse_views
from common.runtime.as_option import AsOption
from common.runtime.errors import UserError
from train.run_config import RUN, TRAINING_LOGS, RunConfig, several
from train.section import CommandConfig

if TYPE_CHECKING:
    from train.tasks.classification.config import ClassifierConfig
    from train.tasks.pretraining.config import PretrainConfig

NO_PRETRAINING = "none"
STEPS, GUESSES = "The steps", "Faces without labels"  # in the help
OF_THE_CHAIN = ("data", "out", "task", "folds", "fold", "validation.split")  # not of a step's own settings

Kind = TypeVar("Kind", bound=RunConfig)


def _views(text: str) -> str:
    parse_views([text])
    return text


class ChainConfig(CommandConfig):
    """All that the chain depends on, beside the configurations of its trainings, which it names."""

    command = "train chain"
    needed: ClassVar = {"at": ("unlabelled",), "rounds": ("unlabelled",)}

    data: Annotated[
        tuple[Path, ...],
        BeforeValidator(several),
        Field(min_length=1),
        AsOption("Folder of shards with labels; may be repeated.", RUN),
    ] = (Path("datasets/processed_images"),)
    unlabelled: Annotated[
        Path | None,
        AsOption(
            "Folder of shards that nobody knows the labels of: pre-trained on, given pseudo-labels where the "
            "folds are certain, and answered for.",
            GUESSES,
        ),
    ] = None
    answer: Annotated[
        Path | None,
        AsOption(
            "Photographs to answer for, in any layout of 'align run', or shards.",
            GUESSES,
            default="the shards of --unlabelled",
        ),
    ] = None
    out: Annotated[Path, AsOption("Folder for the chain, in its chains/NAME.", RUN)] = TRAINING_LOGS
    pretrain: Annotated[
        str,
        AsOption("Configuration of 'train pretrain', packaged or a file; none for no pre-training.", STEPS),
    ] = "titan"
    pretrain_set: Annotated[
        tuple[str, ...],
        AsOption("A key of it, such as epochs=10. May be repeated.", STEPS, metavar="KEY=VALUE"),
    ] = ()
    classifier: Annotated[
        str, AsOption("Configuration of 'train classifier', packaged or a file.", STEPS)
    ] = "titan"
    classifier_set: Annotated[
        tuple[str, ...],
        AsOption("A key of it, such as epochs=10. May be repeated.", STEPS, metavar="KEY=VALUE"),
    ] = ()
    folds: Annotated[int, AsOption("Folds, each of which is held out by one classifier.", STEPS)] = Field(
        5, ge=2, le=100
    )
    rounds: Annotated[int, AsOption("1 for pseudo-labels and folds again, 0 for neither.", GUESSES)] = Field(
        1, ge=0, le=1
    )
    at: Annotated[
        float,
        AsOption(
            "A pseudo-label is given above this P(synthetic), and below 1 minus it.",
            GUESSES,
            least=0.5,
            most=1,
        ),
    ] = Field(0.995, ge=0.5, lt=1)
    tta: Annotated[
        str,
        AfterValidator(_views),
        AsOption("Views that pseudo-labels and answers are averaged over, as of 'infer classify'.", GUESSES),
    ] = "mirror,rotate5"
    format: Annotated[
        Literal["submission", "prediction", "csv"],
        AsOption(
            "Of the answers; a submission is for photographs that are called by whole numbers.", GUESSES
        ),
    ] = "submission"

    @property
    def answered(self) -> Path | None:
        """What the last step answers for; None for nothing."""
        return self.answer or self.unlabelled

    @property
    def pretrains(self) -> bool:
        """Whether there is a pre-training."""
        return self.pretrain != NO_PRETRAINING

    def classifier_config(self) -> "ClassifierConfig":
        """The configuration of the folds, without their data. Raises UserError as `load_config`."""
        from train.tasks.classification.config import ClassifierConfig

        taken = ("pretrained", *OF_THE_CHAIN) if self.pretrains else OF_THE_CHAIN
        return _of_step(ClassifierConfig, self.classifier, self.classifier_set, "--classifier-set", taken)

    def pretrain_config(self) -> "PretrainConfig":
        """The configuration of the pre-training, without its data. Raises UserError as `load_config`."""
        from train.tasks.pretraining.config import PretrainConfig

        return _of_step(PretrainConfig, self.pretrain, self.pretrain_set, "--pretrain-set", OF_THE_CHAIN)

    def check(self) -> None:
        """Raises UserError for a step configured wrongly, and a pre-training that is no start of folds."""
        classifier = self.classifier_config()
        if not self.pretrains:
            if self.pretrain_set:
                raise UserError("--pretrain-set has no effect with --pretrain none: leave one of them out")
            return
        pretrain = self.pretrain_config()
        for key in ("backbone", "planes"):
            first, second = (_told(getattr(config, key)) for config in (pretrain, classifier))
            if first != second:
                raise UserError(
                    f"the pre-training {self.pretrain} has the {key} {first}, the classifier "
                    f"{self.classifier} {second}: it could not start from it; add --pretrain-set "
                    f"{key}={second}, or choose another --pretrain or --classifier"
                )


def _of_step(kind: type[Kind], name: str, settings: Sequence[str], option: str, taken: Sequence[str]) -> Kind:
    from train.load_config import load_config
    from train.start import parse_settings

    given = parse_settings(settings)
    for key in given:
        if key in taken:
            raise UserError(f"{option} {key} is for the chain itself to say; leave it out")
    return load_config(kind, name, given)


def _told(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
