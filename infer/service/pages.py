"""The files of the page and of the documentation, served from memory: nothing comes from the network."""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.responses import Response

HTML, CSS, SCRIPT, SVG = (
    "text/html; charset=utf-8",
    "text/css; charset=utf-8",
    "text/javascript; charset=utf-8",
    "image/svg+xml",
)
PAGES = {
    "/": ("index.html", HTML),
    "/docs": ("docs.html", HTML),
    "/assets/page.css": ("page.css", CSS),
    "/assets/docs.css": ("docs.css", CSS),
    "/assets/page.js": ("page.js", SCRIPT),
    "/assets/service.js": ("service.js", SCRIPT),
    "/assets/faces.js": ("faces.js", SCRIPT),
    "/assets/verdicts.js": ("verdicts.js", SCRIPT),
    "/assets/elements.js": ("elements.js", SCRIPT),
    "/assets/docs.js": ("docs.js", SCRIPT),
    "/assets/mark.svg": ("mark.svg", SVG),
}


def add_pages(app: FastAPI) -> None:
    """Add a route for each file."""
    folder = files("infer.service") / "page"
    for path, (name, media_type) in PAGES.items():
        _add_page(app, path, (folder / name).read_bytes(), media_type)


def _add_page(app: FastAPI, path: str, content: bytes, media_type: str) -> None:
    async def page() -> Response:
        return Response(content, media_type=media_type)

    app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)
