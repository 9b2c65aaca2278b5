"""What the few functions that pickles of images and flags name would have made, as data.

None of them is called: each has a stand-in here, found by the words of the file.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from infer.pair_sets.pickled.errors import DAMAGED, NOT_PLAIN, NotDataError

LATIN_1 = ("latin1", "latin-1")
_ITEM_SIZES = {"b1": 1, "u1": 1, "i1": 1, "i4": 4, "i8": 8}  # of numpy's types, bytes
_SHOWN = 60  # characters of a name in a message


@dataclass(frozen=True)
class Name:
    """A dotted name, looked up nowhere."""

    module: str
    name: str

    def __str__(self) -> str:
        return ascii(f"{self.module}.{self.name}"[:_SHOWN])


@dataclass(frozen=True)
class ItemType:
    """A `numpy.dtype`."""

    kind: str  # "b1" flags, "u1" bytes, "i4" …

    @property
    def size(self) -> int:
        """Bytes."""
        return _ITEM_SIZES[self.kind]


@dataclass
class Array:
    """A `numpy.ndarray`, little-endian."""

    shape: tuple[int, ...] = (0,)
    items: ItemType = ItemType("u1")
    data: bytes = b""

    @property
    def is_flat(self) -> bool:
        """Whether it has one dimension, others of length 1 aside."""
        return max(self.shape, default=1) == math.prod(self.shape)


def refuse_unknown(name: Name) -> None:
    """Raises NotDataError for a name that has no stand-in."""
    if name not in _STAND_INS and name != _NDARRAY:
        raise NotDataError(f"names {name}, {NOT_PLAIN}")


def call(name: Name, arguments: tuple[object, ...]) -> object:
    """What a function would make of its arguments; a text that it encodes becomes new bytes.

    Raises NotDataError for a function without a stand-in and for a type of numpy that is not read, TypeError
    and ValueError for arguments that do not belong to it.
    """
    stand_in = _STAND_INS.get(name)
    if stand_in is None:
        raise NotDataError(f"calls {name}, {NOT_PLAIN}")
    return stand_in(*arguments)


def complete(target: object, state: object) -> None:
    """Give an array or a type of numpy what is stored of it. Raises NotDataError where it is not read."""
    if isinstance(target, ItemType) and isinstance(state, tuple) and len(state) > 1:
        if _word(state[1]) == ">" and target.size > 1:
            raise NotDataError("holds big-endian numbers, which are not read")
    elif isinstance(target, Array) and isinstance(state, tuple) and len(state) == 5:
        made = _array(state[4], state[2], state[1])
        target.shape, target.items, target.data = made.shape, made.items, made.data
    else:
        raise NotDataError(DAMAGED)


def _array(data: object, items: object, shape: object, order: object = "C") -> Array:
    if not isinstance(data, bytes) or not isinstance(items, ItemType) or not isinstance(shape, tuple):
        raise NotDataError(DAMAGED)
    if not all(isinstance(length, int) and 0 <= length <= len(data) for length in shape) or len(shape) > 32:
        raise NotDataError(DAMAGED)
    if len(data) != items.size * math.prod(shape):
        raise NotDataError(DAMAGED)
    return Array(shape, items, data)


def _empty_array(kind: object, shape: object, code: object) -> Array:
    if kind != _NDARRAY:
        raise NotDataError(DAMAGED)
    return Array()


def _item_type(kind: object, align: object = False, copy: object = True) -> ItemType:
    word = _word(kind)
    if word not in _ITEM_SIZES:
        raise NotDataError(f"holds numbers of numpy's type {word[:_SHOWN]!a}, which are not read")
    return ItemType(word)


def _scalar(items: object, data: object) -> int | bool:
    if not isinstance(items, ItemType) or not isinstance(data, bytes) or len(data) != items.size:
        raise NotDataError(DAMAGED)
    number = int.from_bytes(data, "little", signed=items.kind.startswith("i"))
    return bool(number) if items.kind == "b1" else number


def _encoded(text: object, encoding: object = "") -> bytes:
    if not isinstance(text, str) or _word(encoding) not in LATIN_1:
        raise NotDataError(DAMAGED)
    return text.encode("latin-1")


def _bytes(value: object = b"", encoding: object = "") -> bytes:
    return value if isinstance(value, bytes) else _encoded(value, encoding)


def _word(value: object) -> str:
    """Text, which Python 2 stores as bytes."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise NotDataError(DAMAGED)
    return value


_NDARRAY = Name("numpy", "ndarray")
_STAND_INS: dict[Name, Callable[..., object]] = {
    Name("_codecs", "encode"): _encoded,  # how protocols 0 to 2 hold the bytes of Python 3
    Name("numpy", "dtype"): _item_type,
    **{
        Name(module, kind): _bytes
        for module in ("__builtin__", "builtins")
        for kind in ("bytes", "bytearray")
    },
    **{
        Name(f"numpy.{core}.{module}", function): stand_in
        for core in ("core", "_core")  # before and since numpy 2
        for module, function, stand_in in (
            ("multiarray", "_reconstruct", _empty_array),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _array),
        )
    },
}
