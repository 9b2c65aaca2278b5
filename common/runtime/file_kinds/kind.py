"""The kinds of files, and the result of an inspection."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """A kind of file; its value names it in a sentence: `PATH is VALUE`."""

    EMPTY = "empty"
    ARCHIVE = "a packed archive"
    COMPANION = "a companion file of macOS (._)"
    GGUF = "a GGUF file, the format of llama.cpp"
    HDF5 = "an HDF5 file"
    IMAGE = "an image"
    JSON = "a JSON text"
    KERAS = "a Keras model"
    LFS_POINTER = "a pointer of Git LFS, which stands for the file and is not it"
    MXNET = "a file of MXNet parameters"
    NUMPY = "a file of NumPy arrays"
    ONNX = "an ONNX network"
    ORT = "a network in ONNX Runtime's own format"
    OWN_HDF5 = "an HDF5 file of facetrust's own"
    PDF = "a PDF document"
    PICKLE = "a Python pickle"
    POSTSCRIPT = "a PostScript document"
    PROGRAM = "a program"
    PROTOBUF = "a protocol buffer but no ONNX network, as TensorFlow's and Caffe's files are"
    RECORDS = "a file of MXNet records, such as insightface's train.rec with photographs"
    SAFETENSORS = "a safetensors file"
    SOUND = "a sound recording"
    TABLE = "a table or data base"
    TEXT = "a text"
    TFLITE = "a TensorFlow Lite model"
    TORCH = "a torch file"
    TORCH_EXPORT = "a program of torch.export"
    TORCH_LEGACY = "a torch file in the form from before version 1.6"
    TORCH_REPACKED = "a torch file that was unpacked and packed again"
    TORCHSCRIPT = "a TorchScript program"
    UNKNOWN = "of no kind that is known here"
    VIDEO = "a video"
    WEB_PAGE = "a web page"
    XML = "an XML text"


@dataclass(frozen=True)
class Content:
    """What a file is.

    Attributes:
        kind: what its bytes show.
        detail: more of it in words, as of the files in an archive; it may quote the file.
        damage: what shows that the file is not whole; empty where nothing does.
    """

    kind: Kind
    detail: str = ""
    damage: str = ""

    @property
    def text(self) -> str:
        """The kind, its detail and its damage, to stand after `PATH is`."""
        words = self.kind.value + (f" ({self.detail})" if self.detail else "")
        return f"{words} that is damaged: {self.damage}" if self.damage else words
