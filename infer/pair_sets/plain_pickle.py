"""Reader of untrusted pickles that hold data alone: bytes, text, numbers, flags, lists, tuples, NumPy arrays.

Nothing that a file names is imported or called. The base is the unpickler that Python has in Python: the one
in C makes room for any size and any place of its memo that a file names, and its work cannot be counted.
"""

import math
import pickle
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from common.formats.pair_list import MAX_PAIRS

MOST_VALUES = 3 * MAX_PAIRS + 100_000  # flags, numbers and mentions: images, labels, and some more
OBJECTS_AT_LEAST = 1_000_000
BYTES_PER_OBJECT = 64  # of the file, beyond the first million: an image with all that belongs to it has more
NOT_PLAIN = "which is no part of plain data"

# operations that make an object, that put what takes no memory of its own on the stack, and that do neither
_OBJECTS = """STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE BINUNICODE
    SHORT_BINUNICODE BINUNICODE8 MARK EMPTY_LIST LIST EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 TUPLE PUT BINPUT
    LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL REDUCE"""
_VALUES = "NONE NEWTRUE NEWFALSE INT LONG LONG1 BININT BININT1 BININT2 GET BINGET LONG_BINGET"
_NEITHER = "PROTO FRAME APPEND APPENDS BUILD STOP"
_NAMES = {ord(operation.code): operation.name for operation in pickletools.opcodes}
_PLACES = 1 << 32  # of the memo: places of any size could be chosen to collide

_ITEM_SIZES = {"b1": 1, "u1": 1, "i1": 1, "i4": 4, "i8": 8}  # of NumPy's types that are read, bytes
_SHOWN = 60  # characters of a name in a message


class NotDataError(Exception):
    """A pickle that is damaged, or holds more than data; the text continues a sentence on the file."""


def read_pickle(file: BinaryIO, size: int) -> object:
    """The value in a pickle of protocol 0 to 5; time and memory are linear in its size.

    Arrays of NumPy become `Array`, its numbers those of Python; bytearrays and the text of Python 2 become
    bytes. A list may hold itself.

    Args:
        file: at its beginning.
        size: bytes of the file.

    Raises NotDataError for a file that is no such pickle, and OSError.
    """
    try:
        return _PlainUnpickler(file, size).load()
    # an operation without what it works on
    except (pickle.UnpicklingError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotDataError("is damaged or ends too early") from error


class ItemType(str):
    """Stand-in for `numpy.dtype`: "b1" flags, "u1" bytes, "i4" …"""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] in (">", b">") and _ITEM_SIZES[self] > 1:
            raise NotDataError("holds big-endian numbers, which are not read")


_BYTE = ItemType("u1")


@dataclass
class Array:
    """Stand-in for `numpy.ndarray`, little-endian. Raises ValueError for bytes that do not fill it."""

    data: bytes = b""
    items: ItemType = _BYTE
    shape: tuple[int, ...] = (0,)
    order: object = "C"

    def __post_init__(self) -> None:
        kinds = type(self.data), type(self.items), type(self.shape)
        if (
            kinds != (bytes, ItemType, tuple)
            or len(self.shape) > 32
            or not all(type(side) is int and 0 <= side <= len(self.data) for side in self.shape)
            or len(self.data) != _ITEM_SIZES[self.items] * math.prod(self.shape)
        ):
            raise ValueError("its bytes do not fill an array")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.items, self.order, self.data = state
        self.__post_init__()

    @property
    def is_flat(self) -> bool:
        """Whether it has one dimension, others of length 1 aside."""
        return max(self.shape, default=1) == math.prod(self.shape)


def _ndarray(*arguments: object) -> NoReturn:
    raise NotDataError(f"calls 'numpy.ndarray', {NOT_PLAIN}")


def _item_type(kind: object, align: object = False, copy: object = True) -> ItemType:
    word = _bytes(kind).decode("latin-1")
    if word not in _ITEM_SIZES:
        raise NotDataError(f"holds numbers of numpy's type {word[:_SHOWN]!a}, which are not read")
    return ItemType(word)


def _scalar(items: ItemType, data: bytes) -> int | bool:
    number = int.from_bytes(Array(data, items, (1,)).data, "little", signed=items.startswith("i"))
    return bool(number) if items == "b1" else number


def _bytes(value: object = b"", encoding: object = "latin1") -> bytes:
    if isinstance(value, str) and encoding in ("latin1", "latin-1", b"latin1", b"latin-1"):
        return value.encode("latin-1")
    if not isinstance(value, bytes):
        raise ValueError("no text in Latin-1")
    return value


_STAND_INS: dict[str, Callable[..., object]] = {
    "_codecs.encode": _bytes,  # how protocols 0 to 2 hold the bytes of Python 3
    "numpy.dtype": _item_type,
    "numpy.ndarray": _ndarray,
}
_STAND_INS |= dict.fromkeys(
    (f"{module}.{kind}" for module in ("__builtin__", "builtins") for kind in ("bytes", "bytearray")), _bytes
)
for _core in ("numpy.core", "numpy._core"):  # before and since NumPy 2
    _STAND_INS[f"{_core}.multiarray._reconstruct"] = lambda kind, shape, code: Array()
    _STAND_INS[f"{_core}.multiarray.scalar"] = _scalar
    _STAND_INS[f"{_core}.numeric._frombuffer"] = Array


@dataclass
class _Bounded:
    """A file of which no more is asked than there is left: `read` makes room for all that it is asked."""

    file: BinaryIO
    left: int  # bytes

    def read(self, count: int) -> bytes:
        data = self.file.read(count) if count <= self.left else b""
        if len(data) != count:
            raise EOFError
        self.left -= count
        return data

    def readline(self) -> bytes:
        data = self.file.readline(self.left)
        self.left -= len(data)
        if not data.endswith(b"\n"):
            raise EOFError
        return data


class _Memo(dict[int, object]):
    def __setitem__(self, place: int, value: object) -> None:
        if place >= _PLACES:
            raise ValueError("no place of a memo")
        super().__setitem__(place, value)


class _PlainUnpickler(pickle._Unpickler):
    stack: list[Any]

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__(_Bounded(file, size), encoding="bytes")
        self.memo = _Memo()
        self.most = {"objects": OBJECTS_AT_LEAST + size // BYTES_PER_OBJECT, "values": MOST_VALUES}
        self.left = {**self.most, "bytes": 2 * size}  # the bytes are those made of text

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        whole = f"{module}.{name}"
        if whole not in _STAND_INS:
            raise NotDataError(f"names {whole[:_SHOWN]!a}, {NOT_PLAIN}")
        return _STAND_INS[whole]

    def load_reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(arguments) is not tuple:
            raise ValueError("no arguments")
        made = function(*arguments)  # one of the stand-ins: nothing else on the stack can be called
        self.left["bytes"] -= len(made) if isinstance(made, bytes) else 0
        if self.left["bytes"] < 0:  # one text in the memo could be made into bytes again and again
            raise NotDataError("unfolds to more than its size")
        self.stack.append(made)


class _Operations(dict[int, Callable[[Any], None]]):
    def __missing__(self, code: int) -> NoReturn:
        raise NotDataError(f"holds {_NAMES.get(code, f'the operation {bytes([code])!r}')}, {NOT_PLAIN}")


def _counted(kind: str, operation: Callable[[Any], None]) -> Callable[[Any], None]:
    def run(unpickler: _PlainUnpickler) -> None:
        unpickler.left[kind] -= 1
        if unpickler.left[kind] < 0:
            raise NotDataError(f"holds too many {kind}: more than {unpickler.most[kind]:,}")
        operation(unpickler)

    return run


_done: dict[str, Callable[[Any], None]] = {
    _NAMES[code]: operation for code, operation in pickle._Unpickler.dispatch.items()
}
_done |= {"REDUCE": _PlainUnpickler.load_reduce, "BYTEARRAY8": _done["BINBYTES8"]}
_done = {name: _done[name] for name in _NEITHER.split()} | {
    name: _counted(kind, _done[name])
    for kind, names in (("objects", _OBJECTS), ("values", _VALUES))
    for name in names.split()
}
_PlainUnpickler.dispatch = _Operations((code, _done[name]) for code, name in _NAMES.items() if name in _done)
