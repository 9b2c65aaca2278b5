"""A bounded queue of requests: examinations in a few threads, and a few requests that wait for one."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from infer.service.errors import STOPPING, ServiceError

T = TypeVar("T")


class GivenUpError(Exception):
    """Raised by work that finds that nobody waits for it any more."""


def watching(given_up: Callable[[], bool]) -> Callable[[], None]:
    """What raises GivenUpError once nobody waits any more, for work that calls it from time to time."""

    def watch() -> None:
        if given_up():
            raise GivenUpError

    return watch


class Turns:
    """A thread pool with a bounded queue, which admits requests and runs their work.

    A place is held from before the body is read, for its bytes lie in memory from there on.

    Args:
        threads: of work at the same time.
        waiting: requests admitted beyond these.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        self.in_flight = 0
        self._places = threads + waiting
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="examine")

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """A place for a request. Raises ServiceError, 503, when all are taken."""
        if self.in_flight >= self._places:
            raise ServiceError(503, "the service is busy with other photographs; try again in a moment")
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def run(self, request: Request, work: Callable[[Event], T]) -> T:
        """Run `work` in a thread once it is its turn.

        It is given an event to look at from time to time, and raises GivenUpError when that is set: the
        client has gone, or the service ends. Raises ClientDisconnect or ServiceError, 503, then.
        """
        given_up = Event()
        job = self._executor.submit(work, given_up)
        waiting: asyncio.Future[Any] = asyncio.wrap_future(job)
        leaving: asyncio.Future[Any] = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                given_up.set()
                if job.cancel():
                    raise ClientDisconnect
            answer: T = await waiting
            return answer
        except GivenUpError as error:
            raise ClientDisconnect from error
        except asyncio.CancelledError as error:  # the time to finish in, after Ctrl-C, is over
            raise ServiceError(503, STOPPING) from error
        finally:
            given_up.set()
            leaving.cancel()

    def close(self) -> None:
        """Cancel what waits; what runs ends with the photograph that it is at."""
        self._executor.shutdown(wait=False, cancel_futures=True)


async def _gone(request: Request) -> None:
    """Wait until the client has gone away; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
