"""What the library does with photographs: verify two of them, embed many, align the faces of one."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from PIL import Image

from align.crops.aligner import AlignedFace, Rejection, aligner_of_process
from align.crops.options import AlignOptions, FaceChoice, as_choice
from align.media.source import ImageSource
from common.runtime.device import Device
from common.runtime.errors import ParameterError, UserError
from infer.claims import in_words, synthetic_statement, threshold_doubt
from infer.commands.options import CHECKPOINTS
from infer.cropping import CropRequest
from infer.embeddings import Embeddings, embed_images
from infer.examine import Examiner
from infer.models import load
from infer.models.model import Model
from infer.score import Verdict
from infer.verify import known_threshold, verdicts_of


@dataclass(frozen=True)
class Verification:
    """Whether two photographs are of one person, and what that rests on. True in an `if` for a match alone.

    Attributes:
        similarity: cosine, in [-1, 1]; None where a photograph shows no usable face.
        verdict: `match` or `no_match`, by similarity >= threshold; `no_face`, `no_image` or `no_file` where
            there is no similarity; None where there is one and no threshold is known.
        threshold: the one asked for, or the model's own; None where there is none.
        statement: the verdict in words that the model can keep.
        reasons: why, in words; never empty.
        warnings: what is doubtful about the photographs, the threshold and the model.
        synthetic_statement: what the similarity says of synthetic faces, and why.
    """

    similarity: float | None
    verdict: Verdict | None
    threshold: float | None
    statement: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    synthetic_statement: str = field(repr=False)

    def __bool__(self) -> bool:
        return self.verdict is Verdict.MATCH


def load_model(
    name: str | os.PathLike[str] | None = None,
    *,
    colour: Literal["RGB", "BGR"] | None = None,
    detector: str | None = None,
    det_size: int | None = None,
    min_score: float | None = None,
    min_face: int | None = None,
    face: Literal["central", "largest"] | FaceChoice | None = None,
    crops: bool = False,
    device: Literal["auto", "cpu", "cuda"] | Device = Device.AUTO,
) -> Model:
    """A model that compares faces, and how photographs are cropped for it: by default as in its training.

    Args:
        name: published weights, which are fetched once, such as `adaface-ir101-webface12m` or
            `hf:OWNER/REPO`; a checkpoint or an ONNX file; `random:BACKBONE`, an untrained baseline; by
            default the best checkpoint below `training_logs/checkpoints`.
        colour: order of the channels that the model takes, for files that do not say.
        detector: `retinaface`, `insightface:PACK`, `onnx:FILE`, or another of `ft.detectors.DETECTORS`.
        det_size: pixels; photographs with a longer side are searched at this size.
        min_score: least score of a face, 0 to 1.
        min_face: least side of a face, in pixels of the photograph.
        face: which of several faces counts.
        crops: the photographs are aligned crops already: no face is looked for.
        device: where the model runs, `auto`, `cpu` or `cuda`; with `cpu` faces are found there too.

    Raises UserError where there is no such model, its file is not usable, or a value is out of range.

    >>> model = ft.load_model("random:ir_lite", min_face=40)
    >>> model.card.backbone, model.size, model.threshold
    ('ir_lite', 112, None)
    """
    choice = None if face is None else as_choice(FaceChoice, "face", face)
    asked = CropRequest(detector, det_size, min_score, min_face, choice, crops)
    return load.load_model(
        None if name is None else os.fspath(name),
        CHECKPOINTS,
        colour,
        asked,
        as_choice(Device, "device", device),
    )


def verify(
    first: ImageSource, second: ImageSource, *, model: Model, threshold: float | None = None
) -> Verification:
    """The verdict on two photographs: their similarity, whether that is a match, and why.

    Args:
        first, second: a path, the bytes of an image file, an (H, W, 3) uint8 RGB array or a PIL image; the
            most prominent face of it counts.
        model: of `load_model`.
        threshold: in [-1, 1], similarities from here on are a match; by default the model's own, which
            published weights lack.

    What a photograph holds never raises: one without a face gives a verdict that says so. Raises UserError
    for a threshold out of range, and for what is no model.

    >>> result = ft.verify("anna.jpg", "somebody.jpg", model=ft.load_model("random:ir_lite"), threshold=1)
    >>> bool(result), result.verdict.value, result.statement
    (False, 'no_match', 'not the same person')
    >>> ft.verify("anna.jpg", "nobody.jpg", model=ft.load_model("random:ir_lite")).reasons
    ('the second photograph cannot be used: no such file',)
    """
    _refuse_no_model(model)
    at = known_threshold(model, threshold)
    examined = Examiner(model).examine([first, second])
    (found,) = verdicts_of(examined, at.value if at else None, model.card.fusion)
    doubt = threshold_doubt(at)
    return Verification(
        found.similarity,
        found.verdict,
        at.value if at else None,
        in_words(found.verdict, model.card.synthetic, found.called_synthetic),
        found.why,
        (*found.doubts, *([doubt] if doubt else []), *(f"assumed: {text}" for text in model.card.assumed)),
        synthetic_statement(model.card.synthetic),
    )


def embed(photographs: Iterable[ImageSource], *, model: Model, workers: int = 1) -> Embeddings:
    """The embeddings of photographs, (N, D) float32 of unit length, so that dot products are similarities.

    Args:
        photographs: each a path, the bytes of an image file, an (H, W, 3) uint8 RGB array or a PIL image;
            the most prominent face of each counts.
        model: of `load_model`.
        workers: processes that align; the result does not depend on them. A script that asks for several
            needs `if __name__ == "__main__":`.

    A photograph without a usable face has a row of zeros, and its reason in `rejected`, by row. Raises
    UserError for what is no photograph in any of these forms, such as None, and for what is no model.

    >>> found = ft.embed(["anna.jpg", "nobody.jpg"], model=ft.load_model("random:ir_lite"))
    >>> found.vectors.shape, found.rejected, found.has_face.tolist()
    ((2, 128), {1: 'no such file'}, [True, False])
    """
    several = listed(photographs)
    _refuse_no_model(model)
    return embed_images(several, model, workers=workers)


def listed(photographs: Iterable[ImageSource]) -> list[ImageSource]:
    """Photographs as a list. Raises UserError where it is one photograph that is given, or no list."""
    one_array = isinstance(photographs, np.ndarray) and photographs.ndim != 4
    if one_array or isinstance(photographs, str | bytes | os.PathLike | Image.Image):
        raise UserError("photographs is a list of them; put one photograph into brackets")
    if not isinstance(photographs, Iterable):
        raise UserError(f"photographs is a list of them, not {type(photographs).__name__}")
    return list(photographs)


def _refuse_no_model(model: object) -> None:
    if not isinstance(model, Model):
        raise ParameterError("{model} is what ft.load_model returns, not {}", repr(model))


def align(photograph: ImageSource, **options: Any) -> list[AlignedFace]:
    """The faces of a photograph as crops, with box, landmarks and score.

    Args:
        photograph: a path, the bytes of an image file, an (H, W, 3) uint8 RGB array or a PIL image.
        options: those of `AlignOptions`; by default the most prominent face, with `face="all"` every one, the
            largest first.

    Raises UserError where there is no usable face, with the reason. `Aligner` takes many photographs, and
    gives the reason as a `Rejection` instead.

    >>> faces = ft.align("group.jpg", face="all", size=224)
    >>> len(faces), faces[0].image.shape, faces[0].detection.landmarks.shape
    (6, (224, 224, 3), (5, 2))
    """
    (outcome,) = aligner_of_process(AlignOptions(**options)).align_all([photograph])
    if isinstance(outcome, Rejection):
        name = photograph if isinstance(photograph, str | os.PathLike) else "the photograph"
        raise UserError(f"{name}: {outcome.reason}")
    return outcome
