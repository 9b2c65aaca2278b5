"""Reader of pairs in any form: a folder, shards, a list, or a verification set."""

from dataclasses import replace
from pathlib import Path

from align.sources.pair_labels import is_of_pairs
from align.sources.photograph import folder_of, without_suffix
from align.sources.walk import walk
from common.formats.labels.files import LABELS_FILE, META_FILE
from common.formats.shard_folder import is_shard_folder
from common.runtime.errors import UserError
from infer.pair_sets.csv_list import read_csv_list
from infer.pair_sets.folder import read_folder
from infer.pair_sets.lfw_list import read_lfw_list
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.people import read_people
from infer.pair_sets.request import AS_IT_IS, PairRequest
from infer.pair_sets.shards import read_shards
from infer.pair_sets.verification_bin import read_verification_bin

FORMS = (
    "a folder of pairs (PAIR_ID/0.jpg and PAIR_ID/1.jpg), a folder per person, shards, a .csv "
    "(path1,path2,label), LFW's pairs.txt, or a .bin verification set"
)
# they name photographs that lie elsewhere
_LISTS = {".csv": read_csv_list, ".tsv": read_csv_list, ".txt": read_lfw_list}


def find_pair_set(source: Path, images: Path | None = None, asked: PairRequest = AS_IT_IS) -> PairSet:
    """The pairs of a source in any of the `FORMS`.

    Args:
        source: a folder, or a file; its suffix says what it is.
        images: folder of the photographs that a .csv or .txt names, in place of its own.
        asked: how it is to be read, as far as that bears on its form.

    Raises UserError when there is no such source, it has none of the forms, there is no pair in it, `images`
    or `asked.columns` does not belong to it, and as the function that reads the form.
    """
    try:
        found = _read(source, images, asked)
    except OSError as error:
        name = error.filename or source
        raise UserError(f"{name} cannot be read ({error.strerror}); mend that or name another") from error
    twice = int((found.members[:, 0] == found.members[:, 1]).sum())
    if not twice:
        return found
    note = f"{twice:,} of {len(found):,} pairs compare a photograph with itself; such scores mean nothing"
    return replace(found, notes=(*found.notes, note))


def _read(source: Path, images: Path | None, asked: PairRequest) -> PairSet:
    if images is not None and not images.is_dir():
        raise UserError(f"no such folder of photographs: {images}; name another with --images")
    if source.is_dir():
        _refuse_images(source, images)
        return _read_folder(source, asked)
    if not source.exists():
        raise UserError(
            f"no such folder or file: {source}; name {FORMS}, or make a sample with 'python -m align sample'"
        )
    suffix = source.suffix.lower()
    if not source.is_file() or suffix not in (*_LISTS, ".bin"):
        raise UserError(f"{source} is in no form that pairs come in; name {FORMS}")
    if suffix in _LISTS:
        return _LISTS[suffix](source, images, asked)
    _refuse_images(source, images)
    return read_verification_bin(source)


def _read_folder(root: Path, asked: PairRequest) -> PairSet:
    if asked.columns:
        raise UserError(f"{root} is a folder, and --columns names those of a list; leave it out")
    if is_shard_folder(root):
        return read_shards(root, asked)
    if _holds_pairs(root):
        return read_folder(root, asked)
    return read_people(root, asked)


def _holds_pairs(root: Path) -> bool:
    """Whether a folder is one of pairs: by its labels, or since all photographs in folders are 0 and 1.

    So are people of whom each has just these two.
    """
    if is_of_pairs(root / LABELS_FILE):
        return True
    names = {without_suffix(path.rpartition("/")[2]) for path in walk(root).paths if folder_of(path)}
    return names <= {"0", "1"} and not (root / META_FILE).exists()


def _refuse_images(source: Path, images: Path | None) -> None:
    if images is not None:
        raise UserError(f"{source} holds its own photographs; leave out --images")
