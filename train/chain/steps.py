"""All steps by name, and those of a chain."""

from common.runtime.errors import UserError
from train.chain.config import ChainConfig
from train.chain.fused_chain import FUSED_STEPS
from train.chain.long_chain import LONG_STEPS
from train.chain.step import Step
from train.load_config import changed_keys

STEPS = {step.name: step for step in (*LONG_STEPS, *FUSED_STEPS)}
OF_EVERY_CHAIN = ("steps", "out")


def steps_of(config: ChainConfig) -> tuple[Step, ...]:
    """The steps of a chain, in their order.

    Raises UserError for one that is named twice or before what it needs, and for a setting that none uses.
    """
    steps = tuple(STEPS[name] for name in config.steps)
    for number, step in enumerate(steps):
        before = config.steps[:number]
        if step.name in before:
            raise UserError(f"steps names {step.name} twice; name each once")
        if missing := [name for name in step.needs if name not in before]:
            raise UserError(f"the step {step.name} needs {missing[0]} before it; add that to steps")
    used = {*OF_EVERY_CHAIN, *(key for step in steps for key in step.uses)}
    for key in changed_keys(ChainConfig(), config):
        if key not in used:
            named, steps_told = key.replace("_", "-"), ", ".join(config.steps)
            raise UserError(f"--{named} plays no part in the steps {steps_told}; leave it out")
    return steps
