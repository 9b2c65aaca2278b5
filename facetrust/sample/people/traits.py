"""The random traits of a person: how skin, features, hair and glasses are distributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetrust.sample.people.ancestry import ANCESTRIES, Ancestry

HAIR_STYLES = ("bald", "buzz", "short", "parted", "fringe", "afro", "bob", "long", "tied")
_STYLE_WEIGHTS = {
    "man": (0.10, 0.18, 0.34, 0.22, 0.09, 0.04, 0.00, 0.03, 0.00),
    "woman": (0.00, 0.01, 0.07, 0.07, 0.10, 0.05, 0.22, 0.30, 0.18),
}
SHAPE_NAMES = (
    "face_width",
    "jaw_width",
    "chin_width",
    "chin_length",
    "chin_forward",
    "cheekbone",
    "cheek_fullness",
    "brow_ridge",
    "forehead",
    "temple",
    "socket",
    "nose_length",
    "nose_width",
    "nose_bridge",
    "nose_hump",
    "nose_tip",
    "nose_tip_lift",
    "nostril",
    "muzzle",
    "lip_forward",
    "eye_bulge",
    "asymmetry",
    "nasolabial",
    "eye_height",
)


@dataclass(frozen=True)
class Mark:
    """A mole or a scar on the skin, at (x, y) mm from the point between the eyes."""

    x: float
    y: float
    radius: float
    kind: str


def draw_traits(rng: np.random.Generator) -> dict[str, object]:
    """The fields of a Person by name."""
    ancestry = ANCESTRIES[int(rng.integers(len(ANCESTRIES)))]
    gender = "man" if rng.random() < 0.5 else "woman"
    age = float(np.clip(18 + rng.gamma(2.2, 11), 18, 78))
    fields: dict[str, object] = {"group": ancestry.name, "gender": gender, "age": age}
    fields |= _draw_skin(rng, ancestry, age)
    fields |= _draw_features(rng, ancestry, gender, age)
    fields |= _draw_hair(rng, ancestry, gender, age)
    fields |= _draw_glasses(rng, age)
    return fields | {"texture_seed": int(rng.integers(2**62))}


def _rgb(values: np.ndarray) -> tuple[float, float, float]:
    r, g, b = (float(v) for v in np.clip(values, 0.002, 0.95))
    return r, g, b


def skin_colour(melanin: float, warmth: float, redness: float) -> np.ndarray:
    """Linear RGB of skin.

    melanin: 0 palest .. 1 darkest; warmth: -1 pink .. 1 olive; redness: -1 .. 1.
    """
    pale, dark = np.log([0.74, 0.50, 0.40]), np.log([0.095, 0.047, 0.030])
    colour = np.exp(pale + (dark - pale) * melanin)
    colour *= np.array([1.0, 1.0 + 0.06 * warmth, 1.0 - 0.12 * warmth])
    skin: np.ndarray = colour * np.array([1.0, 1.0 - 0.07 * redness, 1.0 - 0.05 * redness])
    return skin


def _draw_skin(rng: np.random.Generator, ancestry: Ancestry, age: float) -> dict[str, object]:
    melanin = float(np.clip(rng.normal(*ancestry.melanin), 0.0, 1.0))
    redness = float(np.clip(rng.normal(0, 0.6), -1, 1.3))
    skin = skin_colour(melanin, float(rng.normal(ancestry.warmth, 0.45)), redness)
    freckled = rng.random() < (0.35 if melanin < 0.3 else 0.08)
    marks = tuple(
        Mark(float(rng.uniform(-52, 52)), float(rng.uniform(-40, 105)), float(rng.uniform(1.1, 2.7)), "mole")
        for _ in range(int(rng.poisson(2.6)))
    )
    if rng.random() < 0.14:
        scar = Mark(
            float(rng.choice([-1, 1]) * rng.uniform(15, 48)),
            float(rng.uniform(-35, 95)),
            float(rng.uniform(5, 11)),
            "scar",
        )
        marks += (scar,)
    lip = skin * np.array([0.86, 0.52, 0.55]) * rng.normal(1, 0.07, 3) + np.array([0.04, 0.0, 0.01])
    return {
        "melanin": melanin,
        "redness": redness,
        "skin": _rgb(skin),
        "marks": marks,
        "lip_colour": _rgb(lip),
        "freckles": float(rng.uniform(0.35, 1.0)) if freckled else 0.0,
        "wrinkles": float(np.clip((age - 32) / 40 + rng.normal(0, 0.12), 0, 1)),
    }


def _draw_features(
    rng: np.random.Generator, ancestry: Ancestry, gender: str, age: float
) -> dict[str, object]:
    man = 1.0 if gender == "man" else 0.0
    shape = {name: float(np.clip(rng.normal(), -2.0, 2.0)) for name in SHAPE_NAMES}
    for name, shift in ancestry.shape.items():
        shape[name] += shift
    for name, shift in (("jaw_width", 0.8), ("brow_ridge", 1.0), ("chin_width", 0.6), ("nose_length", 0.3)):
        shape[name] += shift * (2 * man - 1) * 0.7
    shape["nasolabial"] += (age - 40) / 20
    lips = ancestry.lips + (0.0 if man else 0.25)
    return {
        "shape": shape,
        "eye_spacing": float(np.clip(rng.normal(62.5 + man, 3.0), 56, 70)),
        "eye_width": float(np.clip(rng.normal(15.5, 1.0), 13.4, 18)),
        "eye_opening": float(np.clip(rng.normal(ancestry.eye_opening, 0.10), 0.72, 1.25)),
        "eye_tilt": float(rng.normal(ancestry.eye_tilt, 2.6)),
        "eye_fold": float(np.clip(rng.normal(ancestry.eye_fold, 1.0), 0.0, 6.0)),
        "iris": _rgb(np.array(ancestry.draw_iris(rng))),
        "brow_height": float(rng.normal(21.0 - 1.8 * man, 1.8)),
        "brow_thickness": float(np.clip(rng.normal(3.4 + 1.6 * man, 1.0), 2.0, 7.0)),
        "brow_density": float(np.clip(rng.normal(0.72, 0.15), 0.35, 1.0)),
        "brow_arch": float(np.clip(rng.normal(3.0 - 1.2 * man, 1.5), -0.5, 6.5)),
        "brow_length": float(np.clip(rng.normal(36, 3), 29, 43)),
        "brow_tilt": float(rng.normal(6.0, 3.5)),
        "mouth_width": float(np.clip(rng.normal(24.0 + man, 2.2), 19, 30)),
        "upper_lip": float(np.clip(rng.normal(6.0, 1.3) * lips, 3.0, 11.0)),
        "lower_lip": float(np.clip(rng.normal(8.0, 1.5) * lips, 4.5, 13.0)),
        "lip_bow": float(np.clip(rng.normal(1.2, 0.6), 0.1, 2.6)),
        "mouth_y": float(np.clip(rng.normal(71.5, 2.4), 66, 77)),
        "ear_size": float(np.clip(rng.normal(1.0 + (age - 40) * 0.002, 0.09), 0.78, 1.25)),
        "ear_flare": float(np.clip(rng.normal(0.5, 0.22), 0.05, 1.0)),
    }


def _draw_hair(rng: np.random.Generator, ancestry: Ancestry, gender: str, age: float) -> dict[str, object]:
    style = str(rng.choice(HAIR_STYLES, p=np.array(_STYLE_WEIGHTS[gender])))
    curl = float(np.clip(rng.normal(ancestry.curl, 0.15), 0, 1))
    if curl > 0.7 and style in ("parted", "fringe", "bob"):
        style = "afro" if rng.random() < 0.5 else "buzz" if gender == "man" else "tied"
    colour = np.array(ancestry.draw_hair(rng))
    grey = np.clip((age - 42 + rng.normal(0, 8)) / 30, 0, 1) * (1.0 if gender == "man" else 0.6)
    grown = colour * (1 - grey) + np.array([0.42, 0.41, 0.40]) * grey
    bearded = gender == "man" and rng.random() < 0.32
    return {
        "hair_style": style,
        "hair_curl": curl,
        "hair_colour": _rgb(grown),
        "brow_colour": _rgb(colour * 0.55 * (1 - 0.7 * grey) + np.array([0.25, 0.24, 0.23]) * 0.7 * grey),
        "hairline": float(rng.normal(0, 5) + (max(0.0, age - 35) * 0.25 if gender == "man" else 0)),
        "hair_volume": float(np.clip(rng.normal(1.0, 0.22), 0.55, 1.6)),
        "parting": float(rng.uniform(-38, 38)),
        "beard": float(rng.uniform(0.45, 1.0)) if bearded else 0.0,
        "moustache": float(rng.uniform(0.4, 1.0))
        if bearded or (gender == "man" and rng.random() < 0.08)
        else 0.0,
        "stubble": float(rng.uniform(0.0, 0.6)) if gender == "man" and not bearded else 0.0,
    }


def _draw_glasses(rng: np.random.Generator, age: float) -> dict[str, object]:
    dark = rng.random() < 0.65
    colour = rng.uniform(0.005, 0.05, 3) if dark else rng.uniform(0.05, 0.5, 3)
    return {
        "glasses": bool(rng.random() < 0.16 + max(0.0, age - 40) * 0.006),
        "glasses_shape": float(rng.uniform(0, 1)),
        "glasses_width": float(rng.uniform(0.92, 1.12)),
        "glasses_colour": _rgb(colour),
        "glasses_thickness": float(rng.uniform(1.0, 3.4)),
    }
