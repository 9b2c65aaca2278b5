import copy
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from lightning_fabric import Fabric
from torch import nn
from torch.nn import functional

from common.models.backbones import create_backbone
from common.models.encoder import Encoder
from train.distributed.dropout import GlobalDropout
from train.distributed.synchronise import gather_batch, synchronise
from train.losses.base import EmbeddedBatch
from train.optimisation.freezing import FrozenStages

PROCESSES, ROWS = 2, 6


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False).to(memory_format=torch.channels_last),
        nn.BatchNorm2d(8),
        nn.PReLU(8),
        nn.Flatten(),
        nn.Dropout(0.4),
        nn.Linear(8 * 16, 5),
        nn.BatchNorm1d(5, affine=False),
    )


def images() -> torch.Tensor:
    return torch.randn(ROWS, 3, 6, 6, generator=torch.Generator().manual_seed(2))


def step(fabric: Fabric) -> tuple[float, dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Loss, gradients and state of one step over the whole batch, of which this process has its part."""
    net = network()
    synchronise(net, fabric)
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    model, optimiser = fabric.setup(net, optimiser)
    torch.manual_seed(3)
    own = images().chunk(fabric.world_size)[fabric.global_rank]
    features = model(own)
    count = len(own)
    batch = EmbeddedBatch(
        functional.normalize(features, dim=1),
        features.norm(dim=1),
        torch.arange(fabric.global_rank * count, (fabric.global_rank + 1) * count),
        torch.zeros(count, dtype=torch.bool),
    )
    whole = gather_batch(batch)
    assert whole.identities.tolist() == list(range(ROWS)) and whole.synthetic.dtype == torch.bool
    cosines = whole.embeddings @ whole.embeddings.T
    loss = cosines.square().sum() + whole.norms.sum()  # every pair counts: no sum over parts
    fabric.backward(loss)
    gradients = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    optimiser.step()
    return loss.item(), gradients, net.state_dict()


def worker(rank: int, folder: str) -> None:
    import os

    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(PROCESSES)}
    from lightning_fabric.plugins.environments import LightningEnvironment

    environment = LightningEnvironment()
    environment.set_global_rank(rank)
    environment.set_world_size(PROCESSES)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": Path(folder, "port").read_text()}
    fabric = Fabric(accelerator="cpu", devices=PROCESSES, strategy="ddp", plugins=[environment])
    fabric.launch()
    torch.save(step(fabric), Path(folder, f"{rank}.pt"))


@pytest.mark.slow
def test_two_processes_compute_what_one_does(tmp_path: Path) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        (tmp_path / "port").write_text(str(free.getsockname()[1]))
    mp.spawn(worker, (str(tmp_path),), nprocs=PROCESSES)
    loss, gradients, state = step(Fabric(accelerator="cpu", devices=1))
    for rank in range(PROCESSES):
        other_loss, other_gradients, other_state = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert abs(loss - other_loss) < 1e-4
        assert gradients.keys() == other_gradients.keys() and len(gradients) == 6
        for name, gradient in gradients.items():
            assert torch.allclose(gradient, other_gradients[name], rtol=1e-3, atol=1e-4), name
        assert list(state) == list(other_state)
        for name, value in state.items():
            assert torch.allclose(value.float(), other_state[name].float(), rtol=1e-4, atol=1e-5), name


def test_names_and_values_stay() -> None:
    net = network()
    before = copy.deepcopy(net.state_dict())
    synchronise(net, Fabric(accelerator="cpu", devices=1))
    after = net.state_dict()
    assert list(after) == list(before) and all(torch.equal(after[name], before[name]) for name in before)


def test_dropout_drops_its_share_and_nothing_outside_training() -> None:
    torch.manual_seed(0)
    dropout = GlobalDropout(0.4, rank=0, processes=1)
    ones = torch.ones(50, 400)
    dropped = dropout(ones)
    assert abs(float((dropped == 0).float().mean()) - 0.4) < 0.02
    assert torch.allclose(dropped[dropped > 0], torch.tensor(1 / 0.6))
    assert torch.equal(dropout.eval()(ones), ones)
    parts = []
    for rank in range(2):
        torch.manual_seed(0)
        parts.append(GlobalDropout(0.4, rank, 2)(ones[:25]))
    assert torch.equal(torch.cat(parts), dropped)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["timm:efficientnet_lite0", "timm:mobilenetv3_small_050", "timm:regnety_002"]
)
def test_networks_of_timm_keep_what_follows_their_batch_norms(name: str) -> None:
    torch.manual_seed(0)
    backbone = create_backbone(name).eval()
    crops = torch.randn(2, 3, 112, 112)
    before, names = backbone(crops), list(backbone.state_dict())
    synchronise(backbone, Fabric(accelerator="cpu", devices=1))
    assert list(backbone.state_dict()) == names
    assert torch.allclose(backbone(crops), before, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iresnet_18", "ir_lite", "mobilefacenet", "timm:resnet18"])
def test_frozen_stages_hold_the_exchanged_modules(name: str) -> None:
    encoder = Encoder(name)
    synchronise(encoder, Fabric(accelerator="cpu", devices=1))
    frozen = FrozenStages(encoder.backbone.stages(), 1, "x")
    encoder.train()
    frozen.hold()
    buffers = dict(encoder.backbone.stages()[0].named_buffers())
    before = {key: value.clone() for key, value in buffers.items()}
    encoder(torch.randint(0, 256, (2, 3, 112, 112), dtype=torch.uint8))
    assert buffers and all(torch.equal(value, before[key]) for key, value in buffers.items())
