import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from common.models.backbones import BACKBONES
from common.models.weights.layouts import ADAFACE, ARCFACE_TORCH, CVLFACE, PLAIN, layout_of
from common.models.weights.recognise import WRAPPERS, Recognised, backbone_shapes, best_view, recognise
from common.runtime.errors import UserError

Hollow = Callable[..., dict[str, Tensor]]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(BACKBONES))
@pytest.mark.parametrize("prefix", ["", "model.", "module.model.net.", "student."])
def test_every_backbone_is_recognised_behind_any_prefix(name: str, prefix: str, hollow: Hollow) -> None:
    head = {"head.kernel": torch.zeros(5, 3), "zz.weight": torch.zeros(1)}
    assert recognise(hollow(name, prefix=prefix) | head) == Recognised(name, 112, prefix)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("inventory", "name"),
    [
        ("cvlface_ir_18", "ir_18"),
        ("cvlface_ir_50", "ir_50"),
        ("cvlface_ir_101", "ir_101"),
        ("cvlface_ir_se_50", "ir_se_50"),
        ("arcface_torch_r18", "iresnet_18"),
        ("arcface_torch_r50", "iresnet_50"),
        ("arcface_torch_r100", "iresnet_100"),
        ("mobilefacenet", "mobilefacenet"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "net.", "model."])
@pytest.mark.shared
def test_published_inventories_are_recognised(inventory: str, name: str, prefix: str, shared: Path) -> None:
    published = json.loads((shared / "reference" / "backbone_inventories.json").read_text())
    assert len(published) == 8  # all of them are among the parameters
    tensors = {prefix + key: torch.tensor(0.0).expand(shape) for key, shape in published[inventory]}
    assert recognise(tensors) == Recognised(name, 112, prefix)


@pytest.mark.slow
@pytest.mark.parametrize("size", [64, 96, 128, 224])
@pytest.mark.parametrize("name", ["ir_18", "iresnet_18", "mobilefacenet"])
def test_the_size_of_crops_is_read_off_the_shapes(name: str, size: int, hollow: Hollow) -> None:
    assert recognise(hollow(name, size)) == Recognised(name, size, "")


@pytest.mark.parametrize("size", [64, 112, 128, 224])
def test_a_size_that_is_asked_for_is_found_among_those_of_equal_shapes(size: int, hollow: Hollow) -> None:
    found = hollow("ir_lite", size)
    assert recognise(found, size=size) == Recognised("ir_lite", size, "")
    alike = recognise(found)
    assert alike is not None and backbone_shapes("ir_lite", alike.size) == backbone_shapes("ir_lite", size)
    assert recognise(found, size=1000) == alike


@pytest.mark.slow
def test_a_part_or_a_relative_of_a_backbone_is_not_it(hollow: Hollow) -> None:
    whole = hollow("ir_50")
    without = {key: value for key, value in whole.items() if key != "body.7.res_layer.1.weight"}
    assert recognise(without) is None
    assert recognise(whole | {"body.99.weight": torch.zeros(1)}) is None  # deeper: another backbone
    odd = {"output_layer.3.weight": torch.zeros(512, 1000)}
    assert recognise(whole | odd) is None
    assert recognise({"a": torch.zeros(1)}) is None and recognise({}) is None
    empty = {"output_layer.3.weight": torch.zeros(512, 0)}
    assert recognise(whole | empty) is None


def test_of_several_encoders_the_usually_wrapped_one_counts(hollow: Hollow) -> None:
    teacher, student = hollow("ir_18", prefix="teacher."), hollow("ir_lite", prefix="model.")
    assert recognise(teacher | student) == Recognised("ir_lite", 112, "model.")
    with pytest.raises(UserError, match=r"several encoders \('old\.', 'teacher\.'\)"):
        recognise(teacher | hollow("ir_18", prefix="old."))


def test_counters_of_batches_may_be_missing(hollow: Hollow) -> None:
    tensors = {k: v for k, v in hollow("ir_lite").items() if not k.endswith("num_batches_tracked")}
    assert recognise(tensors) == Recognised("ir_lite", 112, "")


@settings(max_examples=20, deadline=None)
@given(words=st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=4))
def test_any_nesting_of_wrappers_is_seen_through(words: list[str], hollow: Hollow) -> None:
    prefix = "".join(f"{word}." for word in words)
    assert recognise(hollow("ir_lite", prefix=prefix)) == Recognised("ir_lite", 112, prefix)


@pytest.mark.parametrize(
    ("backbone", "prefix", "layout"),
    [
        ("ir_101", "model.", ADAFACE),
        ("ir_101", "module.model.", ADAFACE),
        ("ir_se_50", "_orig_mod.model.", ADAFACE),
        ("ir_101", "net.", CVLFACE),
        ("ir_101", "model.net.", CVLFACE),
        ("ir_101", "", PLAIN),
        ("ir_101", "module.", PLAIN),
        ("ir_101", "backbone.", PLAIN),
        ("iresnet_100", "", ARCFACE_TORCH),
        ("iresnet_100", "module.", ARCFACE_TORCH),
        ("iresnet_100", "model.net.", ARCFACE_TORCH),
        ("mobilefacenet", "model.", PLAIN),
    ],
)
def test_the_prefix_tells_the_layout(backbone: str, prefix: str, layout: object) -> None:
    assert layout_of(backbone, prefix) is layout


def test_only_adaface_is_bgr() -> None:
    assert [layout.colour for layout in (ADAFACE, CVLFACE, ARCFACE_TORCH, PLAIN)] == [
        "BGR",
        "RGB",
        "RGB",
        "RGB",
    ]


def test_a_view_puts_a_trunk_where_the_network_has_it() -> None:
    expected = {"trunk." + key: shape for key, shape in backbone_shapes("ir_lite").items()}
    tensors = {"module." + key: torch.zeros(shape) for key, shape in backbone_shapes("ir_lite").items()}
    view = best_view(tensors | {"module.fc.weight": torch.zeros(1)}, expected)
    assert (view.file_prefix, view.network_prefix) == ("module.", "trunk.")
    assert set(view.renamed(tensors)) == set(expected)
