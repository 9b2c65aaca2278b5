"""The commands of `facetrust`: the stages, each with the words that follow its name."""

from importlib import import_module

import typer

from common.runtime.command_line import new_app, run_app

# a stage's command line is the stage's own: all words after its name are handed on as they are
AS_THEY_ARE = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
    "help_option_names": [],
}

app = new_app(
    "Face verification, trained against deepfakes; 'facetrust STAGE --help' tells a stage's commands."
)


@app.command(context_settings=AS_THEY_ARE)
def align(context: typer.Context) -> None:
    """Stage 1: photographs to aligned face crops in HDF5 shards."""
    _hand_on(context)


@app.command(context_settings=AS_THEY_ARE)
def train(context: typer.Context) -> None:
    """Stage 2: fine-tune a face encoder on aligned crops."""
    _hand_on(context)


@app.command(context_settings=AS_THEY_ARE)
def infer(context: typer.Context) -> None:
    """Use: are two photographs bona fide and of the same person?"""
    _hand_on(context)


def _hand_on(context: typer.Context) -> None:
    """Run the stage that the command is called after; only its own imports cost time."""
    stage = import_module(f"{context.command.name}.cli")
    run_app(stage.app, context.args, context.command_path)
