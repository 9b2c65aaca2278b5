"""`infer serve`: options and output."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape

from align.crops.options import FaceChoice
from common.runtime.as_option import AsOption
from common.runtime.command_line import console, examples
from common.runtime.option_groups import with_option_groups
from infer.classification.caution import NOT_ACROSS
from infer.commands.classifier_told import tell_ensemble, tell_point
from infer.commands.model_told import tell_model
from infer.commands.options import CHECKPOINTS, AskedThreshold, ModelChoice
from infer.cropping import EveryFaceRequest
from infer.service.limits import ServiceLimits

if TYPE_CHECKING:
    from infer.classification.ensemble import Ensemble
    from infer.service.encoder import ServedEncoder

EXAMPLES = examples(
    "python -m infer serve",
    "python -m infer serve --model mobilefacenet.pt --threshold 0.35 --port 9000",
    "python -m infer serve --name faces.example",
    "python -m infer serve --classifier classifier.safetensors --classifier another.onnx",
    "curl -F photographs=@passport.jpg -F photographs=@selfie.jpg http://127.0.0.1:8000/verify",
    "curl -F photographs=@portrait.jpg http://127.0.0.1:8000/classify",
    "curl -F document=@passport.jpg -F video=@selfie.mp4 http://127.0.0.1:8000/session",
)
MEGA = 1_000_000
NEEDED = ("fastapi", "starlette", "uvicorn", "h11", "python_multipart")  # packages of the extra


@with_option_groups
def serve(
    *,
    model: ModelChoice,
    threshold: AskedThreshold = None,
    classifier: Annotated[
        tuple[Path, ...],
        AsOption(
            "Checkpoint of a classifier, or its ONNX file: tells which faces are synthetic, at /classify, "
            "/session and on the page. Repeatable: an ensemble."
        ),
    ] = (),
    host: Annotated[str, AsOption("Address to listen on; beyond this machine with 0.0.0.0.")] = ("127.0.0.1"),
    name: Annotated[
        tuple[str, ...],
        AsOption("Host name, such as that of a proxy, by which it may be called; may be given again."),
    ] = (),
    port: Annotated[int, AsOption("0 for any that is free.", least=0, most=65535)] = 8000,
    max_upload_mb: Annotated[
        float, AsOption("Of a request, all its photographs together.", least=0.1, most=1000)
    ] = ServiceLimits.max_body // MEGA,
    max_megapixels: Annotated[float, AsOption("Of a photograph.", least=0.1, most=120)] = (
        ServiceLimits.max_pixels // MEGA
    ),
    max_clip_seconds: Annotated[
        float, AsOption("Of a video; decoding it may take as many of the processor's.", least=1, most=600)
    ] = ServiceLimits.clip_seconds,
    concurrency: Annotated[
        int | None, AsOption("Requests examined at a time.", default="one per core", least=1, most=256)
    ] = None,
) -> None:
    """Serve comparisons over HTTP, and a page to make them on: drop photographs, read the verdict.

    Photographs are kept in memory while they are compared, and nowhere else. There is no authentication: who
    reaches the address can use it.
    """
    _require_service()
    from infer.service.app import create_app
    from infer.service.hosts import hosts_of
    from infer.service.server import address_of, open_port, serve_app
    from infer.service.service import Service

    hosts = hosts_of(host, name)
    with open_port(host, port) as bound:
        encoder = _encoder(model, threshold, bool(classifier))
        limits = ServiceLimits(
            round(max_upload_mb * MEGA),
            round(max_megapixels * MEGA),
            max_clip_seconds,
            max_clip_seconds,
            concurrency,
        )
        told = _classifier(classifier, model) if classifier else None
        service = Service(encoder, limits, told)
        _tell(encoder, told, host)
        bound.listen()
        try:
            console.print(f"[bold]Ready:[/] {address_of(bound, host)}  (API at /docs; Ctrl-C stops it)")
            serve_app(create_app(service, hosts), bound)
        except KeyboardInterrupt:
            console.print("Stopped.")
        finally:
            service.close()


def _require_service() -> None:
    """Raise UserError, which says how to install it, where a package of the service is missing."""
    from common.runtime.errors import UserError

    try:
        import infer.service.app
        import infer.service.server  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in NEEDED:
            raise
        raise UserError(f"the service needs {error.name}; pip install 'facetrust[serve]'") from error


def _classifier(files: Sequence[Path], model: ModelChoice) -> "Ensemble":
    """The classifiers of some files; faces are looked for as in its training, unless asked for otherwise."""
    from infer.classification.ensemble import load_ensemble

    asked = replace(model.crops, face=None)
    every = asked if asked.aligned else EveryFaceRequest(**{**vars(asked), "face": FaceChoice.ALL})
    return load_ensemble(files, CHECKPOINTS, every, model.device)


def _encoder(model: ModelChoice, threshold: float | None, classifies: bool) -> "ServedEncoder | None":
    """The encoder that is named, or else the best; None where there is none and a classifier is enough."""
    from common.metrics.figures import VERIFICATION
    from common.models.leaderboard import kept_checkpoints
    from infer.service.encoder import ServedEncoder
    from infer.verify import threshold_for

    named = model.name is not None or threshold is not None
    if classifies and not named and not kept_checkpoints(CHECKPOINTS, VERIFICATION):
        return None
    loaded = model.load()
    return ServedEncoder.of(loaded, threshold_for(loaded, threshold))


def _tell(encoder: "ServedEncoder | None", classifier: "Ensemble | None", host: str) -> None:
    from infer.claims import synthetic_statement, threshold_doubt
    from infer.service.hosts import is_loopback

    if encoder is None:
        console.print(f"no --model is named and there is none in {CHECKPOINTS}: faces are classified alone")
    else:
        tell_model(encoder.examiner.model)
        console.print(f"threshold {encoder.at.value:.4f} ({escape(encoder.at.source)})")
        doubt = threshold_doubt(encoder.at)
        if doubt:
            console.print(f"[yellow]careful:[/] {escape(doubt)}")
        statement = synthetic_statement(encoder.examiner.model.card.synthetic)
        console.print(f"[yellow]note:[/] {escape(statement)}")
    if not is_loopback(host):
        console.print(
            f"[yellow]warning:[/] everybody who reaches {escape(host)} can use this service: it asks for "
            "no password, and photographs travel unencrypted. Put a proxy with both before it."
        )
    if classifier is not None:
        tell_ensemble(classifier)
        tell_point(classifier.point)
        console.print(f"[yellow]note:[/] {NOT_ACROSS}")
