"""Limits on the body of a request, its bytes and its time, whatever its headers promise.

Neither Starlette nor uvicorn bounds them.
"""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infer.service.errors import STOPPING, ServiceError
from infer.service.limits import ServiceLimits


class BodyLimits:
    """ASGI middleware that raises ServiceError, 413 or 408, where the application reads the body.

    A response that is ready before the request has arrived as a whole closes the connection, and what still
    comes is thrown away for a while first: a client that finds the connection reset while it sends would not
    read why.
    """

    def __init__(self, app: ASGIApp, limits: ServiceLimits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(self.limits, Headers(scope=scope), receive, send)
        await self.app(scope, body.receive, body.send)


class _Body:
    """The body of one request."""

    def __init__(self, limits: ServiceLimits, headers: Headers, receive: Receive, send: Send) -> None:
        self._limits = limits
        self._receive = receive
        self._send = send
        self._waits_for_leave = "expect" in headers  # such a client sends nothing after a refusal
        length = headers.get("content-length", "")
        self._declared = int(length) if length.isascii() and length.isdecimal() else 0
        self._arrived = not self._declared and "transfer-encoding" not in headers
        self._bytes = 0
        self._deadline = asyncio.get_running_loop().time() + limits.body_seconds

    async def receive(self) -> Message:
        if self._arrived:  # what is left to come is that the client goes away
            return await self._receive()
        if self._declared > self._limits.max_body:
            raise self._too_large()
        left = self._deadline - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), min(self._limits.pause_seconds, left))
        except TimeoutError as error:
            raise ServiceError(
                408, "the request took too long to arrive; send fewer or smaller photographs"
            ) from error
        except asyncio.CancelledError as error:  # the time to finish in, after Ctrl-C, is over
            raise ServiceError(503, STOPPING) from error
        self._note(message)
        if self._bytes > self._limits.max_body:
            raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        if self._arrived:
            await self._send(message)
        elif message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
            await self._send(message)
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _note(self, message: Message) -> None:
        self._bytes += len(message.get("body", b""))
        self._arrived = message["type"] == "http.disconnect" or not message.get("more_body", False)

    async def _drain(self) -> None:
        if self._waits_for_leave:
            return
        try:
            async with asyncio.timeout(self._limits.drain_seconds):
                while not self._arrived:
                    self._note(await self._receive())
        except (TimeoutError, asyncio.CancelledError):
            pass

    def _too_large(self) -> ServiceError:
        return ServiceError(
            413,
            f"the request is larger than {self._limits.max_body / 1e6:g} MB; send fewer or smaller "
            "photographs, or start the service with a higher --max-upload-mb",
        )
