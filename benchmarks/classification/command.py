"""The command of `benchmarks/classify.py`: options and printing."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from common.runtime.command_line import console
from common.runtime.device import Device


def classify(
    photographs: Annotated[
        Path | None, typer.Option(help="Folder of JPEGs with a face each; rendered ones if not told.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Checkpoint of a classifier.")] = None,
    network: Annotated[str, typer.Option(help="Untrained, where there is no checkpoint.")] = "timm:resnet18",
    size: Annotated[int, typer.Option(help="Pixels of its input, and of its crops.")] = 224,
    count: Annotated[int, typer.Option(min=2, help="Photographs; files recur if there are fewer.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="Turns; medians are printed.")] = 5,
    training: Annotated[bool, typer.Option(help="Measure training as well.")] = True,
) -> None:
    """Photographs a second from JPEG files to verdicts, by turns with a plain loop and the networks alone.

    Then the training of SqueezeNeXt, ResNet-18 and ConvNeXt V2 atto on all planes, and the pre-training of
    the last, by turns with ready tensors.
    """
    from benchmarks.alignment.photographs import small_photographs
    from benchmarks.classification.speed import measure_speed, speed_table
    from benchmarks.classification.untrained import untrained_classifier
    from benchmarks.inference.machine import describe_machine
    from benchmarks.inference.photographs import jpegs
    from benchmarks.training.classifiers import (
        ALL,
        ATTO,
        ATTO_PIXELS,
        TRAINED,
        classifier_table,
        pretraining_table,
    )
    from infer.classification.ensemble import load_ensemble
    from infer.cropping import AS_TRAINED

    console.print(describe_machine())
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = model or untrained_classifier(folder / "untrained.safetensors", network, size)
        ensemble = load_ensemble([file], folder, AS_TRAINED, Device.CPU)
        found = jpegs(photographs or small_photographs(folder / "rendered"))
        paths = (found * -(-count // len(found)))[:count]
        info = ensemble.members[0].info
        title = f"{count:,} photographs, {info.network} at {info.input_format.size} pixels"
        console.print(speed_table(measure_speed(paths, ensemble, rounds), count, title))
    if training:
        for trained, pixels, planes in TRAINED:
            console.print(classifier_table(trained, pixels, size=32, steps=6, turns=rounds, planes=planes))
        console.print(pretraining_table(ATTO, ATTO_PIXELS, size=32, steps=6, turns=rounds, planes=ALL))
