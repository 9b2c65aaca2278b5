"""The numbers that stay the same in every photograph of a person."""

from __future__ import annotations

from dataclasses import dataclass

from facetrust.sample.people.traits import Mark


@dataclass(frozen=True)
class Appearance:
    """Shape and colours of one rendered person. Lengths are mm, colours linear RGB in 0..1.

    `shape` holds standard-normal coefficients of the skull and face shape by name (see head_geometry);
    `texture_seed` is the seed of everything on the skin that is too fine to be named.
    """

    group: str
    gender: str
    age: float
    melanin: float
    skin: tuple[float, float, float]
    redness: float
    shape: dict[str, float]
    eye_spacing: float
    eye_width: float
    eye_opening: float
    eye_tilt: float
    eye_fold: float
    iris: tuple[float, float, float]
    brow_height: float
    brow_thickness: float
    brow_density: float
    brow_arch: float
    brow_length: float
    brow_tilt: float
    brow_colour: tuple[float, float, float]
    mouth_width: float
    upper_lip: float
    lower_lip: float
    lip_bow: float
    mouth_y: float
    lip_colour: tuple[float, float, float]
    hair_style: str
    hair_colour: tuple[float, float, float]
    hair_curl: float
    hairline: float
    hair_volume: float
    parting: float
    beard: float
    moustache: float
    stubble: float
    freckles: float
    marks: tuple[Mark, ...]
    wrinkles: float
    ear_size: float
    ear_flare: float
    glasses: bool
    glasses_shape: float
    glasses_width: float
    glasses_colour: tuple[float, float, float]
    glasses_thickness: float
    texture_seed: int
