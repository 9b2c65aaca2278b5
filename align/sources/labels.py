"""Labels given to the photographs of a folder: what files of labels together say of each."""

from collections.abc import Mapping, Sequence

from align.sources.folder import Folder
from align.sources.label_file import LabelFile
from align.sources.photograph import folder_of
from align.sources.photograph_list import Said
from align.sources.walk import walk
from common.formats.labels.join import join_labels
from common.formats.labels.labelling import GO_ON, LeftOver, label_paths
from common.formats.labels.photograph_columns import NO_FLAGS
from common.runtime.errors import UserError
from common.runtime.wording import counted


def labelled_by_meta(folder: Folder) -> dict[str, bool]:
    """Whether each photograph that `meta.json` names is synthetic. Raises UserError as `labelled`."""
    found = labelled(folder, folder.meta, "taken for bona fide")
    return {path: bool(said.synthetic) for path, said in found.items()}


def labelled(folder: Folder, files: Sequence[LabelFile], unlabelled_are: str) -> dict[str, Said]:
    """What files say of each photograph that they name; how they were read is in the folder's account.

    Raises UserError, of the photographs without a label saying what they `are` then, as `LabelFile.read` and
    `label_paths`, for photographs outside the folders of `meta.json` files, for photographs that several
    tables leave out, and when two files say different things of one photograph.
    """
    found: dict[str, Said] = {}
    spoken_of: set[str] = set()
    taking, allow = folder.taking, folder.reading.allow_unlabelled
    several = sum(not file.is_meta for file in files) > 1
    for file in files:
        labels, listed = file.read(folder.reading)
        own = file.spoken_of(folder.paths)
        labels = _of_this_folder(folder, file, labels, own)
        join = join_labels(labels, list(own))
        if listed and not join.ambiguous_keys:  # one folder less must not make a name seem to mean one
            folders = {folder_of(own[path]) for path in join.path_of.values()}
            about = {path: as_it_is for path, as_it_is in own.items() if folder_of(as_it_is) in folders}
            if len(about) < len(own):  # a folder of which it labels none is not what a table is about
                own, join = about, join_labels(labels, list(about))
        joined = label_paths(file.path, labels, list(own), join)
        if not allow:
            joined.refuse_misfits(
                {key for key, said in labels.items() if said.synthetic},
                others_elsewhere=bool(file.above),
                rest_elsewhere=several,
                unlabelled_are=unlabelled_are,
            )
        taking.add(joined)
        for path, said in joined.values.items():
            before = found.get(own[path])
            found[own[path]] = said if before is None else _merged(file, own[path], before, said)
        spoken_of.update(own.values())
        if listed:
            notes = [f"{file.path.name}: {note}" for note in listed.notes if note != NO_FLAGS]
            taking.notes += notes if several else listed.notes
            taking.notes += listed.unflagged(listed.rows, allow)
    if several and all(said.synthetic is None for said in found.values()):
        taking.notes.append(NO_FLAGS)
    if several:
        taking.photographs = _without_label(files, spoken_of - found.keys(), len(spoken_of), allow)
    elif files and files[0].is_meta and not allow and len(spoken_of) < len(folder.paths):
        beyond = [path for path in folder.paths if path not in spoken_of]
        raise UserError(
            f"{files[0].path} says nothing of {counted(len(beyond), 'photograph')} outside its folder, such "
            f'as "{beyond[0]}"; name one folder at a time, or go on with {GO_ON}: they are then '
            f"{unlabelled_are}"
        )
    return found


def _of_this_folder(
    folder: Folder, file: LabelFile, labels: dict[str, Said], own: Mapping[str, str]
) -> dict[str, Said]:
    """The labels of a file without those of photographs that lie beside the folder, where it lies above.

    Raises UserError, unless that is allowed, where labels may mean either; else these are left out.
    """
    if not file.above:
        return labels
    every = LabelFile(file.path).spoken_of(walk(file.path.parent, clips=folder.clips).paths)
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


def _merged(file: LabelFile, path: str, before: Said, said: Said) -> Said:
    """What two files say of a photograph, of which one may say what the other does not."""
    contradict = None not in (before.synthetic, said.synthetic) and before.synthetic != said.synthetic
    texts = ((before.identity, said.identity), (before.group, said.group), (before.species, said.species))
    if contradict or any(one and other and one != other for one, other in texts):
        raise UserError(
            f"{file.path} and another list beside it say different things of {path}; name the one that is "
            "right: align run LIST.csv"
        )
    synthetic = said.synthetic if before.synthetic is None else before.synthetic
    return Said(
        before.identity or said.identity,
        synthetic,
        before.drop or said.drop,
        before.group or said.group,
        before.species or said.species,
        all(one.pseudo for one in (before, said) if one.synthetic is not None) and synthetic is not None,
    )


def _without_label(files: Sequence[LabelFile], left: set[str], of: int, allow: bool) -> LeftOver:
    """The photographs that several tables together do not name; refused where these are too many."""
    left_over = LeftOver(len(left), of, min(left, default=""))
    if left_over.too_much and not allow:
        raise UserError(
            f"{' and '.join(str(file.path) for file in files[:3])} together: "
            f"{left_over.as_text('photographs have no label')}. Mend the labels, or go on with {GO_ON}: "
            "photographs without a label are then left out"
        )
    return left_over
