import pytest
import torch

from common.models.encoder import Encoder
from common.runtime.errors import UserError
from train.optimisation.freezing import FrozenStages


@pytest.mark.parametrize("backbone", ["ir_lite", "mobilefacenet"])
def test_frozen_stages_stay_and_the_others_move(backbone: str) -> None:
    torch.manual_seed(0)
    encoder = Encoder(backbone)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    frozen = FrozenStages(encoder.backbone.stages(), 2, "x")
    stages = encoder.backbone.stages()
    still = {id(tensor) for stage in stages[:2] for tensor in [*stage.parameters(), *stage.buffers()]}
    assert still
    optimiser = torch.optim.AdamW([p for p in encoder.parameters() if p.requires_grad], 0.1)
    encoder.train()
    frozen.hold()
    encoder(torch.randint(0, 256, (4, 3, 112, 112), dtype=torch.uint8)).square().sum().backward()
    optimiser.step()
    moved = dict.fromkeys(before, False)
    for name, value in encoder.state_dict(keep_vars=True).items():
        moved[name] = not torch.equal(value, before[name])
        if id(value) in still:
            assert not moved[name], name
    assert sum(moved.values()) > len(moved) / 4


def test_all_stages_cannot_be_frozen() -> None:
    encoder = Encoder("ir_lite")
    with pytest.raises(UserError, match=r"ir_lite has .* --freeze must be less"):
        FrozenStages(encoder.backbone.stages(), len(encoder.backbone.stages()), "ir_lite")


def test_none_is_the_default() -> None:
    encoder = Encoder("ir_lite").train()
    FrozenStages([], 0, "x").hold()
    assert all(p.requires_grad for p in encoder.parameters())
    assert all(module.training for module in encoder.modules())
