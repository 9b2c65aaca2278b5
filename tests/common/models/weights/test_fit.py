import pytest
import torch
from torch import Tensor, nn

from common.models.backbones import create_backbone
from common.models.weights.fit import compare, load_weights, shapes_of
from common.runtime.errors import UserError


def test_what_does_not_fit_is_named_by_kind(lite: dict[str, Tensor]) -> None:
    del lite["input_layer.0.weight"]
    lite["head.weight"] = torch.zeros(3)
    lite["input_layer.1.bias"] = torch.zeros(5)
    with pytest.raises(UserError) as caught:
        load_weights(create_backbone("ir_lite"), lite, source="file.pt")
    told = str(caught.value)
    assert told.startswith("file.pt does not fit this backbone")
    assert (
        "missing: input_layer.0.weight; unknown: head.weight; other shape: input_layer.1.bias is (5,)" in told
    )
    assert "should be (24,)" in told and "\n" not in told


def test_of_many_keys_ten_are_named() -> None:
    with pytest.raises(UserError, match=r"unknown: k0, k1, .*k9 and 15 more\)"):
        load_weights(nn.Linear(1, 1), {f"k{n}": torch.zeros(1) for n in range(25)} | linear(), "f")


def linear() -> dict[str, Tensor]:
    return {"weight": torch.ones(1, 1), "bias": torch.ones(1)}


def test_counters_of_batches_may_be_missing(lite: dict[str, Tensor]) -> None:
    without = {key: tensor for key, tensor in lite.items() if not key.endswith("num_batches_tracked")}
    assert len(without) < len(lite)
    network = create_backbone("ir_lite")
    assert load_weights(network, without, "f").is_complete
    assert torch.equal(network.state_dict()["output_layer.3.weight"], lite["output_layer.3.weight"])


def test_a_partial_load_takes_what_fits_and_leaves_the_rest() -> None:
    network = nn.Linear(2, 1)
    before = network.bias.clone()
    done = load_weights(network, {"weight": torch.ones(1, 2), "x": torch.ones(1)}, "f", partial=True)
    assert done.fitting == ("weight",) and done.missing == ("bias",) and done.unknown == ("x",)
    assert torch.equal(network.weight, torch.ones(1, 2)) and torch.equal(network.bias, before)
    with pytest.raises(UserError, match="no tensor of f fits"):
        load_weights(network, {"weight": torch.ones(3), "x": torch.ones(1)}, "f", partial=True)


def test_half_precision_is_converted() -> None:
    network = nn.Linear(1, 1)
    load_weights(network, {key: tensor.half() for key, tensor in linear().items()}, "f")
    assert network.weight.dtype == torch.float32 and network.weight.item() == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300])
@pytest.mark.parametrize("partial", [False, True])
def test_weights_that_are_not_finite_are_refused(value: float, partial: bool) -> None:
    network = nn.Linear(1, 1)
    before = network.weight.clone()
    weights = linear() | {"bias": torch.tensor([value], dtype=torch.float64)}
    with pytest.raises(UserError, match=r"not finite numbers \(bias\)"):
        load_weights(network, weights, "f", partial=partial)
    assert torch.equal(network.weight, before)


def test_complex_tensors_fit_nothing() -> None:
    found = shapes_of({"weight": torch.ones(1, 1) * 1j})
    assert compare(shapes_of(linear()), found).missing == ("weight", "bias")
