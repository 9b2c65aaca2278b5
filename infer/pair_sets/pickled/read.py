"""Pickles read as data: nothing that a file names is looked up, imported or called.

The operations that pickles of bytes, flags and arrays need are carried out one by one, as Python's
`pickletools` describes them; any other ends the reading. Work and memory are linear in the size of the file.
"""

import codecs
import pickletools
from collections.abc import Callable
from typing import BinaryIO

from infer.pair_sets.pickled.errors import DAMAGED, NOT_PLAIN, NotDataError
from infer.pair_sets.pickled.machine import LONGEST_NAME, LONGEST_NUMBER, Machine

_NAMES = {operation.code.encode("latin-1"): operation.name for operation in pickletools.opcodes}
_FLAGS = {b"00": False, b"01": True}


def read_pickle(file: BinaryIO, size: int) -> object:
    """The value in a pickle of protocol 0 to 5: bytes, text, numbers, flags, None, lists and tuples of these.

    Arrays of numpy become `calls.Array`, its numbers those of Python, bytearrays and the text of Python 2
    bytes. A list may hold itself.

    Args:
        file: at its beginning.
        size: bytes of the file.

    Raises NotDataError for a file that is no such pickle, and OSError.
    """
    machine = Machine(file, size)
    try:
        while (code := machine.take(1)) != b".":
            name = _NAMES.get(code, f"the operation {code!r}")
            if name not in _OPERATIONS:
                raise NotDataError(f"holds {name}, {NOT_PLAIN}")
            _OPERATIONS[name](machine)
        return machine.pop()
    except (ValueError, LookupError, TypeError) as error:  # an operation without what it works on
        raise NotDataError(DAMAGED) from error


def _push_number(machine: Machine) -> None:
    text = machine.line(LONGEST_NUMBER)
    machine.push(_FLAGS[text] if text in _FLAGS else int(text))


def _push_quoted(machine: Machine) -> None:
    text = machine.line()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
        raise NotDataError(DAMAGED)
    machine.push_new(codecs.escape_decode(text[1:-1])[0])


def _push_global(machine: Machine) -> None:
    module, name = machine.line(LONGEST_NAME), machine.line(LONGEST_NAME)
    machine.push_name(module.decode("utf-8"), name.decode("utf-8"))


def _push_computed_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push_name(module, name)


def _push_bytes(width: int) -> Callable[[Machine], None]:
    return lambda machine: machine.push_new(machine.take(machine.unsigned(width)))


def _push_text(width: int) -> Callable[[Machine], None]:
    return lambda machine: machine.push_new(
        machine.take(machine.unsigned(width)).decode("utf-8", "surrogatepass")
    )


def _push_tuple(length: int) -> Callable[[Machine], None]:
    return lambda machine: machine.push_tuple([machine.pop() for _ in range(length)][::-1])


_OPERATIONS: dict[str, Callable[[Machine], object]] = {
    "PROTO": lambda machine: machine.take(1),
    "FRAME": lambda machine: machine.take(8),
    "NONE": lambda machine: machine.push(None),
    "NEWTRUE": lambda machine: machine.push(True),
    "NEWFALSE": lambda machine: machine.push(False),
    "INT": _push_number,
    "LONG": lambda machine: machine.push(machine.decimal()),
    "LONG1": lambda machine: machine.push(machine.signed(machine.unsigned(1))),
    "BININT": lambda machine: machine.push(machine.signed(4)),
    "BININT1": lambda machine: machine.push(machine.unsigned(1)),
    "BININT2": lambda machine: machine.push(machine.unsigned(2)),
    "STRING": _push_quoted,
    "BINSTRING": _push_bytes(4),
    "SHORT_BINSTRING": _push_bytes(1),
    "BINBYTES": _push_bytes(4),
    "SHORT_BINBYTES": _push_bytes(1),
    "BINBYTES8": _push_bytes(8),
    "BYTEARRAY8": _push_bytes(8),
    "UNICODE": lambda machine: machine.push_new(machine.line().decode("raw-unicode-escape")),
    "BINUNICODE": _push_text(4),
    "SHORT_BINUNICODE": _push_text(1),
    "BINUNICODE8": _push_text(8),
    "MARK": Machine.mark,
    "EMPTY_LIST": lambda machine: machine.push_list([]),
    "LIST": lambda machine: machine.push_list(machine.pop_to_mark()),
    "APPEND": lambda machine: machine.extend([machine.pop()]),
    "APPENDS": lambda machine: machine.extend(machine.pop_to_mark()),
    "EMPTY_TUPLE": _push_tuple(0),
    "TUPLE1": _push_tuple(1),
    "TUPLE2": _push_tuple(2),
    "TUPLE3": _push_tuple(3),
    "TUPLE": lambda machine: machine.push_tuple(machine.pop_to_mark()),
    "PUT": lambda machine: machine.remember(machine.decimal()),
    "BINPUT": lambda machine: machine.remember(machine.unsigned(1)),
    "LONG_BINPUT": lambda machine: machine.remember(machine.unsigned(4)),
    "MEMOIZE": Machine.remember_next,
    "GET": lambda machine: machine.recall(machine.decimal()),
    "BINGET": lambda machine: machine.recall(machine.unsigned(1)),
    "LONG_BINGET": lambda machine: machine.recall(machine.unsigned(4)),
    "GLOBAL": _push_global,
    "STACK_GLOBAL": _push_computed_global,
    "REDUCE": Machine.reduce,
    "BUILD": Machine.build,
}
