"""The HTTP server: the application on a port of this machine."""

import asyncio
import errno
import socket
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from common.runtime.errors import UserError

HEAD_SECONDS = 10.0  # in which request line and headers must have arrived
HEAD_BYTES = 32_768
CONNECTIONS = 256  # beyond these, requests are refused at once
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # of an address that stands for all
FINISH_SECONDS = 2  # for the requests under way, after Ctrl-C


class PromptH11(H11Protocol):
    """HTTP/1.1 that closes a connection over which no complete head of a request comes."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_watching()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_watching(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def open_port(host: str, port: int) -> socket.socket:
    """A socket bound to a port, not yet listening; port 0 is any that is free.

    Raises UserError when the port is taken or there is no such address on this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise UserError(f"cannot listen on {host} port {port}: {_advice(error)}") from error
    except UnicodeError as error:  # of a name such as '..'
        raise UserError(f"'{host}' is no host name; name an address of this machine with --host") from error
    return bound


def address_of(bound: socket.socket, host: str) -> str:
    """The URL for a browser on this machine."""
    host = HERE.get(host, host)
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{bound.getsockname()[1]}"


def serve_app(app: ASGIApp, bound: socket.socket) -> None:
    """Serve until Ctrl-C, which comes out as KeyboardInterrupt; requests under way have a moment to end."""
    options: dict[str, Any] = {
        "http": PromptH11,
        "ws": "none",
        "lifespan": "off",
        "loop": "asyncio",
        "log_level": "error",
        "access_log": False,
        "server_header": False,
        "limit_concurrency": CONNECTIONS,
        "h11_max_incomplete_event_size": HEAD_BYTES,
        "timeout_graceful_shutdown": FINISH_SECONDS,
        "proxy_headers": False,
    }
    uvicorn.Server(uvicorn.Config(app, **options)).run(sockets=[bound])


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program uses it; choose another --port, or 0 for any that is free"
    if error.errno == errno.EACCES:
        return "it takes an administrator; choose a --port above 1023"
    return f"{error.strerror or error}; name an address of this machine with --host"
