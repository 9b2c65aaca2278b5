"""Everything that changes from one photograph of a person to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetrust.sample.people.body import Clothing
from facetrust.sample.people.expression import Expression
from facetrust.sample.photography.camera import Camera
from facetrust.sample.photography.light import Light

WEARS_GLASSES = 0.92  # share of a wearer's photographs with glasses


@dataclass(frozen=True)
class Conditions:
    """Conditions of one photograph. Angles in degrees, positive yaw turns the face to the image's right.

    scale: pixels per mm; centre: pixels of the middle of the face; distance: camera distance, mm;
    forgot_glasses: a wearer has them off.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    centre: tuple[float, float]
    distance: float
    expression: Expression
    light: Light
    clothing: Clothing
    camera: Camera
    background_seed: int
    forgot_glasses: bool

    @staticmethod
    def random(rng: np.random.Generator) -> Conditions:
        """Conditions of a portrait: mostly turned a little towards the camera."""
        # brows to chin measure about 135 mm
        scale = float(rng.uniform(84, 136)) / 135.0
        return Conditions(
            yaw=float(np.clip(rng.normal(0, 9), -20, 20)),
            pitch=float(np.clip(rng.normal(0, 5.0), -10, 10)),
            roll=float(np.clip(rng.normal(0, 5.0), -12, 12)),
            scale=scale,
            centre=(float(125 + rng.uniform(-16, 16)), float(132 + rng.uniform(-12, 14))),
            distance=float(rng.uniform(620, 1300)),
            expression=Expression.random(rng),
            light=Light.random(rng),
            clothing=Clothing.random(rng),
            camera=Camera.random(rng),
            background_seed=int(rng.integers(2**62)),
            forgot_glasses=bool(rng.random() > WEARS_GLASSES),
        )
