"""The service as an ASGI application."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from common.runtime.version import installed_version
from infer.service.body import BodyLimits
from infer.service.errors import add_error_handlers
from infer.service.guard import Guard
from infer.service.hosts import Hosts
from infer.service.pages import add_pages
from infer.service.schemas import ErrorReply
from infer.service.service import Service
from infer.service.uploads import DOCUMENT, TO_CLASSIFY, TO_EMBED, TO_VERIFY, VIDEO, Field

FORMS = {
    "photograph": "JPEG, PNG, WebP, BMP, TIFF or PGM",
    "video": "MP4, QuickTime, Matroska, WebM or AVI",
}
Responses = dict[int | str, dict[str, Any]]

EVERYWHERE: Responses = {
    403: {"model": ErrorReply, "description": "Asked under a foreign name, or by a page of another site."}
}
REFUSALS: Responses = EVERYWHERE | {
    400: {"model": ErrorReply, "description": "The form is malformed."},
    408: {"model": ErrorReply, "description": "The request took too long to arrive."},
    413: {"model": ErrorReply, "description": "The photographs are too large together."},
    415: {"model": ErrorReply, "description": "The body is not multipart/form-data."},
    422: {
        "model": ErrorReply,
        "description": "Too few or too many files, or a wrong option; a session without a face.",
    },
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
    if service.compares:
        _add(app, "verify", service.verify, TO_VERIFY)
        _add(app, "embed", service.embed, TO_EMBED)
        _add(app, "session", service.session, DOCUMENT, VIDEO)
    if service.classifies:
        _add(app, "classify", service.classify, TO_CLASSIFY)
    app.get("/health", responses=EVERYWHERE, operation_id="health")(service.health)
    add_pages(app)
    add_error_handlers(app)
    return BodyLimits(Guard(app, hosts), service.limits)


def _add(app: FastAPI, name: str, endpoint: Callable[..., Any], *fields: Field) -> None:
    """Add an endpoint that takes a form of these fields."""
    app.post(f"/{name}", responses=REFUSALS, openapi_extra=_form(*fields), operation_id=name)(endpoint)


def _form(*fields: Field) -> dict[str, Any]:
    """The body of a request as OpenAPI describes it; FastAPI does not see it, for it is read by hand."""
    schema = {
        "type": "object",
        "properties": {field.name: _described(field) for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def _described(field: Field) -> dict[str, Any]:
    forms = [form for word, form in FORMS.items() if word in field.holds]
    file = {"type": "string", "format": "binary"}
    told = {"description": "; ".join(forms)}
    if field.most == 1:
        return {**file, **told}
    return {"type": "array", "minItems": field.fewest, "maxItems": field.most, "items": file, **told}
