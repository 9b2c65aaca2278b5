"""`infer serve`: options and output."""

from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples
from infer.commands.model_told import tell_model
from infer.commands.options import (
    CHECKPOINTS,
    AskedThreshold,
    ColourOrder,
    Crops,
    DetectorName,
    DetSize,
    Face,
    MinFace,
    MinScore,
    ModelName,
)
from infer.cropping import CropRequest

EXAMPLES = examples(
    "python -m infer serve",
    "python -m infer serve --model mobilefacenet.pt --threshold 0.35 --port 9000",
    "python -m infer serve --name faces.example",
    "curl -F photographs=@passport.jpg -F photographs=@selfie.jpg http://127.0.0.1:8000/verify",
)
MEGA = 1_000_000
NEEDED = ("fastapi", "starlette", "uvicorn", "h11", "python_multipart")  # packages of the extra


def serve(
    model: ModelName = None,
    colour: ColourOrder = None,
    detector: DetectorName = None,
    det_size: DetSize = None,
    min_score: MinScore = None,
    min_face: MinFace = None,
    face: Face = None,
    crops: Crops = False,
    threshold: AskedThreshold = None,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine with 0.0.0.0.")] = (
        "127.0.0.1"
    ),
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="Host name, such as that of a proxy, by which it may be called; may be given again.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8000,
    max_upload_mb: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Of a request, all its photographs together.")
    ] = 64,
    max_megapixels: Annotated[float, typer.Option(min=0.1, max=120, help="Of a photograph.")] = 40,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Requests examined at a time.", show_default="one per core"),
    ] = None,
) -> None:
    """Serve comparisons over HTTP, and a page to make them on: drop photographs, read the verdict.

    Photographs are kept in memory while they are compared, and nowhere else. There is no authentication: who
    reaches the address can use it.
    """
    from common.runtime.errors import UserError

    try:
        from infer.service.app import create_app
        from infer.service.hosts import hosts_of, is_loopback
        from infer.service.limits import ServiceLimits
        from infer.service.server import address_of, open_port, serve_app
        from infer.service.service import Service
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in NEEDED:
            raise
        raise UserError(f"the service needs {error.name}; pip install 'facetrust[serve]'") from error
    from infer.claims import synthetic_statement, threshold_doubt
    from infer.models.load import load_model
    from infer.verify import threshold_for

    asked = CropRequest(detector, det_size, min_score, min_face, face, crops)
    hosts = hosts_of(host, name or ())
    with open_port(host, port) as bound:
        loaded = load_model(model, CHECKPOINTS, colour, asked)
        at = threshold_for(loaded, threshold)
        limits = ServiceLimits(round(max_upload_mb * MEGA), round(max_megapixels * MEGA), concurrency)
        service = Service(loaded, at, limits)
        tell_model(loaded)
        console.print(f"threshold {at.value:.4f} ({escape(at.source)})")
        doubt = threshold_doubt(at)
        if doubt:
            console.print(f"[yellow]careful:[/] {escape(doubt)}")
        console.print(f"[yellow]note:[/] {escape(synthetic_statement(loaded.card.synthetic))}")
        if not is_loopback(host):
            console.print(
                f"[yellow]warning:[/] everybody who reaches {escape(host)} can use this service: it asks for "
                "no password, and photographs travel unencrypted. Put a proxy with both before it."
            )
        bound.listen()
        try:
            console.print(f"[bold]Ready:[/] {address_of(bound, host)}  (API at /docs; Ctrl-C stops it)")
            serve_app(create_app(service, hosts), bound)
        except KeyboardInterrupt:
            console.print("Stopped.")
        finally:
            service.close()
