"""Uploaded photographs of a multipart request, in memory: nothing of an upload is ever on the disk.

Starlette's `request.form()` writes what is over a megabyte to a temporary file, so its parser is called here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from infer.service.errors import ServiceError
from infer.service.limits import FEWEST_TO_VERIFY, MOST_PHOTOGRAPHS

MOST_PARTS = 2 * MOST_PHOTOGRAPHS  # beyond it the rest is not looked at
LONGEST_NAME = 120  # characters of a file's name that are told again
LONGEST_TEXT = 1_000  # bytes of a field that is no file


@dataclass(frozen=True)
class Field:
    """A field of a form that holds files."""

    name: str
    fewest: int
    most: int
    holds: str  # in words for people

    @property
    def asked(self) -> str:
        """What is to be sent, in words."""
        count = f"{self.fewest} to {self.most}" if self.fewest < self.most else str(self.most)
        return f"{count} {self.holds} in the field '{self.name}'"


TO_VERIFY = Field("photographs", FEWEST_TO_VERIFY, MOST_PHOTOGRAPHS, "photographs")
TO_EMBED = Field("photographs", 1, MOST_PHOTOGRAPHS, "photographs")
TO_CLASSIFY = Field("photographs", 1, MOST_PHOTOGRAPHS, "photographs or videos")
DOCUMENT, VIDEO = Field("document", 1, 1, "photograph"), Field("video", 1, 1, "video")


@dataclass(frozen=True)
class Upload:
    """A photograph or video as it was sent."""

    name: str  # of the file, without folders; may be empty
    data: bytes = field(repr=False)


async def read_uploads(request: Request, fields: Sequence[Field], max_body: int) -> list[list[Upload]]:
    """The files of each field, in order.

    Raises ServiceError: 415 for what is no form with files, 400 for a malformed one, 422 for other fields and
    another number of files; and what reading the body raises.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or request.headers.get("content-encoding", "identity") != "identity":
        raise ServiceError(415, f"send multipart/form-data, each file in the field {_named(fields)}")
    if not options.get(b"boundary"):
        raise ServiceError(400, "the content type names no boundary; let the HTTP library set it")
    parser = MultiPartParser(
        request.headers,
        request.stream(),
        max_files=MOST_PARTS,
        max_fields=MOST_PARTS,
        max_part_size=LONGEST_TEXT,
    )
    parser.spool_max_size = max_body + 1  # or starlette would write what is over a megabyte to a file
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ServiceError(400, f"the form is malformed: {error.message}") from error
    except UnicodeError as error:  # of a charset such as 'undefined' or 'punycode'
        raise ServiceError(400, "the names in the form cannot be decoded; send them as UTF-8") from error
    uploads: dict[str, list[Upload]] = {one.name: [] for one in fields}
    for name, value in form.multi_items():
        if name not in uploads:
            raise ServiceError(422, f"unknown field in the form; there is {_named(fields)} alone")
        if not isinstance(value, UploadFile):
            raise ServiceError(422, f"'{name}' must be files, each with a file name")
        file_name = (value.filename or "").replace("\\", "/").rpartition("/")[2]
        uploads[name].append(Upload(file_name[:LONGEST_NAME], await value.read()))
    for one in fields:
        if not one.fewest <= (count := len(uploads[one.name])) <= one.most:
            raise ServiceError(422, f"send {one.asked}, not {count}")
    return list(uploads.values())


def _named(fields: Sequence[Field]) -> str:
    return " or ".join(f"'{one.name}'" for one in fields)
