"""Ranges of the losses' parameters, for annotations of their constructors."""

import math
from typing import Annotated

from pydantic import Field

Positive = Annotated[float, Field(gt=0)]
ZeroOrMore = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
CosineMargin = Annotated[float, Field(ge=0, le=2)]
AngularMargin = Annotated[float, Field(ge=0, le=math.pi / 2)]  # radians
SquaredDistanceMargin = Annotated[float, Field(gt=0, le=4)]  # between points of the unit sphere
DistanceMargin = Annotated[float, Field(gt=0, le=2)]  # between points of the unit sphere
