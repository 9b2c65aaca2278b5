"""The end of the processes' connection with each other, whose threads may abort a process that ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch.distributed import destroy_process_group, is_initialized


@contextmanager
def closing_process_group() -> Iterator[None]:
    """Context, or decorator, that closes the process group that was opened in it.

    One that was open before stays: several runs after one another keep theirs, for a process that is ahead
    could not open the next while another still has the last.
    """
    was_open = is_initialized()
    try:
        yield
    finally:
        if is_initialized() and not was_open:
            destroy_process_group()
