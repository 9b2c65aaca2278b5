"""Alignment options of the crops that a model was trained on, which its checkpoint keeps for later crops."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class CropSettings(BaseModel):
    """The options of `align run` that decide which face of a photograph becomes a crop, and how.

    The names and values are those of `align.crops.options.AlignOptions`, which judges them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    detector: str = "retinaface"  # as `--detector` names it
    det_size: int = 640
    min_score: float = 0.5
    min_face: int = 0
    face: str = "central"
    size: int = 112
    template: str = "arcface"
    margin: float = 0.0

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> "CropSettings":
        """From the options of a manifest, by the names of the command line (`det-size`).

        Raises pydantic.ValidationError for values of another type.
        """
        return cls.model_validate({name.replace("-", "_"): value for name, value in options.items()})
