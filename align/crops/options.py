"""What determines a crop besides the photograph."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeVar

from common.formats.crop_frame import Template
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


Choice = TypeVar("Choice", bound=StrEnum)


def as_choice(kind: type[Choice], parameter: str, value: str) -> Choice:
    """The choice of that name. Raises UserError, which names the parameter, where there is none."""
    try:
        return kind(value)
    except ValueError:
        raise ParameterError(f"{{{parameter}}} is {', '.join(kind)}, not {value!r}") from None


CHOICES: dict[str, type[StrEnum]] = {
    "face": FaceChoice,
    "template": Template,
    "on_missing": OnMissing,
    "device": Device,
}


@dataclass(frozen=True)
class AlignOptions:
    """How photographs become crops.

    Attributes:
        detector: `retinaface`, `insightface:PACK`, `onnx:FILE`, or `none` for photographs that are crops.
        det_size: pixels; photographs with a longer side are searched at this size.
        min_score: faces that the detector is less sure of do not count.
        min_face: pixels of the photograph; faces with a shorter side below do not count.
        face: which of several faces.
        size: pixels, both sides of a crop.
        template: the frame that the landmarks are brought to.
        margin: context around the loose template, in parts of the ArcFace frame's side.
        on_missing: what becomes of a photograph without a usable face.
        device: where the detector runs.

    Raises UserError for values that contradict each other or lie out of range.
    """

    detector: str = "retinaface"
    det_size: int = 640
    min_score: float = 0.5
    min_face: int = 0
    face: FaceChoice = FaceChoice.CENTRAL
    size: int = 112
    template: Template = Template.ARCFACE
    margin: float = 0.0
    on_missing: OnMissing = OnMissing.REJECT
    device: Device = Device.AUTO

    def __post_init__(self) -> None:
        for name, kind in CHOICES.items():  # from Python they come as plain text
            object.__setattr__(self, name, as_choice(kind, name, getattr(self, name)))
        if not 0 < self.min_score < 1:
            raise ParameterError(f"{{min_score}} must lie between 0 and 1, not be {self.min_score}")
        if not 32 <= self.det_size <= 8192:
            raise ParameterError(f"{{det_size}} must lie between 32 and 8192 pixels, not be {self.det_size}")
        if not 16 <= self.size <= 1024:
            raise ParameterError(f"{{size}} must lie between 16 and 1024 pixels, not be {self.size}")
        found = self.template, self.face, self.min_face, self.on_missing
        if self.detector == "none" and found != (
            Template.ARCFACE,
            FaceChoice.CENTRAL,
            0,
            OnMissing.REJECT,
        ):
            raise ParameterError(
                "{detector} none takes photographs as they are; leave out {template}, {face}, {min_face} and "
                "{on_missing}"
            )
        if self.template is Template.LOOSE and not 0 < self.margin <= 4:
            raise ParameterError(
                "{template} loose needs a {margin} above 0 and up to 4; 0.3 shows the whole head"
            )
        if self.template is Template.ARCFACE and self.margin:
            raise ParameterError("{margin} goes with {template} loose")

    def as_dict(self) -> dict[str, Any]:
        """The options as plain values for JSON, by the names of the command line."""
        return {name.replace("_", "-"): _plain(value) for name, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, StrEnum) else value
