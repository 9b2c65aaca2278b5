"""Error responses, all in one form: `{"error": {"code": …, "message": …}}`."""

from collections.abc import Mapping
from enum import StrEnum

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from common.runtime.errors import UserError
from infer.service.limits import RETRY_AFTER_S

STOPPING = "the service is being stopped; try again later"


class ErrorCode(StrEnum):
    """What went wrong, for programs."""

    BAD_REQUEST = "bad_request"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    UNSUPPORTED_TYPE = "unsupported_type"
    INVALID = "invalid"
    INTERNAL = "internal"
    BUSY = "busy"


CODES = dict(zip((400, 403, 404, 405, 408, 413, 415, 422, 500, 503), ErrorCode, strict=True))  # by status


class ServiceError(Exception):
    """A request that is refused.

    Args:
        status: one of `CODES`.
        message: one sentence that says what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response of a status of `CODES`; one of 503 says when to come again."""
    told = dict(headers or {})
    if status == 503:
        told["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse({"error": {"code": CODES[status], "message": message}}, status, told)


def add_error_handlers(app: FastAPI) -> None:
    """Give every failure of an application, foreseen or not, the one form."""

    @app.exception_handler(ServiceError)
    async def refused(request: Request, error: ServiceError) -> JSONResponse:
        return error_response(error.status, error.message)

    @app.exception_handler(HTTPException)
    async def not_routed(request: Request, error: HTTPException) -> JSONResponse:
        status = error.status_code if error.status_code in CODES else 400
        messages = {
            404: "there is nothing here; /docs says what there is",
            405: "this address does not take this method; /docs says which it takes",
        }
        return error_response(status, messages.get(status, str(error.detail)), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return error_response(422, f"{where}: {first['msg']}" if where else str(first["msg"]))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> JSONResponse:
        return error_response(400, "the connection was closed before the request had arrived")

    @app.exception_handler(UserError)
    async def unusable(request: Request, error: UserError) -> JSONResponse:
        return error_response(500, str(error))

    @app.exception_handler(Exception)
    async def internal(request: Request, error: Exception) -> JSONResponse:
        return error_response(500, "internal error; the log of the service has the details, please report it")
