"""The commands of `python -m infer`, each in a file of `infer/commands`."""

from common.runtime.command_line import new_app, run_app
from infer.commands import (
    audit,
    classify,
    embed,
    export,
    pairs,
    report,
    search,
    serve,
    session,
    threshold,
    verify,
)

app = new_app(
    "Use: are two photographs of the same person, and bona fide as far as a model can tell? "
    "Is a face synthetic?"
)


def main() -> None:
    """Entry point of `python -m infer`."""
    run_app(app)


app.command(epilog=verify.EXAMPLES)(verify.verify)
app.command(epilog=session.EXAMPLES)(session.session)
app.command(epilog=pairs.EXAMPLES)(pairs.pairs)
app.command(epilog=classify.EXAMPLES)(classify.classify)
app.command(epilog=report.EXAMPLES)(report.report)
app.command(epilog=threshold.EXAMPLES)(threshold.threshold)
app.command(epilog=embed.EXAMPLES)(embed.embed)
app.command(epilog=search.EXAMPLES)(search.search)
app.command(epilog=audit.EXAMPLES)(audit.audit)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=serve.EXAMPLES)(serve.serve)
