import pytest
import torch

from common.models.networks import check_network_name, create_network
from common.models.networks.face_network import FaceNetwork
from common.runtime.errors import UserError

NAME, SIZE = "face:ir_lite", 32


@pytest.fixture(scope="module")
def network() -> FaceNetwork:
    torch.manual_seed(0)
    made = create_network(NAME, SIZE).eval()
    assert isinstance(made, FaceNetwork)
    return made


def test_the_direction_of_an_embedding_decides_and_not_its_length(network: FaceNetwork) -> None:
    crops = torch.randn(3, 3, SIZE, SIZE)
    with torch.no_grad():
        direction = torch.nn.functional.normalize(network.backbone(crops))
        expected = network.head(direction * direction.shape[1] ** 0.5)
        torch.testing.assert_close(network(crops), expected)


def test_the_stages_share_out_all_parameters_and_the_last_is_the_head(network: FaceNetwork) -> None:
    shared_out = [id(parameter) for stage in network.stages() for parameter in stage.parameters()]
    assert sorted(shared_out) == sorted(id(parameter) for parameter in network.parameters())
    assert network.stages()[-1] is network.head


def test_heat_maps_read_the_last_map_and_looking_for_it_changes_nothing(network: FaceNetwork) -> None:
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    seen: list[torch.Size] = []
    hook = network.explanation_layer.register_forward_hook(lambda *given: seen.append(given[2].shape))
    network.eval()(torch.randn(1, 3, SIZE, SIZE))
    hook.remove()
    assert len(seen) == 1 and seen[0][2:] == (2, 2)
    after = network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_other_names_sizes_and_planes_are_refused() -> None:
    with pytest.raises(UserError, match="unknown backbone 'ir_19'"):
        check_network_name("face:ir_19")
    with pytest.raises(UserError, match="sees rgb alone; add --planes rgb"):
        create_network(NAME, SIZE, in_channels=9)
    with pytest.raises(UserError, match="multiple"):
        create_network(NAME, 40)
