"""The files that classifiers are named by: a file each, or a folder of checkpoints."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from common.models.checkpoint import SUFFIX, is_checkpoint, read_header
from common.models.classifier_checkpoint import FORMAT
from common.runtime.errors import UserError

AS_NAMED = "as named"
_PATTERN = re.compile(r"[*?\[]")


class ClassifierFile(NamedTuple):
    """A file that was named, and why it was taken, for people."""

    path: Path
    why: str


def classifier_files(named: Iterable[Path]) -> list[ClassifierFile]:
    """The files that are named, in their order; a folder stands for the classifiers in it, by their names.

    Other files of a folder are passed over: each that is taken says where it is from. What a file is shows
    when it is opened.

    Raises UserError for a folder without a classifier, and for a pattern that matched no file.
    """
    found: list[ClassifierFile] = []
    for path in named:
        if path.is_dir():
            own = [each for each in sorted(path.glob(f"*{SUFFIX}")) if _is_classifier(each)]
            if not own:
                raise UserError(f"there is no classifier in {path}; name a folder of them, or their files")
            found += [ClassifierFile(each, f"of the folder {path}") for each in own]
        elif _PATTERN.search(str(path)) and not path.exists():
            raise UserError(f"no file matches {path}; name a folder to take all classifiers in it")
        else:
            found.append(ClassifierFile(path, AS_NAMED))
    return found


def _is_classifier(path: Path) -> bool:
    return is_checkpoint(path) and read_header(path).get("format") == FORMAT
