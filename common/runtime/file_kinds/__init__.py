"""What a file is, by its bytes and never by its name, in words for an error."""

from common.runtime.file_kinds.hdf5 import describe_hdf5_trouble
from common.runtime.file_kinds.inspect import inspect
from common.runtime.file_kinds.kind import Content, Kind
from common.runtime.file_kinds.signatures import by_signature
from common.runtime.file_kinds.text import inspect_text
from common.runtime.file_kinds.trouble import describe_trouble

__all__ = [
    "Content",
    "Kind",
    "by_signature",
    "describe_hdf5_trouble",
    "describe_trouble",
    "inspect",
    "inspect_text",
]
