"""Host and origin checks, so that other web pages cannot use the service through a browser that reaches it.

Starlette's `TrustedHostMiddleware` cannot allow every IP address, and checks no origin.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infer.service.errors import error_response
from infer.service.hosts import Hosts

HARMLESS = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
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
        hosts: the names that a request may call the service by. One that an attacker makes point here (DNS
            rebinding) is not among them.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
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
        if not self.hosts.know(host):
            return (
                "the service is not known by this name; use the address that it printed when it started, or "
                "start it with --name and this name"
            )
        if method in HARMLESS:
            return None
        site = headers.get("sec-fetch-site")
        if site in ("same-origin", "none"):  # the browser has compared, and a proxy may have changed the host
            return None
        if site is not None:
            return "a page of another site may not use this service; open its own page"
        origin = headers.get("origin")
        if origin is not None and _address(origin) != host.lower():
            return "a page of another origin may not use this service; open its own page"
        return None


def _address(origin: str) -> str:
    """`localhost:8000` of `http://localhost:8000`; empty of `null` and what is malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
