"""Images to classify, and what their source knows of each: photographs in any layout, or crops of shards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.reasons import NO_FACE
from align.sources.find import Source, find_source
from align.sources.layouts import LayoutName
from align.sources.photograph import Photograph, folder_of, is_clip, is_photograph, without_suffix
from align.tracks.options import ClipOptions
from common.formats.groups import connected_groups, crop_ties, group_names
from common.formats.labels.photograph_columns import NO_FLAGS
from common.formats.shard_folder import is_shard_folder, open_folder
from common.formats.shards import (
    Alignment,
    decode_strings,
    forgery_columns,
    open_shard,
    origin_columns,
    pseudo_labelled,
    read_header,
)
from common.models.other_crops import refuse_other_frame
from common.runtime.errors import UserError
from common.runtime.wording import counted
from infer.classification.clip_faces import Clip, ClipFile
from infer.classification.ensemble import Ensemble
from infer.classification.request import ClassifyRequest
from infer.stored_crops import ShardCrop

UNLABELLED = -1  # in the place of 0 for bona fide and 1 for synthetic


@dataclass(frozen=True)
class ImagesToClassify:
    """I images in their order.

    Attributes:
        name: what files made of them are called.
        origin: what was named.
        images: photographs by their paths, or crops of shards.
        paths: as the source names them.
        labels: (I,) int8: 1 synthetic, 0 bona fide, or `UNLABELLED`.
        groups: (I,) int64, equal for images of one person, source video or forgery source.
        species: of forgeries: what the source calls them, the method that made them, or else their folder.
        problems: why images cannot be used, as far as it is known before they are opened, by row.
        notes: what a person should know of the source.
        label_files: that labels were read from.
        clips: the images that are videos, by row; without those that have problems.
    """

    name: str
    origin: Path
    images: Sequence[Path | ShardCrop] = field(repr=False)
    paths: list[str] = field(repr=False)
    labels: NDArray[np.int8] = field(repr=False)
    groups: NDArray[np.int64] = field(repr=False)
    species: list[str] = field(repr=False)
    problems: dict[int, str] = field(repr=False, default_factory=dict)
    notes: list[str] = field(default_factory=list)
    label_files: list[str] = field(default_factory=list)
    clips: dict[int, Clip] = field(repr=False, default_factory=dict)

    @property
    def has_labels(self) -> bool:
        """Whether it is known of any image what it is."""
        return bool((self.labels != UNLABELLED).any())


def is_one_file(source: Path, clips: bool = False) -> bool:
    """Whether a source is a photograph itself, or one of the `clips` if these are taken.

    Raises UserError where there is no such file or folder.
    """
    if not source.exists():
        raise UserError(f"no such file or folder: {source}; name photographs, shards or a list")
    return source.is_file() and (is_photograph(source.name) or (clips and is_clip(source.name)))


def images_of(source: Path, asked: ClassifyRequest, options: ClipOptions | None = None) -> ImagesToClassify:
    """The images of a photograph, a folder or list of photographs, or a folder of shards.

    With options for them, clips are taken beside photographs; the crops of clips in shards stay images of
    their own.

    Raises UserError as `find_source`, and where shards are missing or damaged.
    """
    clips = options is not None
    if is_shard_folder(source):
        return _of_shards(source, asked)
    if is_one_file(source, clips):
        only = Photograph(source.name, without_suffix(source.name), False)
        return _of_photographs(Source(source, source.parent, LayoutName.FLAT, [only]), options)
    found = find_source(source, asked.layout, asked.selection, asked.reading, clips)
    return _of_photographs(found, options)


def refuse_other_frames(source: ImagesToClassify, ensemble: Ensemble) -> list[str]:
    """Notes on crops of shards that are smaller than a network takes.

    Raises UserError where they are not cut as in a member's training.
    """
    notes = []
    shards = dict.fromkeys(image.shard for image in source.images if isinstance(image, ShardCrop))
    for path in shards:
        with open_shard(path) as shard:
            header = read_header(shard)
        for member in ensemble.members:
            if member.info.crops is not None:
                refuse_other_frame(path, header, member.crops)
            if header.size < member.size:
                notes.append(f"{member.file} enlarges crops of {header.size} pixels to its {member.size}")
    return list(dict.fromkeys(notes))


def _of_photographs(found: Source, options: ClipOptions | None) -> ImagesToClassify:
    photographs = found.photographs
    flags = np.array([photograph.synthetic for photograph in photographs], np.int8)
    known, paired = _has_labels(found), found.layout is LayoutName.PAIRS  # whose folders are pairs
    said = [known and entry.flagged and not entry.pseudo for entry in photographs]
    labels = np.where(said, flags, np.int8(UNLABELLED))
    notes = [*found.taking.notes, *found.taking.left_over()]
    if found.passed_over:
        notes.append(f"{found.passed_over:,} photographs are passed over, where the layout does not look")
    if known and (few := int((labels == UNLABELLED).sum())):
        notes.append(f"without a label, and in no figure: {counted(few, 'photograph')}")
    problems = {row: entry.problem for row, entry in enumerate(photographs) if entry.problem is not None}
    return ImagesToClassify(
        name=found.origin.resolve().name if found.origin.is_dir() else found.origin.stem,
        origin=found.origin,
        images=[found.root / photograph.path for photograph in photographs],
        paths=[photograph.path for photograph in photographs],
        labels=labels,
        groups=connected_groups([crop_ties(entry.identity, entry.groups) for entry in photographs]),
        species=[
            entry.species or ("" if paired else _species_of_folder(entry.path, entry.identity))
            for entry in photographs
        ],
        problems=problems,
        notes=notes,
        label_files=list(found.taking.files),
        clips={
            row: ClipFile(found.root / entry.path, options)
            for row, entry in enumerate(photographs)
            if options is not None and entry.is_clip and row not in problems
        },
    )


def _has_labels(found: Source) -> bool:
    """Whether something says what is synthetic: folders of real and fake ones, or a file."""
    if found.layout is LayoutName.REAL_FAKE:
        return True
    return bool(found.taking.files) and NO_FLAGS not in found.taking.notes


def _of_shards(source: Path, asked: ClassifyRequest) -> ImagesToClassify:
    folder = open_folder(source).require_whole(asked.allow_missing)
    images: list[ShardCrop] = []
    paths: list[str] = []
    labels: list[NDArray[np.int8]] = []
    ties: list[set[str]] = []
    species: list[str] = []
    problems: dict[int, str] = {}
    guesses = 0
    for path in folder.shards:
        with open_shard(path) as shard:
            own = decode_strings(shard["path"][:])
            taken = shard["alignment"][:]
            said = shard["synthetic"][:].astype(np.int8)
            said[guessed := pseudo_labelled(shard)] = UNLABELLED
            guesses += int(guessed.sum())
            labels.append(said)
            people = decode_strings(shard["identity"][:])
            forged, origins = forgery_columns(shard), origin_columns(shard)
        of_origin = map(group_names, origins.groups) if origins else [()] * len(own)
        made_of = forged.people() if forged else [()] * len(own)
        ties += [
            crop_ties(person, names, sources)
            for person, names, sources in zip(people, of_origin, made_of, strict=True)
        ]
        missing = np.flatnonzero(taken == Alignment.CENTRE)
        problems |= {len(images) + row: f"{NO_FACE} by 'align run'" for row in missing.tolist()}
        images += [ShardCrop(path, row) for row in range(len(own))]
        named = forged.method if forged else origins.species if origins else [""] * len(own)
        species += [
            name or _species_of_folder(place, person)
            for name, place, person in zip(named, own, people, strict=True)
        ]
        paths += own
    return ImagesToClassify(
        name=source.resolve().name,
        origin=source,
        images=images,
        paths=paths,
        labels=np.concatenate(labels),
        groups=connected_groups(ties),
        species=species,
        problems=problems,
        notes=[
            *folder.notes,
            *([f"{counted(guesses, 'crop')} with a pseudo-label, which is no label here"] if guesses else []),
        ],
    )


def _species_of_folder(path: str, person: str) -> str:
    """The folder of a photograph; "" where it is called as its person, and so tells no kind."""
    folder = folder_of(path)
    return "" if folder == person else folder
