"""The stack and the memo on which a pickle is built, within bounds that its size sets."""

import re
from typing import BinaryIO

from common.formats.pair_list import MAX_PAIRS
from infer.pair_sets.pickled.calls import Name, call, complete, refuse_unknown
from infer.pair_sets.pickled.errors import CUT_SHORT, DAMAGED, NotDataError

MOST_VALUES = 3 * MAX_PAIRS + 100_000  # on the stack, in lists and in tuples: images, labels, and some more
OBJECTS_AT_LEAST = 1_000_000
BYTES_PER_OBJECT = 64  # of the file, beyond the first million: an image with all that belongs to it has more
LONGEST_NUMBER = 24  # characters
LONGEST_NAME = 1_000

_NUMBER = re.compile(rb"[+-]?[0-9]{1,20}L?")


class Machine:
    """What the operations of a pickle work on. Its methods raise NotDataError, IndexError and KeyError.

    Args:
        file: the pickle, at its beginning.
        size: bytes of it.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size
        self._objects_left = OBJECTS_AT_LEAST + size // BYTES_PER_OBJECT
        self._values_left = MOST_VALUES
        self._bytes_left = 2 * size  # that may be made of text
        self._stack: list[object] = []
        self._marks: list[int] = []  # heights of the stack
        self._memo: dict[int, object] = {}

    def take(self, count: int) -> bytes:
        """The next bytes of the file."""
        if count > self._left:
            raise NotDataError(CUT_SHORT)
        self._left -= count
        data = self._file.read(count)
        if len(data) != count:
            raise NotDataError(CUT_SHORT)
        return data

    def line(self, longest: int | None = None) -> bytes:
        """The next line without its end; by default of any length."""
        most = self._left if longest is None else min(longest + 1, self._left)
        data = self._file.readline(most)
        self._left -= len(data)
        if not data.endswith(b"\n"):
            raise NotDataError(DAMAGED if len(data) == most and self._left else CUT_SHORT)
        return data[:-1]

    def unsigned(self, width: int) -> int:
        """The number in the next `width` bytes, little-endian."""
        return int.from_bytes(self.take(width), "little")

    def signed(self, width: int) -> int:
        """The same in two's complement."""
        return int.from_bytes(self.take(width), "little", signed=True)

    def decimal(self) -> int:
        """The number on the next line."""
        text = self.line(LONGEST_NUMBER)
        if not _NUMBER.fullmatch(text):
            raise NotDataError(DAMAGED)
        return int(text.rstrip(b"L"))

    def push(self, value: object) -> None:
        """Put a value that takes no memory of its own on the stack: a flag, a number, one from the memo."""
        self._values_left -= 1
        if self._values_left < 0:
            raise NotDataError(f"holds more than {MOST_VALUES} values")
        self._stack.append(value)

    def push_new(self, value: object) -> None:
        """Put a new object on the stack."""
        self._spend_object()
        self.push(value)

    def pop(self) -> object:
        """Take the topmost value above the last mark."""
        if self._marks and len(self._stack) == self._marks[-1]:
            raise NotDataError(DAMAGED)
        self._values_left += 1
        return self._stack.pop()

    def mark(self) -> None:
        """Note the height of the stack."""
        self._spend_object()
        self._marks.append(len(self._stack))

    def pop_to_mark(self) -> list[object]:
        """Take what came after the last mark."""
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        self._values_left += len(values)
        return values

    def push_list(self, values: list[object]) -> None:
        """Put a list on the stack."""
        self.push_new([])
        self.extend(values)

    def push_tuple(self, values: list[object]) -> None:
        """Put a tuple on the stack."""
        self._values_left -= len(values)
        self.push_new(tuple(values))

    def extend(self, values: list[object]) -> None:
        """Add values to the list on top of the stack."""
        target = self._stack[-1]
        if not isinstance(target, list):
            raise NotDataError(DAMAGED)
        self._values_left -= len(values)
        target.extend(values)

    def remember(self, place: int) -> None:
        """Note the topmost value in the memo."""
        self._spend_object()
        self._memo[place] = self._stack[-1]

    def remember_next(self) -> None:
        """Note it at the next place."""
        self.remember(len(self._memo))

    def recall(self, place: int) -> None:
        """Put a value of the memo on the stack."""
        self.push(self._memo[place])

    def push_name(self, module: object, name: object) -> None:
        """Put a name of a function or class on the stack that has a stand-in."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise NotDataError(DAMAGED)
        found = Name(module, name)
        refuse_unknown(found)
        self.push_new(found)

    def reduce(self) -> None:
        """Put what a function makes of its arguments in the place of both."""
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise NotDataError(DAMAGED)
        made = call(function, arguments)
        if isinstance(made, bytes):  # one text in the memo could be made into bytes again and again
            self._bytes_left -= len(made)
            if self._bytes_left < 0:
                raise NotDataError("unfolds to more than its size")
        self.push_new(made)

    def build(self) -> None:
        """Complete the topmost value by what is stored of it."""
        state = self.pop()
        complete(self._stack[-1], state)

    def _spend_object(self) -> None:
        self._objects_left -= 1
        if self._objects_left < 0:
            raise NotDataError("holds too many objects for its size")
