"""Load on a service: connections that never pause, and one that sends what nobody should."""

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIELD, BOUNDARY = "photographs", "benchmark-of-facetrust"
PAIRS = 16  # distinct, sent again and again
HUGE = 80_000_000  # bytes, more than the service takes
TIMEOUT_S = 30
FIRST_S = 10  # after which memory is looked at for the second time
PAUSE_S = 0.05  # of the hostile connection between two requests: it is to annoy, not to win


@dataclass(frozen=True)
class LoadPlan:
    """What a service on this machine is put under."""

    port: int
    photographs: Sequence[Path]
    seconds: float
    connections: int


@dataclass
class LoadFigures:
    """What came of it.

    Attributes:
        seconds: of each valid request that was answered with 200.
        failed: valid requests that were not, by status or error.
        differing: valid answers that were not those of the quiet service.
        hostile: answers to the others, by kind and status or error.
        elapsed: seconds of load.
        memory: bytes of the service before, after `FIRST_S` seconds, and at the end.
    """

    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    differing: int = 0
    hostile: Counter[str] = field(default_factory=Counter)
    elapsed: float = 0.0
    memory: list[int] = field(default_factory=list)


def put_under_load(plan: LoadPlan, memory: Callable[[], int]) -> LoadFigures:
    """Ask for each pair once in peace, then for all of them at once until the time is up."""
    photographs = [path.read_bytes() for path in plan.photographs[: PAIRS + 1]]
    bodies = [form(pair) for pair in itertools.pairwise(photographs)]
    expected = [_ask_once(plan.port, body) for body in bodies]
    figures, lock = LoadFigures(memory=[memory()]), threading.Lock()
    start = time.monotonic()
    until = start + plan.seconds
    threads = [
        threading.Thread(target=_send_valid, args=(plan.port, bodies, expected, number, until, figures, lock))
        for number in range(plan.connections)
    ]
    threads.append(threading.Thread(target=_send_hostile, args=(plan.port, photographs, until, figures)))
    for thread in threads:
        thread.start()
    time.sleep(min(FIRST_S, plan.seconds))
    figures.memory.append(memory())
    for thread in threads:
        thread.join()
    figures.elapsed = time.monotonic() - start
    figures.memory.append(memory())
    return figures


def form(files: Sequence[bytes]) -> bytes:
    """The body of a request with these files."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{FIELD}"; filename="{{}}.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    parts = [head.format(index).encode() + data + b"\r\n" for index, data in enumerate(files)]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _send_valid(
    port: int,
    bodies: Sequence[bytes],
    expected: Sequence[bytes],
    number: int,
    until: float,
    figures: LoadFigures,
    lock: threading.Lock,
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    for index in itertools.count(number):
        if time.monotonic() >= until:
            break
        which = index % len(bodies)
        start = time.perf_counter()
        outcome, answer = _ask(connection, bodies[which])
        taken = time.perf_counter() - start
        with lock:
            if outcome == "200":
                figures.seconds.append(taken)
                figures.differing += answer != expected[which]
            else:
                figures.failed[outcome] += 1
    connection.close()


def _send_hostile(port: int, photographs: Sequence[bytes], until: float, figures: LoadFigures) -> None:
    whole = form(photographs[:2])
    kinds = {
        "garbage for photographs": form([bytes(range(256)) * 40, photographs[0][::-1]]),
        "truncated photographs": form([data[: len(data) // 2] for data in photographs[:2]]),
        "truncated form": whole[: len(whole) // 2],
        "no form": b"\0" * 5_000,
        "huge": form([b"\xff\xd8" + bytes(HUGE)]),
    }
    for kind, body in itertools.cycle(kinds.items()):
        if time.monotonic() >= until:
            return
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        figures.hostile[f"{kind}: {_ask(connection, body)[0]}"] += 1
        connection.close()
        time.sleep(PAUSE_S)


def _ask_once(port: int, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    answer = _ask(connection, body)[1]
    connection.close()
    return answer


def _ask(connection: http.client.HTTPConnection, body: bytes) -> tuple[str, bytes]:
    """Status, or the error's name, and the answer."""
    try:
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        connection.request("POST", "/verify", body, headers)
        response = connection.getresponse()
        return str(response.status), response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()  # the next request opens it anew
        return type(error).__name__, b""
