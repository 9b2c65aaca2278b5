import torch
from torch.nn import functional

from common.models.encoder import Encoder
from train.losses.base import EmbeddedBatch
from train.optimisation.distillation import Teacher


def batch_of(embeddings: torch.Tensor, synthetic: list[bool]) -> EmbeddedBatch:
    count = len(embeddings)
    return EmbeddedBatch(embeddings, torch.ones(count), torch.arange(count), torch.tensor(synthetic))


def test_the_start_is_remembered_while_the_encoder_moves() -> None:
    torch.manual_seed(0)
    encoder = Encoder("ir_lite").eval()
    crops = torch.randint(0, 256, (3, 3, 112, 112), dtype=torch.uint8)
    start = functional.normalize(encoder(crops), dim=1).detach()
    knowledge = Teacher(encoder).train()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.5)
    none = torch.zeros(3, dtype=torch.bool)
    assert torch.allclose(knowledge.embed(crops, none), start, atol=1e-6)
    found = knowledge.embed(crops, torch.tensor([False, True, False]))
    assert torch.allclose(found[[0, 2]], start[[0, 2]], atol=1e-6) and not found[1].any()
    assert not knowledge.embed(crops, ~none).any()
    assert not any(parameter.requires_grad for parameter in knowledge.parameters())


def test_the_whole_batch_as_a_gpu_takes_it_gives_the_same() -> None:
    torch.manual_seed(0)
    knowledge = Teacher(Encoder("ir_lite"))
    crops = torch.randint(0, 256, (4, 3, 112, 112), dtype=torch.uint8)
    for synthetic in ([False, True, False, True], [True] * 4, [False] * 4):
        flags = torch.tensor(synthetic)
        with torch.no_grad():
            found = knowledge._of_whole_batch(crops, flags)
        assert torch.allclose(found, knowledge.embed(crops, flags), atol=1e-6)
        assert found[~flags].any(dim=1).all() and not found[flags].any()


def test_the_departure_is_the_mean_cosine_distance_of_bona_fide_faces() -> None:
    torch.manual_seed(0)
    now = functional.normalize(torch.randn(4, 8), dim=1).requires_grad_()
    start = functional.normalize(torch.randn(4, 8), dim=1)
    knowledge = Teacher(Encoder("ir_lite"))
    departure = knowledge.departure(batch_of(now, [False, True, False, True]), start)
    expected = 1 - (now * start).sum(1)[[0, 2]].mean()
    assert torch.allclose(departure, expected)
    departure.backward()
    assert now.grad is not None and not now.grad[[1, 3]].any() and now.grad[[0, 2]].any()
    assert knowledge.departure(batch_of(now, [True] * 4), start) == 0
