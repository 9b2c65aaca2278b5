import io
import os
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from infer.pair_sets import verification_bin
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.plain_pickle import NotDataError, read_pickle
from infer.pair_sets.verification_bin import read_verification_bin

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
SAME, DIFFERENT = PairCategory.SAME_PERSON.code, PairCategory.DIFFERENT_PERSON.code
IMAGES = [
    b"\xff\xd8one\n'\\\"\x00\x1a",
    b"\xff\xd8two",
    b"\xff\xd8one\n'\\\"\x00\x1a",
    b"",
    b"x" * 300,
    b"y" * 70_000,
]

# What Python 2.7 and numpy 1.16 wrote, by pickle.dump(([…, …], [True]), file, protocol)
PYTHON_2_LINES = b"((lp1\nS\"\\xff\\xd8one\\n'\\\\\\x00\"\np2\naS'\\xff\\xd8two\"'\np3\na(lp4\nI01\nat."
PYTHON_2 = b"\x80\x02]q\x01(U\x0a\xff\xd8one\n'\\\x00zq\x02U\x06\xff\xd8two\"q\x03e]q\x04\x88a\x86."
PYTHON_2_ARRAYS = (
    b"\x80\x02]q\x01(cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85U\x01b\x87Rq\x04"
    b"(K\x01K\x04\x85cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87Rq\x06(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff"
    b"\xffK\x00tb\x89U\x04\xff\xd8a0tbh\x02h\x03K\x00\x85U\x01b\x87Rq\x09(K\x01K\x05K\x01\x86h\x06\x89U\x05\xff"
    b"\xd8coltbe]q\x0acnumpy.core.multiarray\nscalar\nq\x0bh\x05U\x02b1K\x00K\x01\x87Rq\x0c(K\x03U\x01|NNNJ\xff"
    b"\xff\xff\xffJ\xff\xff\xff\xffK\x00tbU\x01\x01\x86Rq\x0da\x86."
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], PairSet]:
    def from_bytes(content: bytes) -> PairSet:
        (tmp_path / "set.bin").write_bytes(content)
        return find_pair_set(tmp_path / "set.bin")

    return from_bytes


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_images_and_labels_of_every_protocol(
    read: Callable[[bytes], PairSet], tmp_path: Path, protocol: int
) -> None:
    found = read(pickle.dumps((IMAGES, [True, False, True]), protocol))
    assert found.images == [IMAGES[0], IMAGES[1], *IMAGES[3:]], "equal images are one"
    assert found.image_names == ["000000", "000001", "000003", "000004", "000005"]
    assert found.members.tolist() == [[0, 1], [0, 2], [3, 4]]
    assert found.categories.tolist() == [SAME, DIFFERENT, SAME]
    assert found.ids == ["000000", "000001", "000002"]
    assert found.aligned and found.has_labels
    assert (found.name, found.source) == ("set", str(tmp_path / "set.bin"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("column", [False, True])
def test_what_numpy_makes_of_images_and_labels(
    read: Callable[[bytes], PairSet], protocol: int, column: bool
) -> None:
    arrays: list[Any] = [np.frombuffer(image, np.uint8).copy() for image in IMAGES[:2]]
    images = [array.reshape(-1, 1) if column else array for array in arrays] + [bytearray(b"ab"), bytearray()]
    for labels in ([np.bool_(True), np.int64(0)], (1, np.False_), np.array([True, False]), np.array([1, 0])):
        found = read(pickle.dumps([tuple(images), labels], protocol))
        assert found.images == [*IMAGES[:2], b"ab", b""]
        assert found.categories.tolist() == [SAME, DIFFERENT]


@pytest.mark.parametrize("content", [PYTHON_2_LINES, PYTHON_2, PYTHON_2_ARRAYS])
def test_what_python_2_wrote(read: Callable[[bytes], PairSet], content: bytes) -> None:
    images, labels = pickle.loads(content, encoding="bytes")
    found = read(content)
    assert found.images == [bytes(image) for image in images]
    assert [code == SAME for code in found.categories] == labels == [True]


def test_arrays_before_and_since_numpy_2_are_read(read: Callable[[bytes], PairSet]) -> None:
    images = [np.frombuffer(image, np.uint8).copy() for image in IMAGES[:2]]
    for protocol in (2, 5):
        content = pickle.dumps((images, [True]), protocol)
        names = [b"numpy.core.", b"numpy._core."]
        other = content.replace(*names) if names[0] in content else content.replace(*names[::-1])
        assert other != content
        if protocol == 2:  # in which no length of a name or frame is stored
            assert read(other).images == IMAGES[:2]
        assert read(content).images == IMAGES[:2]


class Call:
    """Is pickled as a call of a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.made = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.made


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_called(read: Callable[[bytes], PairSet], tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "trace"
    calls = (
        Call(os.system, f"touch {trace}"),
        Call(eval, f"open({str(trace)!r}, 'w')"),
        Call(io.open, str(trace), "w"),
    )
    for call in calls:
        for value in (call, ([call, b""], [True]), ([b"", b""], [call]), ([b"", b""], [True], call)):
            with pytest.raises(UserError, match=r"names '.*', which is no part of plain data; get the file"):
                read(pickle.dumps(value, protocol))
    assert not trace.exists()
    pickle.loads(pickle.dumps(calls[0], protocol))
    assert trace.exists(), "pickle itself calls it"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"(i__builtin__\neval\n.", "INST"),
        (b"(c__builtin__\nbytes\no.", "OBJ"),
        (b"c__builtin__\nbytes\n)\x81.", "NEWOBJ"),
        (b"Pname\n.", "PERSID"),
        (b"K\x00Q.", "BINPERSID"),
        (b"\x82\x01.", "EXT1"),
        (b"}.", "EMPTY_DICT"),
        (b"G\x00\x00\x00\x00\x00\x00\x00\x00.", "BINFLOAT"),
        (b"\x97.", "NEXT_BUFFER"),
        (b"\x8b\x01\x00\x00\x00\x01.", "LONG4"),
        (b"cposix\nsystem\n.", "'posix.system'"),
        (b"\x8c\x05posix\x8c\x06system\x93.", "'posix.system'"),
        (b"c__builtin__\ngetattr\n(c__builtin__\nbytes\nS'x'\ntR.", "'__builtin__.getattr'"),
        (b"cnumpy\nndarray\n(tR.", "calls 'numpy.ndarray'"),
        (b"\xff.", "the operation"),
    ],
)
def test_what_is_more_than_data_is_refused_by_name(
    read: Callable[[bytes], PairSet], content: bytes, named: str
) -> None:
    with pytest.raises(UserError, match=f"{named}.*, which is no part of plain data") as raised:
        read(b"\x80\x02" + content)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((IMAGES[:2], [True], [True]), "is no pair of"),
        ([IMAGES[:2]], "is no pair of"),
        ((b"", [True]), "is no pair of"),
        ((IMAGES[:2], True), "is no pair of"),
        (None, "is no pair of"),
        (([], []), "holds no pairs"),
        ((IMAGES[:3], [True]), "holds 3 images where 1 labels need 2"),
        ((IMAGES[:2], [True, True]), "holds 2 images where 2 labels need 4"),
        ((IMAGES[:2], [2]), "a label that is neither true nor false at position 0"),
        ((IMAGES[:4], [True, None]), "a label that is neither true nor false at position 1"),
        ((IMAGES[:2], [b"1"]), "a label that is neither"),
        ((IMAGES[:2], np.array([3])), "a label that is neither"),
        (([b"", "text"], [True]), "other than an encoded image at position 1"),
        (([b"", np.zeros((4, 4, 3), np.uint8)], [True]), "other than an encoded image at position 1"),
        (([b"", np.zeros(4, np.int64)], [True]), "other than an encoded image at position 1"),
        (([b"", np.zeros(4, np.float32)], [True]), "numpy's type 'f4'"),
        (([b"", np.array([None])], [True]), "numpy's type 'O8'"),
        ((IMAGES[:2], np.array([1], ">i8")), "big-endian"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 5])
def test_other_data_is_refused(
    read: Callable[[bytes], PairSet], value: object, message: str, protocol: int
) -> None:
    with pytest.raises(UserError, match=rf"set\.bin .*{message}.*pickle\.dump"):
        read(pickle.dumps(value, protocol))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_file_cut_short_anywhere_is_refused(read: Callable[[bytes], PairSet], protocol: int) -> None:
    images = [b"\xff\xd8one", np.frombuffer(b"\xff\xd8two", np.uint8).copy()]
    content = pickle.dumps((images, [True]), protocol)
    assert read(content).images == [b"\xff\xd8one", b"\xff\xd8two"]
    for length in range(len(content)):
        with pytest.raises(UserError, match=r"ends too early|is damaged"):
            read(content[:length])


def test_what_is_no_pickle_is_refused(read: Callable[[bytes], PairSet]) -> None:
    for content in (
        b"",
        b".",
        b"PK\x03\x04",
        b"\xff\xd8\xff\xe0",
        b"a.jpg,b.jpg,1\n",
        b"<html>",
        b"(" * 1000,
    ):
        with pytest.raises(UserError, match=r"set\.bin .*; get the file again"):
            read(content)


def test_a_list_that_holds_itself_is_refused(read: Callable[[bytes], PairSet]) -> None:
    own: list[object] = [b""]
    own.append(own)
    with pytest.raises(UserError, match="other than an encoded image at position 1"):
        read(pickle.dumps((own, [True])))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"B\xff\xff\xff\xff.", "ends too early"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "ends too early"),
        (b"\x96" + b"\xff" * 7 + b"\x7f.", "ends too early"),
        (b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f.", "ends too early"),
        # places in the memo: the unpickler in C would make room for all before them
        (b"Nr\xff\xff\xff\xff.", "is no pair"),
        (b"Np99999999999999999999\n.", "is damaged"),
        (b"]" * 200_000 + b".", "too many objects"),
        (b"(" * 200_000 + b".", "too many objects"),
        (b"N" + b"\x94" * 200_000 + b".", "too many objects"),
        # one text that is made into bytes a thousand times
        (
            b"(X" + (50_000).to_bytes(4, "little") + b"x" * 50_000 + b"q\x01c_codecs\nencode\nq\x02"
            + b"h\x02h\x01X\x06\x00\x00\x00latin1\x86R" * 1_000 + b"t.",
            "unfolds to more than its size",
        ),
        # lists of lists of lists: many by count, few in memory
        (b"(lp0\n" + b"".join(b"(g%d\ng%d\nlp%d\n" % (n, n, n + 1) for n in range(60)) + b"a.", "is no pair"),
    ],
)  # fmt: skip
def test_memory_is_bounded_by_the_size(
    read: Callable[[bytes], PairSet], content: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infer.pair_sets.plain_pickle.OBJECTS_AT_LEAST", 50_000)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=message):
            read(content)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infer.pair_sets.plain_pickle.MOST_VALUES", 1_000)
    for content in (
        pickle.dumps([True] * 1_001),
        b"]" + b"\x88a" * 1_001 + b".",
        b"(" + b"\x88" * 1_001 + b"t.",
        b"\x88\x94" + b"h\x00" * 1_001 + b".",
    ):
        with pytest.raises(NotDataError, match="too many values: more than 1,000"):
            read_pickle(io.BytesIO(content), len(content))
    content = pickle.dumps(([True] * 450, (False,) * 450))
    assert read_pickle(io.BytesIO(content), len(content)) == ([True] * 450, (False,) * 450)


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification_bin, "MAX_BYTES", 1_000_000_000)
    with (tmp_path / "set.bin").open("wb") as file:
        file.truncate(1_000_000_001)
    with pytest.raises(UserError, match="more than 1 GB; split"):
        read_verification_bin(tmp_path / "set.bin")


_WORDS = [
    *(bytes([code]) for code in b"().]ltaebRcpgqhrjKMJIFLSTUVXBCN0Q}\n'\x00\x01\x02\xff"),
    *(bytes([code]) for code in b"\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x8d\x8e\x90\x93\x94\x95\x96\x97"),
    *(
        f"c{name}\n".encode()
        for name in ("numpy\ndtype", "numpy\nndarray", "numpy.core.numeric\n_frombuffer")
    ),
    *(f"cnumpy.core.multiarray\n{name}\n".encode() for name in ("_reconstruct", "scalar")),
    *(f"c{name}\n".encode() for name in ("_codecs\nencode", "__builtin__\nbytes")),
    *(b"U\x02u1", b"U\x02i8", b"U\x01b", b"V\xff\n", b"S'latin1'\n", b"I01\n", b"I-1\n", b"p1\n", b"g1\n"),
    b"(K\x01K\x02\x85",
]


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(_WORDS), max_size=60).map(b"".join)))
def test_nothing_but_refusal_comes_of_any_bytes(content: bytes) -> None:
    for tail in (b"", b"."):
        try:
            read_pickle(io.BytesIO(content + tail), len(content + tail))
        except NotDataError as error:
            assert "\n" not in str(error)


@given(st.data())
def test_nothing_but_user_errors_comes_of_a_changed_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    value = ([np.frombuffer(b"\xff\xd8", np.uint8).copy(), b"\xff\xd8one"], [np.bool_(True)])
    content = bytearray(pickle.dumps(value, data.draw(st.sampled_from(PROTOCOLS))))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.bin"
    path.write_bytes(content)
    try:
        found = read_verification_bin(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert len(found) == 1 and all(isinstance(image, bytes) for image in found.images)


_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.binary() | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple),
)


@given(_DATA, st.sampled_from(PROTOCOLS))
def test_plain_data_comes_back_as_it_was(value: object, protocol: int) -> None:
    content = pickle.dumps(value, protocol)
    assert repr(read_pickle(io.BytesIO(content), len(content))) == repr(value)
