import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from retinaface.weights import WEIGHTS as DETECTOR

from common.models.encoder import Encoder
from common.runtime.errors import UserError
from infer.models.load import load_model
from infer.models.notes import OperatingPoint, note_operating_point, notes_file
from infer.models.onnx_model import OnnxModel

from .networks import LENGTH, SIDE, expected, mean_of, recogniser, save, scaling_itself

Crops = NDArray[np.uint8]

POINT = OperatingPoint(
    threshold=0.3, fmr_asked=0.01, fmr=0.01, fnmr=0.1, genuine=9, impostors=100, pairs="mine"
)


@pytest.fixture
def faces(crops: list[Crops]) -> Crops:
    return np.stack(crops)


def opened(folder: Path, model: onnx.ModelProto) -> OnnxModel:
    path = save(folder / "net.onnx", model)
    return OnnxModel.open(path, str(path))


def test_insightfaces_rule_is_taken_and_told_where_a_file_says_nothing(tmp_path: Path, faces: Crops) -> None:
    model = opened(tmp_path, recogniser())
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=1e-5)
    assert model.threshold is None and model.size == SIDE and model.card.embedding_size == LENGTH
    told = " / ".join(model.card.assumed)
    assert "RGB" in told and "(value - 127.5) / 127.5" in told and len(model.card.assumed) == 2

    model = opened(tmp_path, recogniser(before=scaling_itself()))
    np.testing.assert_allclose(model.embed(faces), expected(faces, 128, 128), atol=1e-5)
    assert "0 to 255 as they are" in " / ".join(model.card.assumed)


def test_notes_beside_a_file_go_before_what_is_assumed(tmp_path: Path, faces: Crops) -> None:
    path = save(tmp_path / "net.onnx", recogniser())
    notes_file(path).write_text(
        json.dumps({"input": {"colour": "BGR", "mean": 100, "scale": 50, "size": SIDE}})
    )
    model = OnnxModel.open(path, "net")
    np.testing.assert_allclose(model.embed(faces), expected(faces, 100, 50, bgr=True), atol=1e-5)
    assert model.card.assumed == () and model.card.input_format.colour == "BGR"

    notes_file(path).write_text('{"input": {"colour": "BGR"}}')  # the rest is still assumed, by the rule
    save(path, recogniser(before=scaling_itself()))
    model = OnnxModel.open(path, "net")
    np.testing.assert_allclose(model.embed(faces), expected(faces, 128, 128, bgr=True), atol=1e-5)
    assert len(model.card.assumed) == 1

    notes_file(path).write_text('{"input": {"size": 128}}')
    with pytest.raises(UserError, match="takes crops of 112 pixels, but its notes say 128"):
        OnnxModel.open(path, "net")


def test_a_colour_that_is_asked_for_goes_before_notes(tmp_path: Path, faces: Crops) -> None:
    path = save(tmp_path / "net.onnx", recogniser())
    model = load_model(str(path), tmp_path, "BGR")
    np.testing.assert_allclose(model.embed(faces), expected(faces, bgr=True), atol=1e-5)
    assert not any("RGB" in text for text in model.card.assumed)
    notes_file(path).write_text('{"input": {"colour": "BGR", "mean": 100, "scale": 50}}')
    model = load_model(str(path), tmp_path, "RGB")
    np.testing.assert_allclose(model.embed(faces), expected(faces, 100, 50), atol=1e-5)


def test_a_noted_operating_point_is_the_threshold(tmp_path: Path) -> None:
    path = save(tmp_path / "net.onnx", recogniser())
    note_operating_point(path, POINT)
    threshold = load_model(str(path), tmp_path).threshold
    assert threshold is not None and threshold.value == 0.3 and "mine" in threshold.source


@pytest.mark.parametrize(
    "said", [{"colour": "BGR"}, {"mean": 100}, {"size": SIDE, "scale": [50, 51, 52]}, {}]
)
def test_a_noted_operating_point_changes_nothing_else(tmp_path: Path, said: dict[str, object]) -> None:
    path = save(tmp_path / "net.onnx", recogniser(before=scaling_itself()))
    notes_file(path).write_text(json.dumps({"input": said}))
    before = OnnxModel.open(path, "net")
    note_operating_point(path, POINT, before.sha256)
    assert OnnxModel.open(path, "net").card == before.card


def test_an_operating_point_is_not_noted_for_another_file(tmp_path: Path) -> None:
    model = opened(tmp_path, recogniser())
    save(model.file, recogniser(before=scaling_itself()))
    with pytest.raises(UserError, match="has changed since it was loaded"):
        note_operating_point(model.file, POINT, model.sha256)
    assert not notes_file(model.file).exists()


@pytest.mark.parametrize(
    "shape",
    [(1, 3, SIDE, SIDE), ("N", 3, "H", "W"), ("N", "C", "H", "W")],
)
def test_other_ways_to_declare_an_input(tmp_path: Path, faces: Crops, shape: tuple[int | str, ...]) -> None:
    model = opened(tmp_path, recogniser(shape, output=(shape[0], LENGTH)))
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=1e-5)
    assert any("any size" in told for told in model.card.assumed) == (shape[2] == "H")


def test_channels_may_come_last(tmp_path: Path, faces: Crops) -> None:
    turn = helper.make_node("Transpose", ["image"], ["ready"], perm=[0, 3, 1, 2])
    model = opened(tmp_path, recogniser(("N", SIDE, SIDE, 3), before=[turn]))
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=1e-5)


def test_an_open_batch_with_a_one_within_is_run_row_by_row(tmp_path: Path, faces: Crops) -> None:
    fixed = helper.make_node("Reshape", ["product", "one_row"], ["embedding"])
    model = opened(tmp_path, recogniser(after=[fixed]))
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=1e-5)


def test_any_number_of_crops(tmp_path: Path, faces: Crops) -> None:
    model = opened(tmp_path, recogniser())
    assert model.embed(faces[:0]).shape == (0, LENGTH)
    many = np.resize(faces, (150, *faces.shape[1:]))
    np.testing.assert_allclose(model.embed(many), expected(many), atol=1e-5)


def test_embeddings_that_are_not_finite_are_refused(tmp_path: Path, faces: Crops) -> None:
    root = helper.make_node("Sqrt", ["product"], ["embedding"])
    with pytest.raises(UserError, match="not finite"):
        opened(tmp_path, recogniser(after=[root])).embed(faces)
    nothing = helper.make_node("Sub", ["product", "product"], ["embedding"])
    with pytest.raises(UserError, match="not finite"):
        opened(tmp_path, recogniser(after=[nothing])).embed(faces)


def with_norm(first: bool = False) -> onnx.ModelProto:
    """An embedding and its norm, as AdaFace's exports give, in either order."""
    norm = helper.make_node("ReduceL2", ["product"], ["norm"], axes=[1], keepdims=1)
    model = recogniser(after=[norm, helper.make_node("Div", ["product", "norm"], ["embedding"])])
    outputs = [model.graph.output[0], helper.make_tensor_value_info("norm", TensorProto.FLOAT, ["N", 1])]
    outputs = outputs[::-1] if first else outputs
    kept = [onnx.ValueInfoProto.FromString(output.SerializeToString()) for output in outputs]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return model


@pytest.mark.parametrize("first", [False, True], ids=["norm last", "norm first"])
def test_of_an_embedding_and_its_norm_the_embedding_is_taken_and_told(
    tmp_path: Path, faces: Crops, first: bool
) -> None:
    model = opened(tmp_path, with_norm(first))
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=1e-5)
    assert any(
        "is the output embedding; norm, one number a crop, is not used" in told for told in model.card.assumed
    )
    assert model.card.embedding_size == LENGTH


@pytest.mark.parametrize("axes", [[2, 3], [1, 2], [1]], ids=["N,D,1,1", "N,1,1,D", "N,1,D"])
def test_axes_of_length_one_beside_the_embedding_are_left_out(
    tmp_path: Path, faces: Crops, axes: list[int]
) -> None:
    model = recogniser(
        after=[helper.make_node("Unsqueeze", ["product", "axes"], ["embedding"])],
        output=["N", *(["D", 1, 1] if axes == [2, 3] else [1] * len(axes) + ["D"])],
    )
    model.graph.initializer.append(numpy_helper.from_array(np.array(axes), "axes"))
    found = opened(tmp_path, model)
    np.testing.assert_allclose(found.embed(faces), expected(faces), atol=1e-5)
    assert found.card.embedding_size == LENGTH


@pytest.mark.parametrize("ir_version", [3, 9])
def test_weights_among_the_inputs_are_no_inputs(tmp_path: Path, faces: Crops, ir_version: int) -> None:
    model = recogniser()
    for tensor in model.graph.initializer:
        value = helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        model.graph.input.insert(0, value)  # before the image, which older exporters do as well
    model.ir_version = ir_version
    np.testing.assert_allclose(opened(tmp_path, model).embed(faces), expected(faces), atol=1e-5)


@pytest.mark.parametrize("shape", [("N", 3, SIDE, SIDE), (1, SIDE, SIDE, 3)], ids=["N,3,S,S", "1,S,S,3"])
def test_networks_in_half_precision(tmp_path: Path, faces: Crops, shape: tuple[int | str, ...]) -> None:
    to_float = helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT)
    turn = helper.make_node("Transpose", ["float"], ["ready"], perm=[0, 3, 1, 2])
    keep = helper.make_node("Identity", ["float"], ["ready"])
    before = [to_float, turn if shape[-1] == 3 else keep]
    model = opened(
        tmp_path, recogniser(shape, before=before, output=(shape[0], LENGTH), kind=TensorProto.FLOAT16)
    )
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=2e-2)


def two_inputs() -> onnx.ModelProto:
    model = recogniser()
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    return model


def two_outputs() -> onnx.ModelProto:
    model = recogniser()
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["N", 12]))
    return model


def four_axes() -> onnx.ModelProto:
    model = recogniser()
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["N", 3, 2, 2]))
    return model


def custom_operator() -> onnx.ModelProto:
    model = recogniser(before=[helper.make_node("Mine", ["image"], ["ready"], domain="my.own")])
    model.opset_import.append(helper.make_opsetid("my.own", 1))
    return model


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (two_inputs, "has 2 inputs image tensor(float)"),
        (two_outputs, "has 2 outputs that may be the embedding: embedding tensor"),
        (four_axes, "has the output pooled"),
        (custom_operator, "cannot be loaded by ONNX Runtime"),
        (lambda: mean_of((4, 3, SIDE, SIDE)), "N any number or 1"),
        (lambda: mean_of(("N", 1, SIDE, SIDE)), "N any number or 1"),
        (lambda: mean_of(("N", 3, SIDE, 96)), "crops are square"),
        (lambda: mean_of(("N", 3, 4096, 4096)), "crops are square"),
        (lambda: mean_of(("N", 3, "H", SIDE, SIDE)), "has the input"),
        (lambda: recogniser(kind=TensorProto.UINT8), "cannot be loaded"),
        (onnx.ModelProto, "is empty; fetch it again"),
        (lambda: onnx.ModelProto(ir_version=9), "a protocol buffer but no ONNX network"),
    ],
)
def test_what_is_no_recogniser_is_named(
    tmp_path: Path, model: Callable[[], onnx.ModelProto], told: str
) -> None:
    with pytest.raises(UserError, match=told.replace("(", r"\(").replace(")", r"\)")):
        opened(tmp_path, model())


def test_a_detector_is_no_recogniser(tmp_path: Path) -> None:
    path = tmp_path / "detector.onnx"
    path.write_bytes(DETECTOR)
    with pytest.raises(UserError, match=r"has 3 outputs, as detectors have; a face recogniser has one input"):
        OnnxModel.open(path, "detector.onnx")


def test_what_a_file_is_decides_and_not_its_name(tmp_path: Path, faces: Crops) -> None:
    model = load_model(str(save(tmp_path / "net.pt", recogniser())), tmp_path)
    np.testing.assert_allclose(model.embed(faces), expected(faces), atol=1e-5)
    torch.save(Encoder("ir_lite").backbone.state_dict(), tmp_path / "weights.onnx")
    assert load_model(str(tmp_path / "weights.onnx"), tmp_path).card.backbone == "ir_lite"
    (tmp_path / "page.onnx").write_text("<html><title>404</title></html>")
    for opening in (lambda path: load_model(str(path), tmp_path), lambda path: OnnxModel.open(path, "page")):
        with pytest.raises(UserError, match=r"page\.onnx is a web page \('404'\); a server gave it in place"):
            opening(tmp_path / "page.onnx")


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such .*absent\.onnx"):
        load_model(str(tmp_path / "absent.onnx"), tmp_path)
    with pytest.raises(UserError, match="is a folder"):
        OnnxModel.open(tmp_path, "folder")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = recogniser().SerializeToString()
    damage = data.draw(st.sampled_from(["cut", "flip", "noise"]))
    if damage == "cut":
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    elif damage == "flip":
        at = data.draw(st.integers(0, len(content) - 1))
        content = content[:at] + bytes([content[at] ^ data.draw(st.integers(1, 255))]) + content[at + 1 :]
    else:
        content = data.draw(st.binary(max_size=200))
    path = tmp_path_factory.mktemp("damaged") / "net.onnx"
    path.write_bytes(content)
    try:
        model = OnnxModel.open(path, "net")
        found = model.embed(np.full((1, model.size, model.size, 3), 90, np.uint8))
    except UserError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:  # a changed weight or name
        assert np.linalg.norm(found) == pytest.approx(1, abs=1e-4)


def outside(tensor: TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)


def in_initializer(model: onnx.ModelProto, location: str) -> None:
    outside(model.graph.initializer[0], location)


def in_constant(model: onnx.ModelProto, location: str) -> None:
    value = TensorProto(data_type=TensorProto.FLOAT, dims=[1], name="v")
    outside(value, location)
    model.graph.node.insert(0, helper.make_node("Constant", [], ["unused"], value=value))


def in_subgraph(model: onnx.ModelProto, location: str) -> None:
    value = TensorProto(data_type=TensorProto.FLOAT, dims=[1], name="v")
    outside(value, location)
    branch = helper.make_graph([], "b", [], [], [value])
    model.graph.node.append(helper.make_node("If", ["middle"], ["x"], then_branch=branch, else_branch=branch))


def in_function(model: onnx.ModelProto, location: str) -> None:
    value = TensorProto(data_type=TensorProto.FLOAT, dims=[1], name="v")
    outside(value, location)
    node = helper.make_node("Constant", [], ["y"], value=value)
    model.functions.append(helper.make_function("d", "f", [], ["y"], [node], [helper.make_opsetid("", 17)]))


@pytest.mark.parametrize("place", [in_initializer, in_constant, in_subgraph, in_function])
@pytest.mark.parametrize("location", ["weights.bin", "../secret.bin", os.devnull])
def test_weights_in_other_files_are_refused(
    tmp_path: Path, place: Callable[[onnx.ModelProto, str], None], location: str
) -> None:
    model = recogniser()
    place(model, location)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    (tmp_path / "weights.bin").write_bytes(bytes(12 * LENGTH * 4))
    with pytest.raises(UserError, match="keeps weights in other files"):
        OnnxModel.open(path, "net")
