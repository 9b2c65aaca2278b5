"""Replies of the service, made of what was found in photographs."""

import base64
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from common.models.fused.fusion import Fusion
from common.models.training_facts import SyntheticTraining
from infer.claims import in_words, judges_synthetic, synthetic_statement, threshold_doubt
from infer.examine import Examined
from infer.models.model import Model, Threshold
from infer.service.schemas import (
    CropReply,
    EmbeddedPhotographReply,
    FaceReply,
    ModelReply,
    PairReply,
    PhotographReply,
    SyntheticReply,
    ThresholdReply,
    WarningReply,
)
from infer.verify import similarity_matrix, verdicts_of

DECIMALS = 2  # of a pixel


def model_reply(model: Model) -> ModelReply:
    """What is known of a model; of a file the name alone, for folders are nobody's business."""
    card = model.card
    name = Path(card.name).name if Path(card.name).is_file() else card.name
    return ModelReply(
        name=name,
        backbone=card.backbone,
        embedding_size=card.embedding_size,
        crop_size=model.size,
        precision=card.precision,
        trained_on=card.trained_on,
        eer=card.eer if card.eer is not None and math.isfinite(card.eer) else None,
        assumed=list(card.assumed),
        synthetic=SyntheticReply(
            judged=judges_synthetic(card.synthetic), statement=synthetic_statement(card.synthetic)
        ),
    )


def threshold_reply(threshold: Threshold) -> ThresholdReply:
    """A threshold, where it comes from, and what speaks against it."""
    return ThresholdReply(value=threshold.value, source=threshold.source, doubt=threshold_doubt(threshold))


def photograph_reply(name: str, found: Examined, with_crop: bool) -> PhotographReply:
    """What was found in one photograph, its crop as well if wanted."""
    return PhotographReply(
        name=name,
        face=_face(found, with_crop),
        problem=found.problem,
        warnings=[WarningReply(code=warning, text=warning.text) for warning in found.warnings],
    )


def embedded_reply(name: str, found: Examined, with_crop: bool) -> EmbeddedPhotographReply:
    """The same with its embedding."""
    return EmbeddedPhotographReply(
        **dict(photograph_reply(name, found, with_crop)),
        embedding=None if found.embedding is None else found.embedding.tolist(),
    )


def similarity_rows(examined: Sequence[Examined]) -> list[list[float | None]]:
    """The similarity of each photograph with each, None where one of them shows no usable face."""
    return [
        [None if math.isnan(value) else value for value in row]
        for row in similarity_matrix(examined).tolist()
    ]


def pair_replies(
    examined: Sequence[Examined],
    threshold: float,
    trained: SyntheticTraining | None,
    fusion: Fusion | None = None,
) -> list[PairReply]:
    """The verdict on every pair, in words that a model trained against `trained` can keep, and why.

    `fusion` is that of a fused encoder.
    """
    return [
        PairReply(
            first=pair.first,
            second=pair.second,
            similarity=pair.similarity,
            verdict=pair.verdict,
            statement=in_words(pair.verdict, trained, pair.called_synthetic),
            reasons=list(pair.reasons),
        )
        for pair in verdicts_of(examined, threshold, fusion)
    ]


def _face(found: Examined, with_crop: bool) -> FaceReply | None:
    if found.face is None or found.landmarks is None:
        return None
    detection = found.face.detection
    return FaceReply(
        box=rounded(detection.box),
        landmarks=rounded(detection.landmarks),
        score=None if math.isnan(detection.score) else float(np.clip(detection.score, 0, 1)),
        faces_found=found.faces_found,
        crop=CropReply(image=_png(found.face.image), landmarks=rounded(found.landmarks))
        if with_crop
        else None,
    )


def rounded(values: NDArray[np.floating]) -> Any:
    """Pixels as lists, as nested as the array, to hundredths."""
    return np.round(values.astype(np.float64), DECIMALS).tolist()


def _png(crop: NDArray[np.uint8]) -> str:
    """An RGB crop as a data: URI."""
    done, encoded = cv2.imencode(".png", crop[:, :, ::-1])
    if not done:
        raise RuntimeError("OpenCV could not write a PNG")
    return f"data:image/png;base64,{base64.b64encode(encoded.tobytes()).decode()}"
