"""`infer audit`: options and output."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.runtime.as_option import AllowMissing, AsOption
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.option_groups import with_option_groups
from infer.commands.model_told import tell_model
from infer.commands.options import CHECKPOINTS, RESULTS, ModelDevice, ModelName

if TYPE_CHECKING:
    from infer.audit.audit import Audit

AUDIT, RELABEL, SHEET = "audit.csv", "relabel.csv", "contact_sheet.png"  # in the folder of --out

EXAMPLES = examples(
    "python -m infer audit datasets/processed_images --model mobilefacenet.pt",
    "python -m infer audit datasets/processed_images --split training_logs/runs/RUN/split.json",
    "python -m align run PHOTOGRAPHS --relabel results/audit/relabel.csv   # the certain corrections",
)


@with_option_groups
def audit(
    shards: Annotated[
        Path, typer.Argument(help="Folder of shards that 'align run' made.", show_default=False)
    ],
    model: ModelName = None,
    device: ModelDevice = Device.AUTO,
    out: Annotated[Path, AsOption("Folder for audit.csv, relabel.csv and contact_sheet.png.")] = RESULTS
    / "audit",
    split: Annotated[
        Path | None,
        AsOption("The split.json of a run: pictures on both of its sides are told apart from others."),
    ] = None,
    allow_missing: AllowMissing = False,
) -> None:
    """Find wrong labels, two people in one folder or one in two, and pictures that are there twice.

    The limits come from the data itself, and no threshold of the model is needed.
    """
    from common.formats.shard_folder import open_folder, pseudo_label_notes
    from common.formats.stored_split import read_held_out

    folder = open_folder(shards).require_whole(allow_missing)
    held_out = None if split is None else read_held_out(split)

    from infer.audit.audit import audit_crops
    from infer.audit.crops import read_audited_crops
    from infer.audit.pictures import find_pictures
    from infer.audit.sheet import write_sheet
    from infer.audit.tables import write_audit, write_relabel
    from infer.models.load import load_model

    loaded = load_model(model, CHECKPOINTS, device=device)
    tell_model(loaded, stored_crops=True)
    with progress_bar("Embedding", "crops") as progress:
        crops = read_audited_crops(list(folder.shards), loaded, progress)
    with progress_bar("Comparing pictures", "crops") as progress:
        pictures = find_pictures(crops, progress)
    if held_out is not None and held_out.isdisjoint(crops.names):
        raise UserError(f"{split} holds out nobody of {shards}; name the split of a run on these shards")
    with console.status("Judging labels"):
        found = audit_crops(crops, pictures, loaded.card.synthetic, held_out)
    write_audit(out / AUDIT, crops, found.findings)
    relabelled = write_relabel(out / RELABEL, crops, found.findings)
    write_sheet(out / SHEET, crops, found)
    print_notes([*folder.notes, *pseudo_label_notes(folder.shards), *found.notes])
    console.print(f"{len(crops.paths):,} crops of {len(crops.names):,} people audited")
    print_findings(found)
    console.print(f"All findings: {escape(str(out / AUDIT))}, to look at: {escape(str(out / SHEET))}")
    if relabelled:
        console.print(
            f"{relabelled:,} certain corrections: look at them, then "
            f"'python -m align run PHOTOGRAPHS --relabel {escape(str(out / RELABEL))}'"
        )


def print_findings(found: "Audit") -> None:
    """Print how many photographs there are of each kind of finding, and the limits that they come from."""
    from infer.audit.audit import counts_of

    table = Table("finding", "what it is", "photographs", "certain")
    for kind, (count, certain) in counts_of(found.findings).items():
        photographs = "not judged" if kind in found.not_judged else f"{count:,}"
        table.add_row(kind.value, kind.meaning, photographs, f"{certain:,}" if certain else "")
    console.print(table)
    near, people = found.of_photographs, found.of_people
    console.print(
        f"typical similarity of a photograph to its own person {near.genuine:.2f}, to the nearest other "
        f"{near.stranger:.2f}; of a person's halves {people.genuine:.2f}, "
        f"to the nearest other {people.stranger:.2f}"
    )
