"""`train pseudo-label`: options and output."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from train.pseudo_labels.request import TABLE_SUFFIX, PseudoLabelRequest

if TYPE_CHECKING:
    from train.pseudo_labels.provenance import PseudoLabels

EXAMPLES = examples(
    "python -m align run test_images --template box --size 256 --out datasets/unlabelled",
    "python -m train pseudo-label folds --data datasets/unlabelled --out datasets/pseudo",
    "python -m train pseudo-label a.safetensors b.safetensors --data datasets/unlabelled --at 0.99 "
    "--tta mirror,rotate5 --out pseudo.csv",
    "python -m train classifier --data datasets/faces --data datasets/pseudo",
)


@with_option_groups
def pseudo_label(
    models: Annotated[
        list[Path],
        typer.Argument(
            help="Checkpoints of classifiers, or a folder of folds: the mean of all decides.",
            show_default=False,
        ),
    ],
    *,
    data: Annotated[
        Path, typer.Option(help="Folder of shards whose labels nobody knows.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for shards of what gets a pseudo-label, or a .csv: Id,target_feature,is_pseudo.",
            show_default=False,
        ),
    ],
    asked: PseudoLabelRequest,
) -> None:
    """Label crops by models where they are certain, to train others on; never what is evaluated on."""
    from train.pseudo_labels.run import pseudo_label as run

    with progress_bar("Guessing", "crops") as progress:
        found = run(models, data, out, asked, progress)
    _tell(found.labels)
    print_notes(found.notes)
    where = escape(printable(str(out)))
    console.print(f"{'There already' if found.there else 'Written'}: {where}")
    if found.labels.share is not None:
        _tell_next(out, where)


def _tell(labels: "PseudoLabels") -> None:
    models, every = len(labels.asked.models), labels.synthetic + labels.bona_fide
    console.print(
        f"{counted(models, 'model')}, views: {', '.join(('the crop', *labels.asked.views))}; "
        f"P(synthetic) above {labels.asked.at:g} or below {1 - labels.asked.at:g}"
    )
    console.print(
        f"[bold green]{every:,}[/] of {counted(labels.crops, 'crop')} with a pseudo-label: "
        f"{labels.bona_fide:,} bona fide, {labels.synthetic:,} synthetic"
    )
    if labels.share is not None:
        trained = labels.share_trained
        of_models = "not known" if trained is None else f"{trained:.1%}"
        console.print(f"synthetic: {labels.share:.1%}; of what the models were trained on: {of_models}")
    for reason, count in labels.left_out.items():
        console.print(f"left out: {count:,}, {escape(printable(reason))}")


def _tell_next(out: Path, where: str) -> None:
    if out.suffix.lower() == TABLE_SUFFIX:
        console.print(
            f"Next: 'python -m align run PHOTOGRAPHS --layout labels' with {where} in or above their folder; "
            "the rows become pseudo-labels of the shards; 1 is synthetic in it, so never with --positive real"
        )
    else:
        console.print(f"Next: python -m train classifier --data LABELLED_SHARDS --data {where}")
    console.print("what was guessed here must not be measured on by a model that learns it")
