"""The files of the page and of the documentation, served from memory: nothing comes from the network."""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.responses import Response

# stated here, for a machine may have other ideas of a suffix, and browsers are told not to guess
MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
PAGES = {"index.html": "/", "docs.html": "/docs"}  # other files are below /assets


def add_pages(app: FastAPI) -> None:
    """Add a route for each file."""
    for file in (files("infer.service") / "page").iterdir():
        path = PAGES.get(file.name, f"/assets/{file.name}")
        _add_page(app, path, file.read_bytes(), MEDIA_TYPES[file.name.rpartition(".")[2]])


def _add_page(app: FastAPI, path: str, content: bytes, media_type: str) -> None:
    async def page() -> Response:
        return Response(content, media_type=media_type)

    app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)
