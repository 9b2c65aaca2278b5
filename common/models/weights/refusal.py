"""Errors for files that give no weights: what the file is, and the remedy."""

from pathlib import Path

from common.runtime.errors import UserError
from common.runtime.file_kinds import Content, Kind, describe_trouble, inspect

WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".onnx")
LISTED_FILES = 3  # of a folder
TENSORFLOW_GRAPH = "saved_model.pb"  # in the folder of a SavedModel

_TAKEN = "named are safetensors files, torch's .pt, .pth, .ckpt and .bin, and for infer ONNX networks"
_TENSORFLOW = (
    "name the publisher's PyTorch weights, or make an ONNX network of it with tf2onnx, which infer takes"
)
_NO_WEIGHTS = f"name a file of weights: {_TAKEN}"

REMEDIES: dict[Kind, str] = {
    Kind.EMPTY: "fetch it again",
    Kind.ARCHIVE: "unpack it, and name the file of weights in it",
    Kind.GGUF: "name the publisher's safetensors or PyTorch weights",
    Kind.HDF5: f"Keras keeps weights so: {_TENSORFLOW}",
    Kind.KERAS: _TENSORFLOW,
    Kind.LFS_POINTER: "fetch the file itself with 'git lfs pull', or from the page of its repository",
    Kind.MXNET: "name the publisher's PyTorch weights, or for infer its ONNX network; insightface has both",
    Kind.NUMPY: "make tensors of the arrays, save them by name with torch.save, and name that file",
    Kind.ONNX: "infer takes it with --model, but it cannot be trained: name PyTorch weights",
    Kind.ORT: "name the ONNX network that it was made from",
    Kind.PROTOBUF: _TENSORFLOW,
    Kind.RECORDS: _NO_WEIGHTS,
    Kind.TFLITE: _TENSORFLOW,
    Kind.TORCH_EXPORT: "if you trust it, save torch.export.load(FILE).state_dict by torch.save and name that",
    Kind.TORCH_REPACKED: "name the file as torch.save wrote it",
    Kind.TORCHSCRIPT: "if you trust it, save torch.jit.load(FILE).state_dict() by torch.save and name that",
    Kind.WEB_PAGE: "a server gave it in place of the file: fetch that in a browser, and see what is asked",
}


def inspect_weights(path: Path) -> Content:
    """What a file is. Raises UserError when there is none, it may not be read, or it is a folder."""
    if path.is_dir():
        raise UserError(_describe_folder(path))
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise UserError(f"{path} is a pipe or a device, not a file; name a file of weights")
        return inspect(path)
    except OSError as error:
        raise UserError(describe_trouble(path, error)) from error


def refusal(path: Path, content: Content) -> UserError:
    """The error of a file that gives no weights, or no whole ones."""
    remedy = "fetch it again" if content.damage else REMEDIES.get(content.kind, _NO_WEIGHTS)
    return UserError(f"{path} is {content.text}; {remedy}")


def _describe_folder(path: Path) -> str:
    files = sorted(
        file for file in path.iterdir() if file.suffix.lower() in WEIGHTS_SUFFIXES and file.is_file()
    )
    if len(files) == 1:
        return f"{path} is a folder; the weights in it are {files[0]}: name that file"
    if files:
        listed = ", ".join(file.name for file in files[:LISTED_FILES]) + (
            ", …" if len(files) > LISTED_FILES else ""
        )
        return f"{path} is a folder with {len(files)} files of weights ({listed}); name one of them"
    if (path / TENSORFLOW_GRAPH).is_file():
        return f"{path} is a SavedModel of TensorFlow; {_TENSORFLOW}"
    return f"{path} is a folder without a file of weights; {_NO_WEIGHTS}"
