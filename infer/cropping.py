"""Crop options of inference: those of the model's training, unless told otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from align.crops.options import AlignOptions, DetSize, FaceChoice, MinFace, MinScore
from align.detectors.registry import FROM_FILES, NONE, detector_names, refuse_unknown_detector
from common.formats.crop_frame import Template
from common.models.crop_settings import CropSettings
from common.runtime.as_option import AsOption
from common.runtime.errors import ParameterError, UserError

_TOLD = ("detector", "det_size", "min_score", "min_face", "face", "template", "margin")


@dataclass(frozen=True)
class CropRequest:
    """Crop options that are asked for; None means as in the model's training, else align's default.

    The names and values are those of `AlignOptions`; `aligned` says that the images are crops already.
    Raises UserError for a detector that has no entry, for all faces of a photograph, and for crops among
    which a face is to be looked for.
    """

    TAKES_ALL: ClassVar[bool] = False  # whether `face` may be all

    detector: Annotated[
        str | None,
        AsOption(f"One of {', '.join(detector_names())}; none takes images that are crops already."),
    ] = None
    det_size: DetSize | None = None
    min_score: MinScore | None = None
    min_face: MinFace | None = None
    face: Annotated[
        FaceChoice | None,
        AsOption(
            "Which of several: largest, or central, which weighs size against place.",
            metavar="[central|largest]",  # all is refused
        ),
    ] = None
    aligned: Annotated[
        bool, AsOption("The images are aligned crops already: no face is looked for.", name="crops")
    ] = False

    def __post_init__(self) -> None:
        if self.face is FaceChoice.ALL and not self.TAKES_ALL:
            raise ParameterError(
                "{face} all has no meaning here, where a photograph stands for one face: choose central or "
                "largest"
            )
        if self.detector is not None:
            refuse_unknown_detector(self.detector)
        if self.aligned or self.detector == NONE:
            name = "{crops}" if self.aligned else "{detector} none"
            self.refuse_on_crops(f"{name} takes images as they are")

    def refuse_on_crops(self, why: str) -> None:
        """Raise UserError, which begins with `why`, where something is asked of a search for faces."""
        needless = [
            f"{{{name}}}"
            for name in self._given()
            if self.aligned or name != "detector" or self.detector != NONE
        ]
        if needless:
            raise ParameterError(f"{why}, so that no face is looked for; leave out {', '.join(needless)}")

    def _given(self) -> dict[str, Any]:
        """What was asked for, by the names of `CropSettings`."""
        given = {name: value for name, value in vars(self).items() if name != "aligned" and value is not None}
        return given | ({"face": self.face.value} if self.face else {})

    def settle(self, trained: CropSettings | None) -> CropSettings:
        """The crop settings for a model whose own crops were made with `trained`, None: not known.

        Of a training on all faces of each photograph the most prominent one remains. Raises UserError when
        the values contradict each other or lie out of range, or the training's detector is a file that is
        not here.
        """
        given = {"detector": NONE} if self.aligned else self._given()
        settled = (trained or CropSettings()).model_copy(update=given)
        if settled.face == FaceChoice.ALL and "face" not in given:
            settled = settled.model_copy(update={"face": FaceChoice.CENTRAL.value})
        if settled.detector == NONE:
            self.refuse_on_crops("the model was trained on images as they are")
        kind, _, file = settled.detector.partition(":")
        if kind in FROM_FILES and "detector" not in given and not Path(file).expanduser().exists():
            raise ParameterError(
                "the crops of the model's training were made with {detector} {}, which is not here; name it "
                "with {detector} {}:FILE, or another detector",
                settled.detector,
                kind,
            )
        options_for(settled, settled.size, aligned=False)
        return settled


AS_TRAINED = CropRequest()


@dataclass(frozen=True)
class EveryFaceRequest(CropRequest):
    """A `CropRequest` that all faces of a photograph may be asked for."""

    TAKES_ALL: ClassVar[bool] = True

    face: Annotated[
        FaceChoice | None,
        AsOption("Which of several: largest, central, which weighs size against place, or all."),
    ] = None


EVERY_FACE_AS_TRAINED = EveryFaceRequest()


def options_for(settings: CropSettings, size: int, aligned: bool) -> AlignOptions:
    """The options of stage 1 that make crops of `size` pixels so, or take images that are crops as they are.

    Raises UserError for values that stage 1 does not take.
    """
    if aligned or settings.detector == NONE:
        return AlignOptions(detector=NONE, size=size)
    try:
        face, template = FaceChoice(settings.face), Template(settings.template)
    except ValueError as error:
        raise UserError(f"the model's crops were made in a way that is not known here: {error}") from error
    return AlignOptions(
        settings.detector,
        settings.det_size,
        settings.min_score,
        settings.min_face,
        face,
        size,
        template,
        settings.margin,
    )


def described(settings: CropSettings) -> str:
    """What differs from the defaults of `align run`, as its options; empty where nothing does."""
    usual = CropSettings()
    return " ".join(
        f"--{name.replace('_', '-')} {getattr(settings, name)}"
        for name in _TOLD
        if getattr(settings, name) != getattr(usual, name)
    )
