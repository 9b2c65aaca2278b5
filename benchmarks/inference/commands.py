"""The commands of `benchmarks/infer.py`: options and printing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from common.runtime.command_line import console, examples, new_app, run_app

app = new_app("How fast stage 3 is, beside what a user writes without it and beside what its networks allow.")

Photographs = Annotated[
    Path | None, typer.Option(help="Folder of JPEGs with a face each; rendered ones of 250x250 if not told.")
]
ModelName = Annotated[str, typer.Option("--model", help="As `infer pairs --model`, not an ONNX file.")]
MODEL = "random:mobilefacenet"
CHECKPOINTS = Path("training_logs/checkpoints")


def main() -> None:
    """Entry point of `python benchmarks/infer.py`."""
    run_app(app)


@app.command(
    epilog=examples(
        "python benchmarks/infer.py speed",
        "python benchmarks/infer.py speed --photographs FOLDER --model mobilefacenet.pt --pairs 1000",
    )
)
def speed(
    photographs: Photographs = None,
    model: ModelName = MODEL,
    pairs: Annotated[int, typer.Option(min=2, help="Each of two photographs that are in no other.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="Turns; the median is printed.")] = 5,
    cached: Annotated[int, typer.Option(min=2, help="Photographs of which all pairs are compared.")] = 100,
) -> None:
    """Pairs a second from JPEG files to scores, by turns with a plain loop and the networks alone."""
    from benchmarks.inference.machine import describe_machine
    from benchmarks.inference.photographs import pair_folder
    from benchmarks.inference.speed import measure_cached, measure_speed, speed_table
    from infer.models.load import load_model

    console.print(describe_machine())
    loaded = load_model(model, CHECKPOINTS)
    with _base(photographs) as (base, folder):
        root = pair_folder(base, folder / "pairs", pairs)
        console.print(speed_table(measure_speed(root, loaded, rounds), pairs, f"{pairs:,} pairs, {model}"))
        console.print(measure_cached(root, loaded, cached, rounds))


@app.command(epilog=examples("python benchmarks/infer.py latency --model mobilefacenet.pt"))
def latency(
    photographs: Photographs = None,
    model: ModelName = MODEL,
    count: Annotated[int, typer.Option(min=1, help="Verifications.")] = 200,
    starts: Annotated[int, typer.Option(min=1, help="Of `python -m infer verify --help`.")] = 10,
) -> None:
    """One verification in a warm process, part by part, and how soon the command line answers."""
    from benchmarks.inference.latency import latency_table, measure_latency, measure_starts
    from benchmarks.inference.machine import describe_machine
    from benchmarks.inference.photographs import jpegs
    from infer.models.load import load_model

    console.print(describe_machine())
    with _base(photographs) as (base, _):
        console.print(latency_table(measure_latency(jpegs(base), load_model(model, CHECKPOINTS), count)))
    best, median = measure_starts(starts)
    console.print(f"python -m infer verify --help: best {best:.2f} s, median {median:.2f} s of {starts}")


@app.command(
    epilog=examples(
        "python benchmarks/infer.py service --seconds 60",
        "python benchmarks/infer.py service --connections 16",
    )
)
def service(
    photographs: Photographs = None,
    model: ModelName = MODEL,
    seconds: Annotated[float, typer.Option(min=1, help="Of load.")] = 60,
    connections: Annotated[int, typer.Option(min=1, help="That send photographs without a pause.")] = 8,
) -> None:
    """`infer serve` under load, with one more connection that sends garbage, torn and huge uploads."""
    from benchmarks.inference.load import LoadPlan, put_under_load
    from benchmarks.inference.machine import describe_machine
    from benchmarks.inference.photographs import jpegs
    from benchmarks.inference.service import running_service, service_table

    console.print(describe_machine())
    with _base(photographs) as (base, folder), running_service(model, folder) as running:
        plan = LoadPlan(running.port, jpegs(base), seconds, connections)
        console.print(service_table(put_under_load(plan, running.memory)))


@contextmanager
def _base(photographs: Path | None) -> Iterator[tuple[Path, Path]]:
    """The folder of photographs, and a temporary one."""
    from benchmarks.alignment.photographs import small_photographs

    with TemporaryDirectory() as name:
        folder = Path(name)
        yield photographs or small_photographs(folder / "rendered"), folder
