"""`meta.json`, which says of photographs whether they are synthetic: in their folder, below or above it."""

from collections.abc import Sequence
from pathlib import Path

from align.sources.label_files import LabelFile, above, in_or_below, is_meta, own_labels
from align.sources.taking import Taking
from common.formats.labels.files import META_FILE
from common.formats.labels.join import join_labels
from common.formats.labels.json_flags import read_json_flags
from common.formats.labels.labelling import GO_ON, label_paths
from common.runtime.errors import UserError

Flags = dict[str, bool]  # by path


def find_meta(root: Path, tables: Sequence[str], paths: Sequence[str], allow: bool) -> list[LabelFile]:
    """The `meta.json` files that speak of the photographs of a folder.

    That in the folder, whatever it holds; or else those in folders below, where they are flags; or else the
    nearest in the three folders above of which a key means one of the photographs.

    Raises UserError where the `meta.json` right above is made of flags, some of them synthetic, of which none
    means a photograph.
    """
    own = in_or_below(root, [table for table in tables if table.rpartition("/")[2].lower() == META_FILE])
    own = [file for file in own if not file.below or _flags(file.path)]
    if own or not paths:
        return own
    for level, files in enumerate(above(root, [META_FILE])):
        for file in filter(is_meta, files):
            flags = _flags(file.path)
            if flags and join_labels(flags, list(file.paths(paths))).path_of:
                return [file]
            if level == 0 and any(flags.values()) and not allow:
                raise UserError(
                    f"{file.path} lies above the photographs, but none of its {len(flags):,} labels means "
                    f'one of them, not even "{next(iter(flags))}"; mend its keys, which are relative to its '
                    f"folder, or go on with {GO_ON}: they are then taken for bona fide"
                )
    return []


def label_by_meta(files: Sequence[LabelFile], paths: Sequence[str], allow: bool) -> tuple[Flags, Taking]:
    """What `meta.json` files say of photographs, and how it was joined; as `label_paths` refuses.

    Photographs for which there is no file are without a label.
    """
    found: Flags = {}
    taking = Taking()
    for file in files:
        flags = own_labels(file, read_json_flags(file.path), paths, allow)
        spoken_of = file.paths(paths)
        synthetic = {key for key, flag in flags.items() if flag}
        labelled = label_paths(
            file.path,
            flags,
            list(spoken_of),
            synthetic,
            allow=allow,
            others_elsewhere=file.elsewhere,
        )
        found |= {spoken_of[path]: flag for path, flag in labelled.values.items()}
        taking = taking.with_labels(file.path, labelled)
    beyond = [path for path in paths if not any(_speaks_of(file, path) for file in files)]
    if beyond and not allow:
        raise UserError(
            f"{files[0].path} says nothing of {len(beyond):,} photographs outside its folder, such as "
            f'"{beyond[0]}"; '
            f"name one folder at a time, or go on with {GO_ON}: they are then taken for bona fide"
        )
    return found, taking


def _speaks_of(file: LabelFile, path: str) -> bool:
    return not file.below or path.startswith(f"{file.below}/")


def _flags(path: Path) -> Flags:
    """What a file holds that may be of labels; nothing where it is something else."""
    try:
        return read_json_flags(path)
    except UserError:
        return {}
