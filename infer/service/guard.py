"""What keeps other web pages from using the service through the browser of somebody who can reach it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infer.service.errors import error_response

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HARMLESS = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware: names of the host, origin of requests that cost something, headers of every response.

    Args:
        app: what is guarded.
        hosts: the names that a request may call this machine by, from `allowed_hosts`; empty for any. A name
            that an attacker makes point to 127.0.0.1 (DNS rebinding) is not among them.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        reason = self._refusal(headers, scope["method"])
        app = error_response(403, reason) if reason else self.app
        await app(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers, method: str) -> str | None:
        host = headers.get("host", "")
        if self.hosts and _name(host) not in self.hosts:
            return "the service is not known by this name; use the address that it printed when it started"
        if method in HARMLESS:
            return None
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return "a page of another site may not use this service; open its own page"
        origin = headers.get("origin")
        if origin is not None and _address(origin) != host.lower():
            return "a page of another origin may not use this service; open its own page"
        return None


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def allowed_hosts(host: str) -> frozenset[str]:
    """The names that a service listening on `host` may be called by; empty, for any, beyond loopback.

    There it can be reached under names that only its network knows.
    """
    return LOOPBACK_NAMES | {host.lower()} if is_loopback(host) else frozenset()


def _name(host: str) -> str:
    """`localhost` of `localhost:8000`, `::1` of `[::1]:8000`; empty where it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(origin: str) -> str:
    """`localhost:8000` of `http://localhost:8000`; empty of `null` and what is malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
