"""Results file `NAME.h5` of `infer classify`: all that is known of the faces, and crops of the hardest."""

from pathlib import Path

import h5py
import numpy as np
from pydantic import BaseModel, ConfigDict

from common.formats.columns import Column, unpack_columns, write_packed
from common.formats.hdf5 import check_format, naming, text_attribute
from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.clips_file import CLIP_COLUMNS, packed_clips, unpacked_clips
from infer.classification.faces import NO_FACE_NUMBER, ClassifiedFaces, ClassifierCard
from infer.classification.shown import ShownFaces
from infer.classification.source import UNLABELLED
from infer.output.checked import as_bytes, demand, encodable, parsed_header, within

FORMAT = "facetrust-classified-faces"
FORMAT_VERSION = 2
WITHOUT_CLIPS = 1  # an earlier version, which kept no tracks of clips
CROP_SIDES = range(1, 1025)  # pixels
AGAIN = "make it again with 'python -m infer classify'"

# of F faces, R rows without a face, M measures, and K faces whose crops are shown
COLUMNS = {
    "header": Column("u1", most_rows=1_000_000),  # JSON
    "path": Column(str),  # (F,)
    "image": Column("<u4"),  # (F,)
    "face": Column("<i4"),  # (F,)
    "label": Column("i1"),  # (F,)
    "group": Column("<u4"),  # (F,)
    "species": Column(str),  # (F,)
    "logit": Column("<f8"),  # (F,)
    "measures": Column("<f8", (None,)),  # (F, M)
    "rejected_rows": Column("<u4"),  # (R,)
    "rejected_reasons": Column(str),  # (R,)
    "shown_rows": Column("<u4", most_rows=200),  # (K,)
    "shown_crops": Column("u1", (None, None, 3), most_bytes=400_000_000),  # (K, S, S, 3)
}
OF_FACES = ("image", "face", "label", "group", "species", "logit", "measures")


class _Header(BaseModel):
    """All that is not a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    point: OperatingPoint
    models: tuple[ClassifierCard, ...]
    notes: tuple[str, ...]
    made_with: str
    measure_names: tuple[str, ...]


def write_classified(path: Path, faces: ClassifiedFaces, shown: ShownFaces) -> None:
    """Write results atomically; the same results give the same bytes. Raises OSError where it cannot be."""
    names = tuple(faces.measures)
    said = {name: getattr(faces, name) for name in ("name", "source", "notes", "made_with")}
    models = [card.model_dump() for card in faces.models]
    header = {**said, "point": faces.point.model_dump(), "models": models, "measure_names": names}
    values = {
        **vars(faces),
        "header": as_bytes(_Header.model_validate(encodable(header))),
        "measures": np.stack([*faces.measures.values()], axis=1) if names else np.zeros((len(faces), 0)),
        "rejected_rows": list(faces.rejected),
        "rejected_reasons": list(faces.rejected.values()),
        "shown_rows": shown.rows,
        "shown_crops": shown.crops,
        **packed_clips(faces.clips, shown),
    }
    write_packed(path, FORMAT, FORMAT_VERSION, COLUMNS | CLIP_COLUMNS, values)


def read_classified(path: Path) -> tuple[ClassifiedFaces, ShownFaces]:
    """Results from a file, which is not trusted.

    Raises UserError when it is not one, is of another version or damaged, or is beyond 50 million faces.
    """
    with naming(path, AGAIN), h5py.File(path, "r") as file:
        return _read(file)


def is_classified(path: Path) -> bool:
    """Whether a file is HDF5 and says that it holds results of `infer classify`."""
    try:
        with h5py.File(path, "r") as file:
            return text_attribute(file, "format") == FORMAT
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):
        return False


def _read(file: h5py.File) -> tuple[ClassifiedFaces, ShownFaces]:
    check_format(file, FORMAT, [WITHOUT_CLIPS, FORMAT_VERSION], "a file of classified faces")
    has_clips = file.attrs["format_version"] != WITHOUT_CLIPS
    found = unpack_columns(file, COLUMNS)
    header = parsed_header(_Header, found["header"].tobytes())
    count, logit, rejected = len(found["path"]), found["logit"], found["rejected_rows"]
    for name in OF_FACES:
        demand(len(found[name]) == count, f"has a malformed column '{name}'")
    measures, crops = found["measures"], found["shown_crops"]
    demand(measures.shape[1] == len(header.measure_names), "has measures without a name")
    demand(not np.isinf(logit).any(), "has a logit that is not finite")
    demand(within(found["face"], NO_FACE_NUMBER, count), "has a face of an unheard number")
    demand(within(found["label"], UNLABELLED, 1), "has a label that is neither 0 nor 1")
    demand(len(rejected) == len(found["rejected_reasons"]), "has a malformed column 'rejected_rows'")
    demand(within(rejected, 0, count - 1), "has a reason that belongs to no face")
    demand(len(np.unique(rejected)) == len(rejected), "has two reasons for a face")
    demand(bool(np.isnan(logit[rejected]).all()), "has a reason against a face that has a score")
    demand(int(np.isnan(logit).sum()) == len(rejected), "has a face without a score and without a reason")
    demand(len(crops) == len(found["shown_rows"]), "has a malformed column 'shown_crops'")
    square = crops.shape[1] == crops.shape[2] and (not len(crops) or crops.shape[1] in CROP_SIDES)
    demand(square, "has crops of a size unheard of")
    demand(within(found["shown_rows"], 0, count - 1), "has crops that belong to no face")
    faces = ClassifiedFaces(
        name=header.name,
        source=header.source,
        path=found["path"],
        image=found["image"].astype(np.int64),
        face=found["face"].astype(np.int32),
        label=found["label"].astype(np.int8),
        group=found["group"].astype(np.int64),
        species=found["species"],
        logit=logit.astype(np.float64),
        measures={name: measures[:, column] for column, name in enumerate(header.measure_names)},
        rejected=dict(zip(rejected.tolist(), found["rejected_reasons"], strict=True)),
        point=header.point,
        models=header.models,
        notes=header.notes,
        made_with=header.made_with,
        clips=unpacked_clips(unpack_columns(file, CLIP_COLUMNS), logit) if has_clips else {},
    )
    return faces, ShownFaces(found["shown_rows"].astype(np.int64), crops)
