"""Labels given to the photographs of a folder: what `meta.json` files and tables together say of each."""

from collections.abc import Collection, Mapping

from align.sources.folder import Folder
from align.sources.label_file import LabelFile
from align.sources.photograph import folder_of
from align.sources.photograph_list import Said
from align.sources.walk import walk
from common.formats.labels.join import Join, join_labels
from common.formats.labels.labelling import GO_ON, LeftOver, label_paths
from common.formats.labels.photograph_columns import NO_FLAGS
from common.runtime.errors import UserError


def labelled_by_meta(folder: Folder) -> dict[str, bool]:
    """Whether each photograph that `meta.json` names is synthetic.

    Raises UserError as `label_paths`, and for photographs outside the folders of all the files.
    """
    found: dict[str, Said] = {}
    spoken_of: set[str] = set()
    for file in folder.meta:
        labels, _ = file.read({})
        own = file.spoken_of(folder.paths)
        _label(folder, file, _of_this_folder(folder, file, labels, own), own, found)
        spoken_of.update(own.values())
    beyond = [path for path in folder.paths if path not in spoken_of] if folder.meta else []
    if beyond and not folder.reading.allow_unlabelled:
        raise UserError(
            f"{folder.meta[0].path} says nothing of {len(beyond):,} photographs outside its folder, such as "
            f'"{beyond[0]}"; name one folder at a time, or go on with {GO_ON}: they are then taken for bona '
            "fide"
        )
    return {path: bool(said.synthetic) for path, said in found.items()}


def labelled_by_tables(folder: Folder) -> dict[str, Said]:
    """What tables say of each photograph that they name.

    Raises UserError as `read_photograph_list` and `label_paths`, where folders have a label for some of their
    photographs and not for others, and when two tables, or two rows, say different things of one photograph.
    """
    found: dict[str, Said] = {}
    spoken_of: set[str] = set()
    several = len(folder.labels) > 1
    taking, allow = folder.taking, folder.reading.allow_unlabelled
    for file in folder.labels:
        labels, listed = file.read(folder.reading.columns)
        own = file.spoken_of(folder.paths)
        labels = _of_this_folder(folder, file, labels, own)
        join = join_labels(labels, list(own))
        about = _in_labelled_folders(join, own)
        if len(about) < len(own):
            own, join = about, join_labels(labels, list(about))
        _label(folder, file, labels, own, found, join, rest_elsewhere=several, unlabelled_are="left out")
        spoken_of.update(own.values())
        assert listed is not None
        taking.notes += (
            [f"{file.path.name}: {note}" for note in listed.notes if note != NO_FLAGS]
            if several
            else listed.notes
        )
        taking.notes += listed.unflagged(listed.rows, allow)
    if several:
        if all(said.synthetic is None for said in found.values()):
            taking.notes.append(NO_FLAGS)
        taking.photographs = _without_label(folder, found, spoken_of)
    return found


def _label(
    folder: Folder,
    file: LabelFile,
    labels: Mapping[str, Said],
    own: Mapping[str, str],
    found: dict[str, Said],
    join: Join | None = None,
    *,
    rest_elsewhere: bool = False,
    unlabelled_are: str = "taken for bona fide",
) -> None:
    """Join the labels of a file with the photographs, and add what they say to what is `found`."""
    labelled = label_paths(
        file.path,
        labels,
        list(own),
        {key for key, said in labels.items() if said.synthetic},
        allow=folder.reading.allow_unlabelled,
        join=join,
        others_elsewhere=bool(file.above),
        rest_elsewhere=rest_elsewhere,
        unlabelled_are=unlabelled_are,
    )
    folder.taking.add(file.path, labelled)
    for path, said in labelled.values.items():
        before = found.get(own[path])
        found[own[path]] = said if before is None else _merged(file, own[path], before, said)


def _merged(file: LabelFile, path: str, before: Said, said: Said) -> Said:
    """What two files say of a photograph, of which one may say what the other does not."""
    if (None not in (before.synthetic, said.synthetic) and before.synthetic != said.synthetic) or (
        before.identity and said.identity and before.identity != said.identity
    ):
        raise UserError(
            f"{file.path} and another list beside it say different things of {path}; name the one that is "
            "right: align run LIST.csv"
        )
    return Said(
        before.identity or said.identity,
        said.synthetic if before.synthetic is None else before.synthetic,
        before.drop or said.drop,
    )


def _of_this_folder(
    folder: Folder, file: LabelFile, labels: dict[str, Said], own: Mapping[str, str]
) -> dict[str, Said]:
    """The labels of a file without those of photographs that lie beside the folder, where it lies above.

    Raises UserError, unless that is allowed, where labels may mean either; else these are left out.
    """
    if not file.above:
        return labels
    every = LabelFile(file.path).spoken_of(walk(file.path.parent).paths)
    beside = [path for path in every if path not in own]
    if not beside:
        return labels
    join = join_labels(labels, [*own, *beside])
    either = set(join.ambiguous_keys)
    if either:
        either &= join_labels(labels, list(own)).path_of.keys()
    if either and not folder.reading.allow_unlabelled:
        raise UserError(
            f'{file.path}: "{min(either)}" and {len(either) - 1:,} other labels may mean photographs in this '
            f"folder and beside it; mend the keys, or go on without these with {GO_ON}"
        )
    return {
        key: said
        for key, said in labels.items()
        if (join.path_of[key] in own if key in join.path_of else key not in either)
    }


def _in_labelled_folders(join: Join, own: dict[str, str]) -> dict[str, str]:
    """The photographs in folders of which any is labelled; a folder without is not what a table is about.

    All, where a label may mean several: one folder less must not make it seem to mean one.
    """
    if join.ambiguous_keys:
        return own
    folders = {folder_of(own[path]) for path in join.path_of.values()}
    return {path: as_it_is for path, as_it_is in own.items() if folder_of(as_it_is) in folders}


def _without_label(folder: Folder, found: Mapping[str, Said], spoken_of: Collection[str]) -> LeftOver:
    """The photographs that several tables together do not name; refused where these are too many."""
    left = sorted(path for path in spoken_of if path not in found)
    left_over = LeftOver(len(left), len(spoken_of), left[0] if left else "")
    if left_over.too_much and not folder.reading.allow_unlabelled:
        names = " and ".join(str(file.path) for file in folder.labels[:3])
        raise UserError(
            f"{names} together: {left_over.as_text('photographs have no label')}. Mend the labels, or go on "
            f"with {GO_ON}: photographs without a label are then left out"
        )
    return left_over
