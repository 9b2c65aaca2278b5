"""Heads over time: what they see of a track, and what they must not see."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from common.models.classifier import Classifier, classifier_input
from common.models.cost import cost_of_network
from common.models.networks.heads_over_time import HeadOverTime, Recurrent
from common.models.sequences import interleaved, padded, step_logits
from common.models.temporal_names import Temporal

LEARNT = [kind for kind in Temporal if kind.is_learnt]


@pytest.mark.parametrize("frames", [1, 15, 16, 17, 32, 75])
def test_each_frame_is_in_one_sequence_and_the_frames_of_one_are_evenly_spaced(frames: int) -> None:
    found = interleaved(frames, 16)
    assert sorted(np.concatenate(found)) == list(range(frames))
    lengths = [len(sequence) for sequence in found]
    assert max(lengths) <= 16 and max(lengths) - min(lengths) <= 1
    assert all((np.diff(sequence) == len(found)).all() for sequence in found)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_a_recurrent_head_sees_what_a_packed_one_does(kind: type[nn.GRU] | type[nn.LSTM]) -> None:
    torch.manual_seed(0)
    own, packed = Recurrent(5, kind), kind(5, 128, batch_first=True, bidirectional=True)
    parts = {"": own.onward, "_reverse": own.back}
    weights = {
        f"{name}{end}": value for end, part in parts.items() for name, value in part.state_dict().items()
    }
    packed.load_state_dict(weights)
    features, lengths = torch.randn(3, 7, 5), torch.tensor([7, 2, 5])
    seen = torch.arange(7) < lengths[:, None]
    expected, _ = packed(pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False))
    filled, _ = pad_packed_sequence(expected, batch_first=True)
    torch.testing.assert_close(own(features, seen)[seen], filled[seen])


@pytest.mark.parametrize("kind", LEARNT)
def test_what_fills_a_sequence_up_changes_nothing_and_order_matters(kind: Temporal) -> None:
    torch.manual_seed(0)
    head = HeadOverTime(6, kind, dropout=0.5).eval()
    features, seen = torch.randn(2, 4, 6), torch.tensor([[True] * 4, [True, True, False, False]])
    logits = head(features, seen)
    assert (logits[1, 2:] == 0).all()
    other = torch.where(seen[..., None], features, torch.nan_to_num(torch.full_like(features, 1e3)))
    torch.testing.assert_close(head(other, seen), logits)
    turned = head(features[:1].flip(1), seen[:1]).mean()
    assert not torch.allclose(turned, logits[0].mean(), atol=1e-4)


@pytest.mark.parametrize("kind", LEARNT)
def test_a_track_is_scored_alike_whatever_is_beside_it(kind: Temporal) -> None:
    torch.manual_seed(1)
    network = "timm:test_resnet"
    classifier = Classifier(network, classifier_input(network, 32), temporal=kind).eval()
    crops = torch.randint(0, 256, (9, 3, 32, 32), dtype=torch.uint8)
    together = step_logits(classifier, crops.__getitem__, [6, 3], 4)
    first, second = crops[:6], crops[6:]
    apart = [step_logits(classifier, own.__getitem__, [len(own)], 4) for own in (first, second)]
    np.testing.assert_allclose(together, np.concatenate(apart), atol=1e-5)
    alone = classifier.score(crops[:1])  # a photograph is a sequence of one
    places = torch.from_numpy(padded([np.array([0])], 4))
    torch.testing.assert_close(alone, classifier.score(crops[:1], places=places)[0, :1])
    frames = cost_of_network(network, 32)
    assert cost_of_network(network, 32, temporal=kind).parameters > frames.parameters
