"""The commands of `python -m align`, each in a file of `align/commands`."""

from align.commands import check, export, forge, info, run, sample, show
from common.runtime.command_line import new_app, run_app

app = new_app("Stage 1: photographs to aligned face crops in HDF5 shards.")


def main() -> None:
    """Entry point of `python -m align`."""
    run_app(app)


app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=forge.EXAMPLES)(forge.forge)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=check.EXAMPLES)(check.check)
app.command(epilog=info.EXAMPLES)(info.info)
app.command(epilog=show.EXAMPLES)(show.show)
app.command(epilog=sample.EXAMPLES)(sample.sample)
