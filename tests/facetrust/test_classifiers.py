"""Classify photographs in every form."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import facetrust as ft
from common.models.classifier_checkpoint import OperatingPoint

Crop = NDArray[np.uint8]
Make = Callable[..., Path]


def test_a_list_of_photographs_gives_a_verdict_each(
    portraits: list[Crop], group_photograph: Crop, make_classifier: Make
) -> None:
    model = ft.load_classifier(make_classifier(OperatingPoint(threshold=0.3, undecided=(0.25, 0.3))))
    found = ft.classify([*portraits, np.full((200, 200, 3), 128, np.uint8), b"text"], model=model)
    verdicts = [one.verdict.value for one in found]
    assert verdicts[6:] == ["no_face", "unreadable"] and {"synthetic", "bona_fide"} <= set(verdicts[:6])
    for one in found[:6]:
        assert one.probability is not None and "P(synthetic)" in one.reason
        assert (one.verdict is ft.FaceVerdict.SYNTHETIC) == (one.probability >= 0.3)
    assert [one.probability for one in found[6:]] == [None, None]
    (one_of,) = ft.classify([group_photograph], model=model)
    assert one_of.reason.endswith("; the photograph shows at least 6 faces, the most prominent one counts")
    file = io.BytesIO()
    Image.fromarray(portraits[0]).save(file, "PNG")
    for form in (file.getvalue(), Image.fromarray(portraits[0])):
        (same,) = ft.classify([form], model=model)
        assert same.probability == pytest.approx(found[0].probability, abs=1e-4)
    assert ft.classify([], model=model) == []


def test_what_cannot_be_is_one_line(portraits: list[Crop], make_classifier: Make) -> None:
    path = make_classifier()
    model = ft.load_classifier(path, threshold=0.5)
    wrong = (
        (lambda: ft.classify("anna.jpg", model=model), "put one photograph into brackets"),
        (lambda: ft.classify(None, model=model), "photographs is a list of them, not NoneType"),  # type: ignore[arg-type]
        (lambda: ft.classify(portraits, model=path), "model is what ft.load_classifier returns, not "),
        (lambda: ft.load_classifier(path, threshold=2), "threshold must be from 0 to 1"),
        (lambda: ft.load_classifier(path, face="all"), "face all has no meaning here"),
        (lambda: ft.load_classifier("absent.safetensors"), "absent.safetensors"),
    )
    for call, told in wrong:
        with pytest.raises(ft.UserError, match=told):
            call()
