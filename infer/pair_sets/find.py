"""Which photographs are to be compared: the form of a source decides how it is read."""

from pathlib import Path

from common.errors import UserError
from infer.pair_sets.csv_list import read_csv_list
from infer.pair_sets.folder import read_folder
from infer.pair_sets.lfw_list import read_lfw_list
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.verification_bin import read_verification_bin

FORMS = (
    "a folder of pairs (PAIR_ID/0.jpg and PAIR_ID/1.jpg), a .csv (path1,path2,label), LFW's pairs.txt, "
    "or a .bin verification set"
)
_LISTS = {".csv": read_csv_list, ".txt": read_lfw_list}  # they name photographs that lie elsewhere


def find_pair_set(source: Path, images: Path | None = None) -> PairSet:
    """The pairs of a source in any of the `FORMS`.

    Args:
        source: a folder, or a file; its suffix says what it is.
        images: folder of the photographs that a .csv or .txt names, in place of its own.

    Raises UserError when there is no such source, it has none of the forms, there is no pair in it, `images`
    does not belong to it, and as the function that reads the form.
    """
    try:
        return _read(source, images)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read ({error.strerror}); name another") from error


def _read(source: Path, images: Path | None) -> PairSet:
    if images is not None and not images.is_dir():
        raise UserError(f"no such folder of photographs: {images}; name another with --images")
    if source.is_dir():
        _refuse_images(source, images)
        return read_folder(source)
    if not source.exists():
        raise UserError(
            f"no such folder or file: {source}; name {FORMS}, or make a sample with 'python -m align sample'"
        )
    suffix = source.suffix.lower()
    if not source.is_file() or suffix not in (*_LISTS, ".bin"):
        raise UserError(f"{source} is in no form that pairs come in; name {FORMS}")
    if suffix in _LISTS:
        return _LISTS[suffix](source, images)
    _refuse_images(source, images)
    return read_verification_bin(source)


def _refuse_images(source: Path, images: Path | None) -> None:
    if images is not None:
        raise UserError(f"{source} holds its own photographs; leave out --images")
