"""The configuration of a chain, one validated object; `train.load_config` reads it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from common.models.view_names import parse_views
from common.runtime.as_option import AsOption
from common.runtime.errors import UserError
from train.chain.step_names import FUSED, LONG_CHAIN, PRETRAIN, RECOGNISER, StepName
from train.run_config import NONE, RUN, TRAINING_LOGS, RunConfig, several
from train.section import CommandConfig

if TYPE_CHECKING:
    from train.config import TrainConfig
    from train.tasks.classification.config import ClassifierConfig
    from train.tasks.pretraining.config import PretrainConfig

STEPS, GUESSES, TOWERS = "The steps", "Faces without labels", "The towers of a fused encoder"  # in the help
OF_THE_CHAIN = ("data", "out", "task", "folds", "fold", "validation.split")  # not of a step's own settings

Kind = TypeVar("Kind", bound=RunConfig)


def _views(text: str) -> str:
    parse_views([text])
    return text


class ChainConfig(CommandConfig):
    """All that the chain depends on, beside the configurations of its trainings, which it names."""

    command = "train chain"
    needed: ClassVar = {"at": ("unlabelled",), "rounds": ("unlabelled",)}

    steps: Annotated[tuple[StepName, ...], Field(min_length=1)] = LONG_CHAIN
    data: Annotated[
        tuple[Path, ...],
        BeforeValidator(several),
        Field(min_length=1),
        AsOption("Folder of shards with labels, of a recogniser arcface crops; may be repeated.", RUN),
    ] = (Path("datasets/processed_images"),)
    wide: Annotated[
        tuple[Path, ...],
        BeforeValidator(several),
        Field(min_length=1),
        AsOption(
            "Folder of loose crops of the same photographs, for the classifier and to choose by; may be "
            "repeated.",
            TOWERS,
        ),
    ] = (Path("datasets/wide"),)
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
            "What to answer for: photographs in any layout of 'align run', or shards; of a fused encoder "
            "pairs, as of 'infer pairs'.",
            RUN,
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
    recogniser: Annotated[
        str, AsOption("Who: weights to start from, or to take as they are, as of 'train run'.", TOWERS)
    ] = "adaface-ir101-webface12m"
    recogniser_config: Annotated[
        str,
        AsOption("Configuration of 'train run', packaged or a file; none to take them as they are.", TOWERS),
    ] = "neural_defenders"
    recogniser_set: Annotated[
        tuple[str, ...],
        AsOption("A key of it, such as epochs=10. May be repeated.", TOWERS, metavar="KEY=VALUE"),
    ] = ()
    held_out: Annotated[
        float, AsOption("Share of the people that neither tower is trained on, to choose by.", TOWERS)
    ] = Field(0.1, gt=0, lt=1)
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
            "Of the answers; of photographs, a submission takes those that are called by whole numbers.", RUN
        ),
    ] = "submission"

    @property
    def answered(self) -> Path | None:
        """What the last step answers for; None for nothing."""
        return self.answer or self.unlabelled

    @property
    def pretrains(self) -> bool:
        """Whether there is a pre-training."""
        return PRETRAIN in self.steps and self.pretrain != NONE

    @property
    def trains_recogniser(self) -> bool:
        """Whether the recogniser is trained, and not taken as it is."""
        return RECOGNISER in self.steps and self.recogniser_config != NONE

    def classifier_config(self) -> "ClassifierConfig":
        """The configuration of the folds, without their data. Raises UserError as `load_config`."""
        from train.tasks.classification.config import ClassifierConfig

        taken = ("pretrained", *OF_THE_CHAIN) if self.pretrains else OF_THE_CHAIN
        return _of_step(ClassifierConfig, self.classifier, self.classifier_set, "--classifier-set", taken)

    def pretrain_config(self) -> "PretrainConfig":
        """The configuration of the pre-training, without its data. Raises UserError as `load_config`."""
        from train.tasks.pretraining.config import PretrainConfig

        return _of_step(PretrainConfig, self.pretrain, self.pretrain_set, "--pretrain-set", OF_THE_CHAIN)

    def recogniser_run_config(self) -> "TrainConfig":
        """The configuration of the recogniser, without its data. Raises UserError as `load_config`."""
        from train.config import TrainConfig

        taken = ("pretrained", "pairs", "validation.pairs", *OF_THE_CHAIN)
        return _of_step(TrainConfig, self.recogniser_config, self.recogniser_set, "--recogniser-set", taken)

    def check(self) -> None:
        """Raises UserError for a step configured wrongly, and one that cannot go on from another."""
        classifier = self.classifier_config()
        if FUSED in self.steps:
            self._check_towers(classifier)
        if PRETRAIN in self.steps:
            self._check_pretraining(classifier)

    def _check_towers(self, classifier: "ClassifierConfig") -> None:
        if classifier.temporal.is_learnt:
            raise UserError(
                f"the classifier {self.classifier} has a head over time, and pairs are of single crops: add "
                "--classifier-set temporal=mean, or choose another --classifier"
            )
        if self.trains_recogniser:
            self.recogniser_run_config()
        elif RECOGNISER in self.steps and (self.recogniser_set or self.data != ChainConfig().data):
            raise UserError(
                "--data and --recogniser-set are of a training of the recogniser, and --recogniser-config is "
                "none: leave them out, or name a configuration"
            )

    def _check_pretraining(self, classifier: "ClassifierConfig") -> None:
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
