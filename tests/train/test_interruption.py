import os
import signal

import pytest
from lightning_fabric import Fabric

from train.interruption import Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_acts(number: signal.Signals) -> None:
    before = signal.signal(number, signal.default_int_handler)  # raises KeyboardInterrupt
    try:
        with Interruption(Fabric(accelerator="cpu", devices=1)) as interruption:
            assert not interruption.requested()
            os.kill(os.getpid(), number)
            assert interruption.requested()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption(Fabric(accelerator="cpu", devices=1)) as interruption:
        assert signal.getsignal(signal.SIGINT) is not before
        assert not interruption.requested()
    assert signal.getsignal(signal.SIGINT) is before
