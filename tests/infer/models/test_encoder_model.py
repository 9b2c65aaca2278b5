from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.runtime.device import Device
from common.runtime.errors import UserError, user_text
from infer.models import encoder_model
from infer.models.cpu_network import CpuNetwork
from infer.models.encoder_model import EncoderModel
from infer.models.lower import UnknownLayerError, lower
from infer.models.model import ModelCard

COLOURFUL = InputFormat(colour="BGR", mean=(120.0, 110.0, 100.0), scale=(60.0, 58.0, 57.0))


def encoder_of(backbone: str, input_format: InputFormat | None = None) -> Encoder:
    """With random statistics and slopes: those of a new network are zeros and ones, which hide mistakes."""
    torch.manual_seed(1)
    encoder = Encoder(backbone, input_format).eval()
    for module in encoder.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.8, 1.3)
            if module.affine:
                nn.init.uniform_(module.weight, 0.6, 1.1)
                nn.init.normal_(module.bias, 0, 0.1)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.0, 0.5)
    return encoder


def model_of(encoder: Encoder) -> EncoderModel:
    card = ModelCard("m", encoder.backbone_name, encoder.input_format, encoder.embedding_size)
    return EncoderModel(encoder, card)


def random_crops(count: int, size: int = 112) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


@pytest.mark.parametrize(
    ("backbone", "input_format"),
    [
        ("mobilefacenet", None),
        ("mobilefacenet", COLOURFUL),
        ("ir_lite", InputFormat(size=64)),
        ("ir_18", None),
        ("ir_se_50", InputFormat(colour="BGR")),
        ("iresnet_18", None),
        ("timm:mobilenetv3_small_050", None),  # torch itself computes it
    ],
)
def test_embeddings_are_those_of_the_encoder(backbone: str, input_format: InputFormat | None) -> None:
    encoder = encoder_of(backbone, input_format)
    crops = random_crops(3, encoder.input_format.size)
    expected = encoder.embed(torch.from_numpy(crops).permute(0, 3, 1, 2)).numpy()
    found = model_of(encoder).embed(crops)
    assert found.dtype == np.float32 and found.shape == (3, encoder.embedding_size)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return model_of(encoder_of("ir_lite"))


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.integers(0, 7), max_size=10))
def test_a_row_is_the_same_bits_whatever_the_others_are(model: EncoderModel, rows: list[int]) -> None:
    if model.device.type != "cpu":
        pytest.skip("batches of another size change the last bits on a GPU")
    crops = random_crops(8)
    np.testing.assert_array_equal(model.embed(crops[rows]), model.embed(crops)[rows])


def test_crop_and_mirror_image_have_one_embedding(model: EncoderModel) -> None:
    crops = random_crops(2)
    np.testing.assert_allclose(model.embed(crops), model.embed(crops[:, :, ::-1]), atol=1e-5)


def test_threads_share_a_model(model: EncoderModel) -> None:
    crops = random_crops(8)
    expected = model.embed(crops)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda index: model.embed(crops[index : index + 1])[0], list(range(8)) * 4))
    np.testing.assert_allclose(found, np.tile(expected, (4, 1)), atol=1e-6)


def test_embeddings_that_are_not_finite_are_told() -> None:
    encoder = encoder_of("ir_lite")
    with torch.no_grad():
        next(encoder.parameters())[0] = float("inf")
    with pytest.raises(UserError, match="not finite"):
        model_of(encoder).embed(random_crops(1))


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(3), nn.Threshold(1e9, 0)])
def test_embeddings_of_zeros_are_told(layer: nn.Module) -> None:
    encoder = encoder_of("ir_lite")
    layers = layer, nn.Flatten(), nn.Linear(3 * 112 * 112, 4)
    encoder.backbone = nn.Sequential(*layers)  # type: ignore[assignment]
    encoder.backbone.embedding_size = 4
    for parameter in encoder.parameters():
        nn.init.zeros_(parameter)
    with pytest.raises(UserError, match="zero or not finite"):
        model_of(encoder).embed(random_crops(1))


def test_the_network_is_named_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infer.models.cpu_network.lower", lambda encoder: b"no network")
    with pytest.raises(UserError, match=r"^ir_lite cannot be loaded by ONNX Runtime"):
        CpuNetwork(encoder_of("ir_lite"))


class Sliced(nn.Module):
    def __init__(self, places: tuple[object, ...]) -> None:
        super().__init__()
        self.places = places

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features[self.places]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(3, 3, 3, padding="same"),
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.MaxPool2d(2),
        Sliced((..., slice(None, None, 2))),
        Sliced((..., slice(None, None, 2), slice(None, None, 3))),
        Sliced((..., slice(1, None, 2), slice(1, None, 2))),
        nn.GELU(),
    ],
)
def test_a_layer_that_is_not_understood_is_never_guessed(layer: nn.Module) -> None:
    encoder = encoder_of("ir_lite")
    encoder.backbone = nn.Sequential(layer, nn.Flatten())  # type: ignore[assignment]
    with pytest.raises(UnknownLayerError):
        lower(encoder)


def test_a_gpu_embeds_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoder_of("ir_lite")
    model = model_of(encoder)
    expected = model.embed(random_crops(7))
    monkeypatch.setattr(model, "_on_cpu", None)
    monkeypatch.setattr(model, "_at_once", 3)
    seen: list[int] = []
    encoder.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    np.testing.assert_allclose(model.embed(random_crops(7)), expected, atol=1e-5)
    assert seen == [3, 3, 3, 3, 1, 1]  # and as many mirror images


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")],
)
def test_want_of_memory_is_told_in_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def embed(crops: torch.Tensor) -> torch.Tensor:
        raise error

    model = model_of(encoder_of("ir_lite"))
    monkeypatch.setattr(model, "_on_cpu", None)
    monkeypatch.setattr(model.encoder, "embed", embed)
    with pytest.raises(UserError, match="out of memory") as told:
        model.embed(random_crops(1))
    assert user_text(told.value).endswith("use --device cpu") and "\n" not in str(told.value)


def test_other_failures_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(encoder_of("ir_lite"))
    monkeypatch.setattr(model, "_on_cpu", None)
    with pytest.raises(RuntimeError, match="channels"):
        model.embed(random_crops(1)[..., :2])


def test_the_encoder_given_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoder_of("ir_lite")
    monkeypatch.setattr(encoder_model, "settled_device", lambda device: torch.device("meta"))
    model = model_of(encoder)
    assert {tensor.device.type for tensor in model.encoder.state_dict().values()} == {"meta"}
    assert {tensor.device.type for tensor in encoder.state_dict().values()} == {"cpu"}


@pytest.mark.parametrize(
    ("asked", "there", "settled"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_the_device_is_settled(
    asked: str, there: bool, settled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert encoder_model.settled_device(Device(asked)) == torch.device(settled)
