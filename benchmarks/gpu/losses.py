"""One step of every loss in every precision."""

from collections.abc import Iterator

import torch

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from benchmarks.training.ready import embedded
from common.models.encoder import Encoder
from train.losses.config import LossConfig
from train.losses.create import create_loss
from train.losses.names import LossName
from train.optimisation.optimiser import create_optimiser
from train.run_config import OptimiserConfig

PRECISIONS = ("32", "bf16-mixed", "16-mixed")
LARGE = 1024  # a batch of the dynamic margin, which compares all pairs
TINY = 8
TRIES = 20  # steps within which the scaler of float16 has found its scale


def losses(setting: Setting) -> Iterator[Finding]:
    """Whether a step is finite and moves the weights, for each precision; whatever loss fails is named."""
    for precision in PRECISIONS:
        failed = []
        for name in LossName:
            size = LARGE if name is LossName.DYNAMIC_MARGIN else setting.batch
            size = TINY if setting.tiny else size
            if not _moves(setting, precision, name, size):
                failed.append(name.value)
        good = len(LossName) - len(failed)
        told = f"{good} of {len(LossName)}" + (f", not {', '.join(failed)}" if failed else "")
        yield Finding(f"losses with a finite step in {precision}", told, "all", not failed)


def _moves(setting: Setting, precision: str, name: LossName, size: int) -> bool:
    fabric = setting.fabric(precision)
    torch.manual_seed(0)
    crops = torch.randint(0, 256, (size, 3, 112, 112), dtype=torch.uint8, device=fabric.device)
    identities = torch.arange(size, device=fabric.device) // 8
    synthetic = torch.arange(size, device=fabric.device) % 3 == 0
    encoder = Encoder("ir_lite").to(fabric.device).train()
    loss = create_loss(LossConfig(name=name), encoder.embedding_size, size).to(fabric.device)
    parameters = [*encoder.parameters(), *loss.parameters()]
    before = [parameter.detach().clone() for parameter in parameters]
    model, stepper = fabric.setup(encoder, create_optimiser(OptimiserConfig(), fabric, [(1.0, parameters)]))
    for _ in range(TRIES):
        stepper.zero_grad()
        value = loss(embedded(model(crops), identities, synthetic))
        fabric.backward(value)
        fabric.clip_gradients(model, stepper, max_norm=5.0, error_if_nonfinite=False)
        stepper.step()
        is_finite = bool(value.isfinite()) and all(bool(each.isfinite().all()) for each in parameters)
        moved = any(not torch.equal(*pair) for pair in zip(before, parameters, strict=True))
        if not is_finite or moved:
            return is_finite
    return False
