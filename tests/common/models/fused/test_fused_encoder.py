from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from align.crops.aligner import AlignedFace, Aligner
from align.crops.options import AlignOptions
from common.formats.crop_frame import Template
from common.models.checkpoint import load_checkpoint, read_standing
from common.models.fused.checkpoint import is_fused, load_fused
from common.models.fused.encoder import FusedEncoder
from common.models.leaderboard import kept_checkpoints
from common.runtime.errors import UserError

Crop = NDArray[np.uint8]


@pytest.fixture(scope="module")
def file(make_fused: Callable[..., Path]) -> Path:
    return make_fused({"gamma": 0.5, "temperature": 2.0}, threshold=0.4)


@pytest.fixture(scope="module")
def fused(file: Path) -> FusedEncoder:
    return load_fused(file)[0]


def cut(portraits: list[Crop], size: int, template: Template, margin: float) -> Tensor:
    aligner = Aligner(AlignOptions(size=size, template=template, margin=margin))
    faces = [aligner.align(portrait) for portrait in portraits]
    images = [face.image for face in faces if isinstance(face, AlignedFace)]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def wide(portraits: list[Crop]) -> Tensor:
    return cut(portraits, 224, Template.LOOSE, 0.5)


def test_a_cosine_is_the_recognisers_times_both_gates(
    fused: FusedEncoder, wide: Tensor, portraits: list[Crop]
) -> None:
    vectors = fused.embed(wide).numpy()
    assert vectors.shape == (6, 128 + 256) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    logits = fused.classifier.score(fused.whole(wide)).double().numpy()
    likely = 1 / (1 + np.exp(-logits / 2))
    np.testing.assert_allclose(fused.fusion.probabilities(vectors), likely, atol=1e-5)
    assert np.ptp(likely) > 0.1  # they differ
    own = fused.recogniser.embed(cut(portraits, 112, Template.ARCFACE, 0)).double().numpy()
    first, second = np.triu_indices(6, 1)
    alone = (own @ own.T)[first, second]
    told = fused.fusion.recogniser_similarities(vectors[first], vectors[second])
    np.testing.assert_allclose(told, alone, atol=0.005)
    gates = (1 - likely) ** 0.5
    rest = np.sqrt((1 - gates**2)[first] * (1 - gates**2)[second])
    scattered = (fused.scatter(wide) @ fused.scatter(wide).T).numpy()[first, second]
    expected = gates[first] * gates[second] * alone + rest * scattered
    np.testing.assert_allclose((vectors @ vectors.T)[first, second], expected, atol=0.005)


def test_two_forgeries_of_one_person_are_no_match_and_bona_fide_crops_are_untouched(
    make_fused: Callable[..., Path], wide: Tensor, variant: Callable[..., Crop]
) -> None:
    for logit, least, most in ((-12.0, 0.99, 1.0), (12.0, -0.35, 0.35)):
        fused = load_fused(make_fused())[0]
        with torch.no_grad():
            head = fused.classifier.network.model.get_classifier()  # type: ignore[operator, union-attr]
            head.weight.zero_(), head.bias.fill_(logit)
        again = (wide[:1].int() + 1).clamp(0, 255).to(torch.uint8)  # a shade brighter
        first, second = fused.embed(torch.cat([wide[:1], again]))
        same = fused.recogniser.embed(fused.face(torch.cat([wide[:1], again])))
        assert float(same[0] @ same[1]) > 0.99
        assert least <= float(first @ second) <= most + 1e-6
        assert float(first @ fused.embed(wide[:1])[0]) == pytest.approx(1, abs=1e-4)  # a picture is itself


def test_a_checkpoint_is_one_file_of_its_own_kind(file: Path, fused: FusedEncoder, wide: Tensor) -> None:
    again, info = load_fused(file)
    assert torch.equal(again.embed(wide), fused.embed(wide))
    assert (info.threshold, info.crops.template, info.crops.size) == (0.4, "loose", 224)
    assert is_fused(file) and read_standing(file).task == "fusion"
    assert not kept_checkpoints(file.parent, "verification")
    with pytest.raises(UserError, match="checkpoint of the task fusion, not of a face encoder"):
        load_checkpoint(file)


def test_damaged_and_foreign_files_are_refused(
    file: Path, make_classifier: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="is a classifier, not a fused encoder"):
        load_fused(make_classifier())
    content = file.read_bytes()
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(content.replace(b'\\"gamma\\":0.5', b'\\"gamma\\":-.5', 1))
    with pytest.raises(UserError, match="damaged header"):
        load_fused(damaged)
    damaged.write_bytes(content.replace(b'\\"features\\":128', b'\\"features\\":127', 1))
    with pytest.raises(UserError, match="needs what is not to be had here: ir_lite has no 127 features"):
        load_fused(damaged)
