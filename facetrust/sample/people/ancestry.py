"""Groups of people that look alike: where skin tone, hair, eyes and face shape are drawn around."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Colour = tuple[float, float, float]

BLACK_HAIR: Colour = (0.014, 0.011, 0.010)
DARK_BROWN_HAIR: Colour = (0.040, 0.022, 0.013)
BROWN_HAIR: Colour = (0.105, 0.055, 0.028)
BLOND_HAIR: Colour = (0.42, 0.28, 0.13)
RED_HAIR: Colour = (0.26, 0.075, 0.022)

DARK_IRIS: Colour = (0.045, 0.022, 0.012)
BROWN_IRIS: Colour = (0.115, 0.055, 0.022)
HAZEL_IRIS: Colour = (0.17, 0.12, 0.045)
GREEN_IRIS: Colour = (0.13, 0.19, 0.10)
BLUE_IRIS: Colour = (0.13, 0.23, 0.36)
GREY_IRIS: Colour = (0.22, 0.25, 0.28)


@dataclass(frozen=True)
class Ancestry:
    """Means of one group. `melanin` is (mean, deviation); `shape` shifts shape coefficients of Person."""

    name: str
    melanin: tuple[float, float]
    warmth: float
    hair: tuple[tuple[Colour, float], ...]
    iris: tuple[tuple[Colour, float], ...]
    curl: float
    lips: float
    eye_opening: float
    eye_tilt: float
    eye_fold: float
    shape: Mapping[str, float] = field(default_factory=dict)

    def draw_hair(self, rng: np.random.Generator) -> Colour:
        """A natural hair colour of the group, linear RGB."""
        return _draw_near(rng, self.hair)

    def draw_iris(self, rng: np.random.Generator) -> Colour:
        """An iris colour of the group, linear RGB."""
        return _draw_near(rng, self.iris)


def _draw_near(rng: np.random.Generator, choices: tuple[tuple[Colour, float], ...]) -> Colour:
    weights = np.array([weight for _, weight in choices])
    colour = np.array(choices[int(rng.choice(len(choices), p=weights / weights.sum()))][0])
    r, g, b = colour * np.exp(rng.normal(0, 0.22)) * np.exp(rng.normal(0, 0.06, 3))
    return float(r), float(g), float(b)


ANCESTRIES: tuple[Ancestry, ...] = (
    Ancestry(
        "north",
        (0.10, 0.07),
        -0.3,
        ((BLOND_HAIR, 3), (BROWN_HAIR, 4), (RED_HAIR, 1.2), (DARK_BROWN_HAIR, 2)),
        ((BLUE_IRIS, 4), (GREY_IRIS, 2), (GREEN_IRIS, 2), (HAZEL_IRIS, 1.5), (BROWN_IRIS, 1)),
        0.15,
        0.86,
        1.0,
        0.0,
        3.0,
        {"nose_bridge": 0.6, "nose_width": -0.6},
    ),
    Ancestry(
        "south",
        (0.28, 0.09),
        0.3,
        ((DARK_BROWN_HAIR, 4), (BLACK_HAIR, 2), (BROWN_HAIR, 2)),
        ((BROWN_IRIS, 4), (HAZEL_IRIS, 2), (DARK_IRIS, 2), (GREEN_IRIS, 1)),
        0.30,
        0.98,
        1.02,
        1.0,
        3.2,
        {"nose_hump": 0.8, "nose_length": 0.5},
    ),
    Ancestry(
        "east",
        (0.22, 0.08),
        0.5,
        ((BLACK_HAIR, 5), (DARK_BROWN_HAIR, 1.5)),
        ((DARK_IRIS, 4), (BROWN_IRIS, 1)),
        0.03,
        1.0,
        0.86,
        5.0,
        0.9,
        {"nose_bridge": -1.0, "socket": -1.0, "cheekbone": 0.6, "face_width": 0.4},
    ),
    Ancestry(
        "indian",
        (0.50, 0.12),
        0.4,
        ((BLACK_HAIR, 5), (DARK_BROWN_HAIR, 2)),
        ((DARK_IRIS, 4), (BROWN_IRIS, 2)),
        0.22,
        1.06,
        1.06,
        1.5,
        3.2,
        {"socket": 0.4},
    ),
    Ancestry(
        "african",
        (0.80, 0.12),
        0.0,
        ((BLACK_HAIR, 5), (DARK_BROWN_HAIR, 1)),
        ((DARK_IRIS, 5), (BROWN_IRIS, 1)),
        0.92,
        1.32,
        1.03,
        2.0,
        3.0,
        {"nose_width": 1.3, "nose_bridge": -0.7, "muzzle": 0.8, "lip_forward": 0.7},
    ),
    Ancestry(
        "american",
        (0.40, 0.09),
        0.4,
        ((BLACK_HAIR, 4), (DARK_BROWN_HAIR, 2)),
        ((DARK_IRIS, 4), (BROWN_IRIS, 2)),
        0.08,
        1.05,
        0.94,
        3.0,
        2.0,
        {"cheekbone": 0.8, "nose_hump": 0.4, "face_width": 0.5},
    ),
)
