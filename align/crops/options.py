"""Options of alignment: all that determines a crop besides the photograph."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from numbers import Real
from typing import Annotated, Any, TypeVar

from align.detectors.registry import NONE, cuts_crops, detector_names
from common.formats.crop_frame import ARCFACE_SIZE, BOX_MARGIN, Template
from common.runtime.as_option import AsOption
from common.runtime.device import Device
from common.runtime.errors import ParameterError


class FaceChoice(StrEnum):
    """Which of the faces of a photograph to keep."""

    CENTRAL = "central"  # large and near the middle
    LARGEST = "largest"
    ALL = "all"


class OnMissing(StrEnum):
    """What becomes of a photograph without a usable face."""

    REJECT = "reject"
    CENTER = "center"


DETECTION, CROP = "Finding the face", "The crop"

DetSize = Annotated[int, AsOption("Larger photographs are searched at this size, in pixels.", DETECTION)]
MinScore = Annotated[float, AsOption("Least score of a face, 0 to 1.", DETECTION)]
MinFace = Annotated[int, AsOption("Least side of a face, in pixels of the photograph.", DETECTION, least=0)]

TEMPLATE_HELP = (
    "arcface; loose: the same with a margin around it; box: the square around the detector's box, resized "
    "once and not rotated, for classifiers of forgeries."
)

Choice = TypeVar("Choice", bound=StrEnum)


def as_choice(kind: type[Choice], parameter: str, value: str) -> Choice:
    """The choice of that name. Raises UserError, which names the parameter, where there is none."""
    try:
        return kind(value)
    except ValueError:
        raise ParameterError(f"{{{parameter}}} is {', '.join(kind)}, not {{}}", repr(value)) from None


def is_number(value: object) -> bool:
    """Whether a value, which from Python may be anything, is a real number."""
    return isinstance(value, Real)


CHOICES: dict[str, type[StrEnum]] = {
    "face": FaceChoice,
    "template": Template,
    "on_missing": OnMissing,
    "device": Device,
}


@dataclass(frozen=True)
class AlignOptions:
    """How photographs become crops.

    Raises UserError for values that contradict each other or lie out of range.
    """

    detector: Annotated[
        str,
        AsOption(
            f"One of {', '.join(detector_names())}; none takes photographs that are crops already.",
            DETECTION,
        ),
    ] = "retinaface"
    det_size: DetSize = 640
    min_score: MinScore = 0.5
    min_face: MinFace = 0
    face: Annotated[
        FaceChoice,
        AsOption(
            "Which of several faces, or tracks of a clip; central weighs size against place, all gives each "
            "further one an identity of its own.",
            DETECTION,
        ),
    ] = FaceChoice.CENTRAL
    size: Annotated[int, AsOption("Side of a crop, in pixels.", CROP)] = 112
    template: Annotated[Template, AsOption(TEMPLATE_HELP, CROP)] = Template.ARCFACE
    margin: Annotated[
        float,
        AsOption(
            "On each side: loose, in parts of the face's frame; box, of the box's longer side.",
            CROP,
            default=f"{BOX_MARGIN} for box",
        ),
    ] = None  # type: ignore[assignment]  # not given: what the template has, below
    on_missing: Annotated[
        OnMissing, AsOption("Where no face is found: reject, or take the middle and flag it.", CROP)
    ] = OnMissing.REJECT
    device: Annotated[Device, AsOption("Where the detector runs.", DETECTION)] = Device.AUTO

    def __post_init__(self) -> None:
        for name, kind in CHOICES.items():  # from Python they come as plain text
            object.__setattr__(self, name, as_choice(kind, name, getattr(self, name)))
        if self.margin is None:
            object.__setattr__(self, "margin", BOX_MARGIN if self.template is Template.BOX else 0.0)
        if not (is_number(self.min_score) and 0 < self.min_score < 1):
            raise ParameterError("{min_score} must lie between 0 and 1, not be {}", self.min_score)
        if not (is_number(self.det_size) and 32 <= self.det_size <= 8192):
            raise ParameterError("{det_size} must lie between 32 and 8192 pixels, not be {}", self.det_size)
        if not (is_number(self.size) and 16 <= self.size <= 1024):
            raise ParameterError("{size} must lie between 16 and 1024 pixels, not be {}", self.size)
        if not (is_number(self.min_face) and self.min_face >= 0):
            raise ParameterError("{min_face} must be 0 pixels or more, not {}", self.min_face)
        found = self.template, self.face, self.min_face, self.on_missing
        usual = Template.ARCFACE, FaceChoice.CENTRAL, 0, OnMissing.REJECT
        if self.detector == NONE and found != usual:
            raise ParameterError(
                "{detector} none takes photographs as they are; leave out {template}, {face}, {min_face} and "
                "{on_missing}"
            )
        as_published = self.template is Template.ARCFACE and self.size == ARCFACE_SIZE
        if cuts_crops(self.detector) and not as_published:
            raise ParameterError(
                "{detector} {} cuts crops as they are published, of {size} 112 in {template} arcface; the "
                "other detectors take any, as dfa does",
                str(self.detector).partition(":")[0],
            )
        if self.template is Template.LOOSE and not (is_number(self.margin) and 0 < self.margin <= 4):
            raise ParameterError(
                "{template} loose needs a {margin} above 0 and up to 4; 0.3 shows the whole head"
            )
        if self.template is Template.ARCFACE and self.margin:
            raise ParameterError("{margin} goes with {template} loose or box")
        if self.template is Template.BOX and not (is_number(self.margin) and 0 <= self.margin <= 4):
            raise ParameterError("{template} box takes a {margin} from 0 to 4, not {}", self.margin)

    def as_dict(self) -> dict[str, Any]:
        """The options as plain values for JSON, by the names of the command line."""
        given = asdict(self) | {name: getattr(self, name).value for name in CHOICES}
        return {name.replace("_", "-"): value for name, value in given.items()}
