"""One photograph or clip of a source, and the file names that are taken for either."""

from dataclasses import dataclass, field

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".pgm", ".ppm"}
    | {".gif", ".avif", ".heic", ".heif", ".hif"}
)

# Not read, but listed, so that the report of rejects can name them and their format.
UNREAD_SUFFIXES = frozenset(
    {".jxl", ".jp2", ".j2k", ".dng", ".cr2", ".cr3", ".nef", ".arw"}
    | {".raf", ".orf", ".rw2", ".psd", ".svg", ".tga"}
)


CLIP_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"})


@dataclass(frozen=True, slots=True)
class Photograph:
    """One image file of a source, or a clip, of which the same is known."""

    path: str  # relative to the root, forward slashes
    identity: str
    synthetic: bool
    problem: str | None = None  # why it cannot be used, known before it is opened; its row in the report
    groups: tuple[str, ...] = ()  # source videos and the like, as far as the source tells them
    species: str = ""  # the kind of forgery, as the source calls it
    pseudo: bool = False  # whether `synthetic` is the guess of models
    flagged: bool = field(default=True, compare=False)  # False: its source labels others, and not this one

    @property
    def is_clip(self) -> bool:
        """Whether it is a video, by its name."""
        return is_clip(self.path)


def is_photograph(name: str) -> bool:
    """Whether a file of this name is taken for a photograph, read or not; case does not matter."""
    suffix = _suffix(name)
    return suffix in IMAGE_SUFFIXES or suffix in UNREAD_SUFFIXES


def is_clip(name: str) -> bool:
    """Whether a file of this name is taken for a video; case does not matter."""
    return _suffix(name) in CLIP_SUFFIXES


def _suffix(name: str) -> str:
    return name[name.rfind(".") :].lower()


def folder_of(path: str) -> str:
    """The folders of a relative path: "a/b" of "a/b/0.jpg", "" of "0.jpg"."""
    return path.rpartition("/")[0]


def without_suffix(path: str) -> str:
    """The path up to the last dot of its file name: the identity of a photograph that has no other."""
    dot = path.rfind(".")
    return path[:dot] if dot > path.rfind("/") + 1 else path
