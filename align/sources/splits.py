"""Folders that part a data set, or only hold photographs, and say nothing about whom these show."""

import re

_SPLITS = frozenset(
    {"train", "training", "val", "valid", "validation", "test", "testing", "dev", "eval", "evaluation"}
)
_BESIDE_SPLITS = frozenset({"set", "split", "public", "private", "part", "fold", "data"})
_CONTAINERS = frozenset(
    {"image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "frame", "frames", "face"}
    | {"faces", "crop", "crops", "cropped", "aligned", "jpg", "jpeg", "png", "data", "dataset", "video"}
    | {"videos", "sequence", "sequences", "set", "sets"}
)
# How FaceForensics++ and its like lie: by where a video is from, its compression, what forged it.
_PARTS_OF_FORENSICS = frozenset(
    {"youtube", "actors", "c0", "c23", "c40", "raw", "face2face", "neuraltextures", "faceshifter"}
    | {"deepfakes", "faceswap", "deepfakedetection", "mask", "masks"}
)
_WORD = re.compile(r"[a-z]+")


def is_split(folder: str) -> bool:
    """Whether a folder of this name is a part of a data set: `train`, `Val`, `test_public`, `train-2`."""
    words = _WORD.findall(folder.lower())
    parting = sum(word in _SPLITS for word in words)
    return parting == 1 and all(word in _SPLITS or word in _BESIDE_SPLITS for word in words)


def splits_in(name: str) -> set[str]:
    """The splits that a name speaks of: of `train_solution.csv`, and of `images/train`, train in short."""
    return {word[:3] for word in _WORD.findall(name.lower()) if word in _SPLITS}


def is_container(folder: str) -> bool:
    """Whether a folder's name says only that photographs lie in it: `images`, `frames`, `train_images`."""
    words = set(_WORD.findall(folder.lower()))
    return not words.isdisjoint(_CONTAINERS) and words <= _CONTAINERS | _SPLITS


def names_nobody(folder: str) -> bool:
    """Whether a folder of this name is surely not one of a person's photographs."""
    plain = folder.lower().replace("_", "").replace("-", "")
    return is_split(folder) or is_container(folder) or plain in _PARTS_OF_FORENSICS
