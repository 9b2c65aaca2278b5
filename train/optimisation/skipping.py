"""Skipping of steps whose loss or gradient is not finite."""

from typing import Any

import torch
from torch import Tensor, nn

from common.runtime.errors import UserError


class SkippedBatches:
    """Counter of steps without a finite loss or gradient, which also undoes what such a step spoilt.

    A forward pass that overflows spoils the batch statistics: the buffers are kept aside and put back.

    Attributes:
        total: skipped since the run began.
        in_a_row: skipped since the last good one, but for those that lowered the scale of the gradients.
    """

    def __init__(self, network: nn.Module, limit: int) -> None:
        by_kind: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
        for buffer in network.buffers():
            by_kind.setdefault((buffer.device, buffer.dtype), []).append(buffer)
        self._buffers = list(by_kind.values())  # those of one kind are copied by one kernel
        self._kept = [[buffer.clone() for buffer in alike] for alike in self._buffers]
        self._limit = limit
        self.total = 0
        self.in_a_row = 0

    @torch.no_grad()
    def before_step(self) -> None:
        """To be called before each step."""
        for kept, buffers in zip(self._kept, self._buffers, strict=True):
            torch._foreach_copy_(kept, buffers)

    def skip(self, learning_rate: float) -> str:
        """Put the batch statistics back and count; returns what to tell.

        Raises UserError when as many as allowed were skipped in a row.
        """
        self._undo()
        self.in_a_row += 1
        if self.in_a_row >= self._limit:
            raise UserError(
                f"the loss was not finite for {self.in_a_row} steps in a row: training diverged; "
                f"lower --lr (now {learning_rate:.1e})"
            )
        return f"a step without a finite loss or gradient was skipped ({self.total} so far)"

    def rescale(self, scale: float) -> str:
        """As `skip`, for gradients that left float16 by their scale, which is now this: no divergence."""
        self._undo()
        return f"a step was skipped to lower the scale of the gradients to {scale:g} ({self.total} so far)"

    def learnt(self) -> None:
        """A step was taken."""
        self.in_a_row = 0

    @torch.no_grad()
    def _undo(self) -> None:
        for kept, buffers in zip(self._kept, self._buffers, strict=True):
            torch._foreach_copy_(buffers, kept)
        self.total += 1

    def state_dict(self) -> dict[str, Any]:
        """The counts."""
        return {"total": self.total, "in_a_row": self.in_a_row}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.total, self.in_a_row = int(state["total"]), int(state["in_a_row"])
