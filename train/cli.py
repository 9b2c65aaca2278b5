"""The commands of `python -m train`, each in a file of `train/commands`."""

from common.runtime.command_line import new_app, run_app
from train.commands import chain, classifier, compare, fuse, history, plot, pretrain, pseudo_label, run

app = new_app("Stage 2: train face encoders and classifiers of synthetic faces on aligned crops.")


def main() -> None:
    """Entry point of `python -m train`."""
    run_app(app)


app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=classifier.EXAMPLES)(classifier.classifier)
app.command(epilog=pretrain.EXAMPLES)(pretrain.pretrain)
app.command("pseudo-label", epilog=pseudo_label.EXAMPLES)(pseudo_label.pseudo_label)
app.command(epilog=fuse.EXAMPLES)(fuse.fuse)
app.command(epilog=chain.EXAMPLES)(chain.chain)
app.command(epilog=history.EXAMPLES)(history.history)
app.command(epilog=plot.EXAMPLES)(plot.plot)
app.command(epilog=compare.EXAMPLES)(compare.compare)
