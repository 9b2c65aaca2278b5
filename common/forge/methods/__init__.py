"""The methods of forging by name, one file each."""

from collections.abc import Callable

from common.forge.chance import Chance
from common.forge.face import Face, Image
from common.forge.methods.generator_traces import generator_traces
from common.forge.methods.reenactment import reenactment
from common.forge.methods.self_blend import self_blend
from common.forge.methods.swap import swap

ONE_FACE: dict[str, Callable[[Face, Chance], Image]] = {
    "self-blend": self_blend,
    "generator-traces": generator_traces,
    "reenactment": reenactment,
}
"""(bona fide face, chance) -> a forgery of the same size."""

TWO_FACES: dict[str, Callable[[Face, Face, Chance], Image]] = {"swap": swap}
"""(face shown, photograph it is put into, chance) -> a forgery of the same size."""

__all__ = ["ONE_FACE", "TWO_FACES"]
