"""Files that people name as weights, made small."""

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable

import h5py
import numpy as np
import torch
from onnx import TensorProto, helper
from safetensors.torch import save as safetensors_bytes

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 260913672\n" % (b"0" * 64)
DRIVE = b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head></html>"
WEIGHTS = {"weight": torch.ones(300), "bias": torch.zeros(3)}


def torch_bytes(content: object = WEIGHTS, legacy: bool = False) -> bytes:
    """What torch.save writes."""
    memory = io.BytesIO()
    torch.save(content, memory, _use_new_zipfile_serialization=not legacy)
    return memory.getvalue()


def zip_bytes(members: dict[str, bytes], packed: bool = False) -> bytes:
    """A zip archive."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return memory.getvalue()


def repacked(top: str = "", packed: bool = False) -> bytes:
    """A torch file that was unpacked and packed again."""
    with zipfile.ZipFile(io.BytesIO(torch_bytes())) as archive:
        return zip_bytes({top + name: archive.read(name) for name in archive.namelist()}, packed)


def torchscript() -> bytes:
    """What torch.jit.save writes."""
    memory = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), memory)
    return memory.getvalue()


def onnx_bytes() -> bytes:
    """A network."""
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [value])
    return helper.make_model(graph, producer_name="pytorch").SerializeToString()


def hdf5_bytes(format_name: str | None = None) -> bytes:
    """Weights of Keras, or a file of facetrust's own."""
    with h5py.File("memory", "w", driver="core", backing_store=False, libver="latest") as file:
        if format_name:
            file.attrs["format"] = np.bytes_(format_name)
        file["model_weights/conv/kernel"] = np.zeros((3, 3))
        file.flush()
        return bytes(file.id.get_file_image())


def npz() -> bytes:
    """Arrays by name."""
    memory = io.BytesIO()
    np.savez(memory, a=np.ones(3), b=np.ones(2))
    return memory.getvalue()


def npy() -> bytes:
    """An array."""
    memory = io.BytesIO()
    np.save(memory, np.ones(3))
    return memory.getvalue()


def tar() -> bytes:
    """A folder in tar."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model/weights.pt"), io.BytesIO())
    return memory.getvalue()


def safetensors(kept: float = 1.0) -> bytes:
    """Tensors in safetensors, or the first part of the file."""
    whole = safetensors_bytes(WEIGHTS)
    return whole[: int(kept * len(whole))]


# name of the file: its bytes, and what must be said of it, as a regular expression
SAMPLES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.pt": (lambda: b"", "is empty; fetch it again"),
    "lfs.safetensors": (lambda: LFS, r"pointer of Git LFS.*\(to 260,913,672 bytes\); .*'git lfs pull'"),
    "page.pt": (lambda: DRIVE, "is a web page .*Virus scan warning.*in a browser"),
    "page.onnx": (lambda: b"\n<html lang=en><body>Sign in</body></html>", "is a web page;"),
    "denied.ckpt": (
        lambda: b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        "XML text.*AccessDenied",
    ),
    "said.pt": (lambda: b"Invalid username or password.", "is a text .'Invalid username or password"),
    "wide.pt": (lambda: "Zugriff verweigert\n".encode("utf-16"), "is a text .'Zugriff verweigert"),
    "config.json": (
        lambda: json.dumps({"arch": "ir_101"}).encode(),
        "is a JSON text .*name a file of weights",
    ),
    "insightface.zip": (
        lambda: zip_bytes(
            {"det_10g.onnx": b"x", "w600k_r50.onnx": b"x", "genderage.onnx": b"", "2d.onnx": b""}
        ),
        r"packed archive \(zip with 2d.onnx, det_10g.onnx, genderage.onnx and 1 more\); unpack it",
    ),
    "folder.zip": (
        lambda: zip_bytes({"m/w.pt": torch_bytes()}, packed=True),
        r"zip with m/w\.pt\); unpack it",
    ),
    "deep.pt": (
        lambda: repacked("folder/"),
        "unpacked and packed again; name the file as torch.save wrote it",
    ),
    "packed.pt": (lambda: repacked(packed=True), "unpacked and packed again"),
    "model.tar": (tar, r"packed archive \(tar\); unpack it"),
    "model.pt.gz": (lambda: gzip.compress(torch_bytes()), r"packed archive \(gzip\); unpack it"),
    "script.pt": (torchscript, r"TorchScript program; if you trust it, save torch\.jit\.load"),
    "exported.pt2": (
        lambda: zip_bytes({"e/archive_format": b"pt2"}),
        "program of torch.export; if you trust it",
    ),
    "model.h5": (hdf5_bytes, "is an HDF5 file; Keras keeps weights so: .*tf2onnx"),
    "model.keras": (
        lambda: zip_bytes({"config.json": b"{}", "model.weights.h5": b"x"}),
        "Keras model.*tf2onnx",
    ),
    "shard-00000.h5": (
        lambda: hdf5_bytes("facetrust-shard"),
        "facetrust's own .a shard of face crops.; name a file",
    ),
    "found.h5": (lambda: hdf5_bytes("facetrust-embeddings"), "facetrust's own .embeddings.*; name a file"),
    "graph.pb": (
        lambda: b"\x0a\x10\x0a\x05input\x12\x07Graphic\x22\x02\x08\x01",
        "protocol buffer.*TensorFlow.*tf2onnx",
    ),
    "model.tflite": (lambda: b"\x1c\0\0\0TFL3" + bytes(100), "TensorFlow Lite model; .*tf2onnx"),
    "model.ort": (lambda: b"\x1c\0\0\0ORTM" + bytes(100), "ONNX Runtime's own format; name the ONNX network"),
    "model-0000.params": (lambda: b"\x12\x01" + bytes(100), "MXNet parameters; .*insightface has both"),
    "train.rec": (lambda: b"\x0a\x23\xd7\xce" + bytes(100), "MXNet records, such as insightface's train.rec"),
    "train.idx": (lambda: b"0\t0\n1\t52\n", "is a text .'0 0 1 52'"),
    "property": (lambda: b"85742,112,112", "is a text .'85742,112,112'"),
    "arrays.npz": (npz, r"NumPy arrays \(\.npz\); .*torch\.save"),
    "array.npy": (npy, r"NumPy arrays \(\.npy\); .*torch\.save"),
    "model.gguf": (
        lambda: b"GGUF\x03" + bytes(60),
        "GGUF file, the format of llama.cpp; name the publisher's",
    ),
    "face.jpg": (lambda: b"\xff\xd8\xff\xe0" + bytes(60), r"is an image \(JPEG\)"),
    "zeros.pt": (
        lambda: bytes(500),
        "no kind that is known here .it begins with the bytes 00 00 00 00 00 00 00 00",
    ),
    "pickled.pkl": (
        lambda: pickle.dumps({"a": 1}),
        "is a Python pickle, but not one of torch.save; save its tensors",
    ),
    "arrays.pdparams": (
        lambda: pickle.dumps({"a": np.ones(2)}, 2),
        "is a Python pickle, but not one of torch.save",
    ),
    "cut.pt": (
        lambda: torch_bytes()[:900],
        "is damaged: its list of contents, .* is missing; fetch it again",
    ),
    "cut.pth": (
        lambda: torch_bytes(legacy=True)[:-40],
        "before version 1.6 that is damaged: it ends before its data do",
    ),
    "cut.safetensors": (
        lambda: safetensors(0.5),
        "damaged: 1,.* bytes by its header, and it has .*; fetch it again",
    ),
    "start.safetensors": (
        lambda: safetensors(0.05),
        "damaged: its header has .* bytes, the file .*; fetch it again",
    ),
    "wrong.safetensors": (
        lambda: safetensors().replace(b'"shape":[300]', b'"shape":[301]'),
        "safetensors file that is damaged: ",
    ),
    "odd.safetensors": (
        lambda: b"\x10" + bytes(7) + b'{"weight": nonsense',
        "safetensors file that is damaged: ",
    ),
    "cut.onnx": (
        lambda: onnx_bytes()[:40],
        "ONNX network that is damaged: .* of which .* are there; fetch it again",
    ),
    "optimiser.pt": (
        lambda: torch_bytes(
            {"optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": []}, "epoch": 3}
        ),
        "holds the state of an optimiser and no weights; name the file",
    ),
    "list.pt": (lambda: torch_bytes([torch.ones(3)]), r"holds no named tensors; save model\.state_dict"),
    "quantised.pt": (
        lambda: torch_bytes({"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}),
        "holds quantised weights, .*fp32 or fp16",
    ),
    "module.pt": (
        lambda: torch_bytes(torch.nn.Linear(2, 2)),
        "holds more than tensors .torch.nn.*could run code",
    ),
}
