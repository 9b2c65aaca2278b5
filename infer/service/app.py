"""The service as an ASGI application."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from common.runtime.version import installed_version
from infer.service.body import BodyLimits
from infer.service.errors import add_error_handlers
from infer.service.guard import Guard
from infer.service.hosts import Hosts
from infer.service.limits import FEWEST_TO_VERIFY, MOST_PHOTOGRAPHS
from infer.service.pages import add_pages
from infer.service.schemas import ErrorReply
from infer.service.service import Service
from infer.service.uploads import FIELD

Responses = dict[int | str, dict[str, Any]]

EVERYWHERE: Responses = {
    403: {"model": ErrorReply, "description": "Asked under a foreign name, or by a page of another site."}
}
REFUSALS: Responses = EVERYWHERE | {
    400: {"model": ErrorReply, "description": "The form is malformed."},
    408: {"model": ErrorReply, "description": "The request took too long to arrive."},
    413: {"model": ErrorReply, "description": "The photographs are too large together."},
    415: {"model": ErrorReply, "description": "The body is not multipart/form-data."},
    422: {"model": ErrorReply, "description": "Too few or too many photographs, or a wrong option."},
    500: {"model": ErrorReply, "description": "A fault of the service or of its model."},
    503: {
        "model": ErrorReply,
        "description": "Busy with other requests, or being stopped.",
        "headers": {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}},
    },
}


def create_app(service: Service, hosts: Hosts) -> ASGIApp:
    """The application of a service that is called by `hosts`: endpoints, their documentation, the page."""
    app = FastAPI(
        title="facetrust",
        version=installed_version() or "0",
        description=service.about,
        docs_url=None,  # it would load its scripts from the network
        redoc_url=None,
    )
    app.post("/verify", responses=REFUSALS, openapi_extra=_form(FEWEST_TO_VERIFY), operation_id="verify")(
        service.verify
    )
    app.post("/embed", responses=REFUSALS, openapi_extra=_form(1), operation_id="embed")(service.embed)
    if service.classifies:
        app.post("/classify", responses=REFUSALS, openapi_extra=_form(1), operation_id="classify")(
            service.classify
        )
    app.get("/health", responses=EVERYWHERE, operation_id="health")(service.health)
    add_pages(app)
    add_error_handlers(app)
    return BodyLimits(Guard(app, hosts), service.limits)


def _form(fewest: int) -> dict[str, Any]:
    """The body of a request as OpenAPI describes it; FastAPI does not see it, for it is read by hand."""
    photographs = {
        "type": "array",
        "minItems": fewest,
        "maxItems": MOST_PHOTOGRAPHS,
        "items": {"type": "string", "format": "binary"},
        "description": "JPEG, PNG, WebP, BMP, TIFF or PGM",
    }
    schema = {
        "type": "object",
        "properties": {FIELD: photographs},
        "required": [FIELD],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
