"""The words by which data sets say that a face is bona fide or synthetic."""

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a face is; the values are the words of reports."""

    BONA_FIDE = "bona fide"
    SYNTHETIC = "synthetic"


class Positive(StrEnum):
    """What 1 means in a column of flags; the values are those of `--positive`."""

    REAL = "real"
    SYNTHETIC = "synthetic"


_BONA_FIDE = (
    "real reals bonafide bonafides genuine genuines authentic authentics live original originals pristine "
    "untampered unaltered unmanipulated client clients"
)
_SYNTHETIC = (
    "fake fakes synthetic synthetics synthesis synthesized synthesised spoof spoofs spoofed spoofing forged "
    "forgery forgeries deepfake deepfakes manipulated manipulation manipulations morph morphs morphed "
    "morphing attack attacks ai aigenerated generated gan gans diffusion swapped faceswap faceswaps altered "
    "tampered edited imposter imposters impostor impostors counterfeit counterfeits stylegan progan cyclegan "
    "stargan rendered dalle midjourney stablediffusion inswapper simswap deepfacelab fsgan"
)
_OPPOSITES = {Kind.BONA_FIDE: Kind.SYNTHETIC, Kind.SYNTHETIC: Kind.BONA_FIDE}
_KINDS = dict.fromkeys(_BONA_FIDE.split(), Kind.BONA_FIDE) | dict.fromkeys(_SYNTHETIC.split(), Kind.SYNTHETIC)
_KINDS |= {no + word: _OPPOSITES[kind] for word, kind in _KINDS.items() for no in ("non", "not")}
_PARTED = {"bona": ("fide", "fides"), "deep": ("fake", "fakes"), "face": ("swap", "swaps")}
_WORD = re.compile(r"[a-z]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def kind_of(text: str) -> Kind | None:
    """What a text says that is one of the words and nothing else; case, hyphens and spaces do not matter."""
    words = _words(text)
    return _KINDS.get(words[0]) if len(words) == 1 else None


def kinds_in(name: str) -> set[Kind]:
    """What the words in a name say: of `0_real`, `training_fake`, `Celeb-synthesis`, `TrainingReal`."""
    return {_KINDS[word] for word in _words(name) if word in _KINDS}


def plain_words(name: str) -> list[str]:
    """The words of a name in small letters: of `TrainingReal_2`, training and real."""
    return _WORD.findall(_HUMP.sub(" ", name).lower())


def _words(name: str) -> list[str]:
    """The words of a name; those that data sets part (`bona_fide`, `non-live`) as one."""
    words: list[str] = []
    for word in plain_words(name):
        before = words[-1] if words else ""
        if word in _PARTED.get(before, ()) or (before in ("non", "not") and word in _KINDS):
            words[-1] += word
        else:
            words.append(word)
    return words
