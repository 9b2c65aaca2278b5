import pytest
import torch
from torch import nn

from common.runtime.errors import UserError
from train.optimisation.skipping import SkippedBatches


def test_batch_statistics_are_put_back() -> None:
    norm = nn.BatchNorm1d(3).train()
    norm(torch.randn(8, 3))
    good = {name: value.clone() for name, value in norm.named_buffers()}
    skipped = SkippedBatches(norm, limit=5)
    skipped.before_step()
    norm(torch.full((8, 3), torch.nan))
    assert norm.running_mean is not None and norm.running_mean.isnan().all()
    assert "(1 so far)" in skipped.skip(0.1)
    assert all(torch.equal(value, good[name]) for name, value in norm.named_buffers())


def test_buffers_of_one_kind_are_copied_by_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = SkippedBatches(nn.ModuleList([nn.BatchNorm1d(3), nn.BatchNorm1d(2)]), limit=5)
    calls: list[set[torch.dtype]] = []
    monkeypatch.setattr(torch, "_foreach_copy_", lambda to, _: calls.append({tensor.dtype for tensor in to}))
    skipped.before_step()
    assert calls == [{torch.float32}, {torch.int64}]


def test_steps_that_lower_the_scale_are_counted_and_end_nothing() -> None:
    norm = nn.BatchNorm1d(3).train()
    skipped = SkippedBatches(norm, limit=1)
    skipped.before_step()
    norm(torch.full((8, 3), torch.nan))
    assert skipped.rescale(32768.0).endswith("to 32768 (1 so far)")
    assert norm.running_mean is not None and norm.running_mean.eq(0).all()
    assert skipped.total == 1 and skipped.in_a_row == 0


def test_only_skips_in_a_row_end_the_run() -> None:
    skipped = SkippedBatches(nn.Linear(1, 1), limit=3)
    for _ in range(4):
        skipped.skip(0.1)
        skipped.skip(0.1)
        skipped.learnt()
    assert skipped.total == 8 and skipped.in_a_row == 0
    skipped.skip(0.1)
    other = SkippedBatches(nn.Linear(1, 1), limit=3)
    other.load_state_dict(skipped.state_dict())
    other.skip(0.1)
    with pytest.raises(UserError, match=r"3 steps in a row: training diverged; lower --lr \(now 1.0e-01\)"):
        other.skip(0.1)
