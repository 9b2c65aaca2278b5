"""The file of results that a path means."""

from pathlib import Path

from common.runtime.errors import UserError
from infer.classification.results_file import is_classified
from infer.output.results_file import is_of_another_kind

RESULTS_SUFFIX = ".h5"
MAKERS = "'python -m infer pairs' or 'python -m infer classify'"


def find_results(path: Path) -> Path:
    """The file itself, or the one file of results in a folder, which may hold other HDF5 files.

    Raises UserError where there is none, or more than one.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"no such file or folder: {path}; make results with {MAKERS}")
    files = sorted(file for file in path.iterdir() if file.suffix == RESULTS_SUFFIX and file.is_file())
    found = [file for file in files if is_classified(file) or not is_of_another_kind(file)]
    if not found:
        raise UserError(f"no results (*{RESULTS_SUFFIX}) in {path}; make them with {MAKERS}")
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise UserError(f"{path} holds several results: {names}; name one of them")
    return found[0]


def check_page(path: Path, results: list[Path]) -> None:
    """Raises UserError where a page would overwrite results that it is made of."""
    for file in results:
        if path.exists() and path.samefile(file):
            raise UserError(f"the page would overwrite its results, {file}; name another file with --out")
