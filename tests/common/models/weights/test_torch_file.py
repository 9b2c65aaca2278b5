import os
import pickle
import struct
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.models.weights.inert import InertRecord, is_tensor_part, stand_in
from common.models.weights.torch_file import load_torch_file
from common.runtime.errors import UserError
from common.runtime.file_kinds import Kind, inspect


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


def load(path: Path) -> object:
    """As `read_state_dict` loads a file of a kind that torch writes."""
    return load_torch_file(path, inspect(path).kind)


def pickled_call(module: str, name: str, argument: str) -> bytes:
    """A protocol 2 pickle `{"a": module.name(argument)}`."""
    text = argument.encode()
    return (
        b"\x80\x02}X\x01\x00\x00\x00a"
        + f"c{module}\n{name}\n".encode()
        + b"X"
        + struct.pack("<I", len(text))
        + text
        + b"\x85Rs."
    )


def write_zip(path: Path, pickle_bytes: bytes, **options: Any) -> Path:
    """A torch archive around a pickle."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("archive/data.pkl", pickle_bytes)
        archive.writestr("archive/version", "3\n")
    return path


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle", "pickle in a dictionary", "in Lightning's"])
def test_a_malicious_pickle_is_refused_and_not_executed(tmp_path: Path, how: str) -> None:
    trace, path = tmp_path / "executed", tmp_path / "evil.pt"
    bomb = Malicious(f"touch {trace}")
    if how == "pickle":
        path.write_bytes(pickle.dumps(bomb, protocol=2))
    elif how == "pickle in a dictionary":
        path.write_bytes(pickle.dumps({"a": bomb}))
    elif how == "in Lightning's":
        inner = {"hyper_parameters": {"scheduler": [bomb]}, "state_dict": {"model.a": torch.zeros(1)}}
        torch.save(inner, path)
    else:
        torch.save({"a": torch.zeros(1), "b": bomb}, path, _use_new_zipfile_serialization=how == "zip")
    with pytest.raises(UserError, match=r"evil\.pt holds more than tensors .*could run code"):
        load(path)
    assert not trace.exists()
    if how == "pickle":  # the trap does work where it is not guarded against
        pickle.loads(path.read_bytes())
        assert trace.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("__builtin__", "exec"),
        ("builtins", "getattr"),
        ("builtins", "bytearray"),  # harmless, but can ask for any amount of memory
        ("posix", "system"),
        ("subprocess", "Popen"),
        ("torch", "load"),
        ("torch.hub", "load_state_dict_from_url"),
        ("torch.serialization", "load"),
        ("torch._utils", "_import_dotted_name"),
        ("pytorch_lightning_evil.x", "run"),
        ("lightningx", "run"),
        ("omegaconf.x; os", "system"),
        ("omegaconf.x os", "system"),
        ("omegaconf", "x\u00e9"),
        ("pathlib", "os.system"),
        ("numpy.testing._private.utils", "runstring"),
        ("numpy", "load"),
        ("argparse", "_sys.exit"),
        ("functools", "partial"),
    ],
)
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_every_other_name_is_refused(tmp_path: Path, module: str, name: str, legacy: bool) -> None:
    content = pickled_call(module, name, f"touch {tmp_path / 'executed'}")
    path = tmp_path / "evil.pt"
    if legacy:
        path.write_bytes(content)
    else:
        write_zip(path, content)
    with pytest.raises(
        UserError, match=r"holds more than tensors|is damaged|is a Python pickle, but not one of torch"
    ):
        load(path)
    assert not (tmp_path / "executed").exists()


def test_a_name_on_the_list_never_reaches_the_module_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []
    evil = ModuleType("omegaconf")
    evil.run = lambda *arguments: called.append(arguments)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omegaconf", evil)
    found = load(write_zip(tmp_path / "w.pt", pickled_call("omegaconf", "run", "touch x")))
    assert isinstance(found, dict) and type(found["a"]) is InertRecord and called == []


def test_a_foreign_module_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pytorch_lightning"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pytorch_lightning", raising=False)
    content = pickled_call("pytorch_lightning.callbacks", "ModelCheckpoint", "x")
    load(write_zip(tmp_path / "w.pt", content))
    assert "pytorch_lightning" not in sys.modules


@pytest.fixture
def foreign_class(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, type], type]:
    """Makes a class that pickles under a name of a framework that need not be installed."""

    def make(module: str, name: str, base: type = object) -> type:
        made = type(name, (base,), {"__module__": module, "__qualname__": name})
        parts = module.split(".")
        for count in range(1, len(parts) + 1):
            monkeypatch.setitem(sys.modules, ".".join(parts[:count]), ModuleType(parts[count - 1]))
        setattr(sys.modules[module], name, made)
        return made

    return make


def test_a_lightning_checkpoint_with_callbacks_loads(tmp_path: Path, foreign_class: Any) -> None:
    callback = foreign_class("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint", object)
    node = foreign_class("omegaconf.dictconfig", "DictConfig", object)()
    node.__dict__.update(_content={"lr": 0.1}, _parent=None)
    attributes = foreign_class("lightning.fabric.utilities.data", "AttributeDict", dict)(arch="ir_101")
    content = {
        "state_dict": {"model.a": torch.arange(3.0)},
        "callbacks": {callback: {"best_model_score": torch.tensor(0.5), "best": np.float64(0.5)}},
        "hyper_parameters": {"conf": node, "more": attributes, "root": PurePosixPath("/data")},
        "schedule": defaultdict(list, {"a": [1]}),
        "array": np.zeros(3),
    }
    torch.save(content, tmp_path / "w.ckpt")
    allowed = set(torch.serialization.get_safe_globals())
    found = load(tmp_path / "w.ckpt")
    assert isinstance(found, dict)
    assert torch.equal(found["state_dict"]["model.a"], torch.arange(3.0))
    assert type(found["hyper_parameters"]["conf"]) is InertRecord
    assert not hasattr(found["hyper_parameters"]["conf"], "_content")  # nothing of its state was kept
    assert set(torch.serialization.get_safe_globals()) == allowed  # nothing stays allowed


def test_an_archive_that_unpacks_to_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "w.pt", b"\x80\x02}." + bytes(10**6), compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**5
    with pytest.raises(UserError, match="compressed archive"):
        load_torch_file(path, Kind.TORCH)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "w.pt", b"\x80\x02}." + bytes(10**5))
    whole = path.read_bytes()
    start = whole.index(b"PK\x01\x02")
    first = whole[start : whole.index(b"PK\x01\x02", start + 4)]
    end = whole[whole.index(b"PK\x05\x06") :]
    copies = b"".join(first.replace(b"data.pkl", f"data/{n:03d}".encode()) for n in range(100))
    directory = first + copies
    end = end[:8] + struct.pack("<HHII", 101, 101, len(directory), start) + end[20:]
    path.write_bytes(whole[:start] + directory + end)
    with pytest.raises(UserError, match="compressed archive"):
        load_torch_file(path, Kind.TORCH)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02.",  # nothing on the stack
        b"\x80\x02}" + b"(" * 100 + b".",
        b"\x80\x02cposixpath\n",
        pickled_call("torch._utils", "_rebuild_tensor_v2", "x"),
        pickled_call("collections", "OrderedDict", "xyz"),
        b"\x80\x02]q\x00h\x07.",
    ],
)
def test_senseless_pickles_are_damaged(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UserError, match=r"w\.pt (is a torch file that is damaged|holds more)"):
        load(write_zip(tmp_path / "w.pt", content))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_changed_bytes_loads_or_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "w.pt"
    legacy = data.draw(st.booleans())
    torch.save({"a": torch.ones(3), "n": 1}, path, _use_new_zipfile_serialization=not legacy)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        load(path)
    except UserError as error:
        assert "\n" not in str(error)


@given(name=st.from_regex(r"[\w.; ]{0,30}", fullmatch=True))
def test_only_names_of_known_packages_have_stand_ins(name: str) -> None:
    known = ("pytorch_lightning.", "lightning", "omegaconf.", "argparse.", "types.", "pathlib.", "numpy.")
    rest = ("datetime.", "typing.", "torch.torch_version.", "builtins.", "collections.", "easydict.", "yacs.")
    if stand_in(name) is not None:
        assert name.startswith(known + rest) and " " not in name and ";" not in name
    assert not (stand_in(name) is not None and is_tensor_part(name))
