"""`infer search`: options and output."""

import math
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.runtime.as_option import AsOption, Workers
from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from infer.commands.model_told import tell_model
from infer.commands.options import RESULTS, ModelChoice
from infer.embed_request import EmbedRequest
from infer.search.request import SearchRequest

if TYPE_CHECKING:
    from infer.embed import Progress
    from infer.models.model import Model
    from infer.output.embedding_maker import Maker
    from infer.search.figures import SearchFigures
    from infer.search.search import Search

EXAMPLES = examples(
    "python -m infer search people/ probes/ --model mobilefacenet.pt --threshold 0.35",
    "python -m infer search gallery.h5 probes.h5 --rank 20 --format parquet",
    "python -m infer search gallery.h5 somebody.jpg",
    "python -m infer search datasets/processed_images datasets/processed_images",
)
WHAT = "a file of 'infer embed', or what that takes: photographs, a list of them, or shards"


@with_option_groups
def search(
    gallery: Annotated[Path, typer.Argument(help=f"Whom to search among: {WHAT}.", show_default=False)],
    probes: Annotated[
        Path,
        typer.Argument(
            help=f"Whom to search for: {WHAT}. The gallery itself searches each photograph among the others.",
            show_default=False,
        ),
    ],
    *,
    wanted: SearchRequest,
    model: ModelChoice,
    embedding: EmbedRequest,
    out: Annotated[Path, AsOption("Folder for candidates, picture and new embeddings.")] = RESULTS / "search",
    workers: Workers = None,
) -> None:
    """Search photographs among many: the most similar ones of each, and error rates where people are known.

    A gallery of more than 100,000 is searched by FAISS: pip install 'facetrust[faiss]'.
    """
    from infer.search.search import search as search_gallery
    from infer.search.side import maker_of_files, refuse_another_model
    from infer.verify import known_threshold

    maker = maker_of_files([gallery, probes])
    loaded = _model(model, maker, [gallery, probes])
    if loaded is not None:
        refuse_another_model(loaded, maker)
    if maker is not None:
        console.print(f"embeddings of {escape(printable(maker.model))} ({escape(printable(maker.backbone))})")
    threshold = known_threshold(loaded, wanted.threshold)
    with ExitStack() as bars:

        def watch(step: str) -> "Progress":
            bars.close()
            return bars.enter_context(progress_bar(step))

        found = search_gallery(gallery, probes, out, loaded, threshold, wanted, embedding, workers, watch)
    _tell(found, loaded, wanted)


def _model(choice: ModelChoice, maker: "Maker | None", sources: list[Path]) -> "Model | None":
    """The model that is named, or that made the embeddings; None where nothing is embedded and it is gone.

    Raises UserError as `ModelChoice.load`.
    """
    from common.formats.shard_folder import is_shard_folder
    from infer.output.embedding_reader import is_embedding_file
    from infer.search.side import is_at_hand

    made = [source for source in sources if not is_embedding_file(source)]
    if maker is not None and choice.name is None:
        if not made and not is_at_hand(maker):
            return None
        choice = replace(choice, name=maker.model)
    stored = bool(made) and all(map(is_shard_folder, made))
    loaded = choice.load(stored)
    if made:
        tell_model(loaded, stored)
    return loaded


def _tell(found: "Search", model: "Model | None", wanted: SearchRequest) -> None:
    """Print what was searched among, the figures, and what was written."""
    from infer.claims import synthetic_statement, threshold_doubt
    from infer.verify import how_to_get_a_threshold

    for name, side in (("gallery", found.gallery), ("probes", found.probes)):
        if made := side.embedded:
            print_notes(made.notes)
            _tell_rejected(name, made.rejected, made.rejects_file)
    if found.left_out:
        told = counted(found.left_out, "synthetic photograph")
        console.print(f"[yellow]left out of the gallery:[/] {told}; nobody is identified by one")
    people = counted(len(set(found.gallery.rows.identity)), "person", "people")
    console.print(
        f"{counted(len(found.probes.rows), 'probe')} searched among "
        f"{counted(len(found.gallery.rows), 'photograph')} of {people}: {escape(str(found.table_file))}"
    )
    if found.threshold is not None:
        console.print(f"threshold {found.threshold.value:.4f} ({escape(found.threshold.source)})")
        if doubt := threshold_doubt(found.threshold):
            console.print(f"[yellow]careful:[/] {escape(doubt)}")
    else:
        how = how_to_get_a_threshold(model) if model else "add --threshold, or --model with the model's file"
        console.print(f"[yellow]no threshold known[/], so no verdicts; {escape(how)}")
    known = model.card.synthetic if model else None
    console.print(f"[yellow]note:[/] {escape(synthetic_statement(known))}")
    fusion = model.card.fusion if model else None
    if fusion is not None and (called := found.called(fusion, wanted.rank)):
        has = counted(called, "probe has", "probes have")
        console.print(
            f"[yellow]careful:[/] {has} a match though the classifier calls one of the two synthetic; "
            "'python -m infer verify' says which"
        )
    if found.figures is not None:
        if found.copies:
            has = counted(found.copies, "bona fide probe has its", "bona fide probes have their")
            console.print(
                f"[yellow]careful:[/] {has} own picture in the gallery, so the figures are too good: leave "
                "such out, or, to search each photograph among all others, name one source twice"
            )
        _tell_figures(found.figures)
    else:
        console.print(
            "no figures: no bona fide probe has the name of somebody in the gallery, so who is who is unknown"
        )
    if found.picture_file is not None:
        console.print(f"Picture: {escape(str(found.picture_file))}")
    else:
        console.print("no picture: embeddings have no pixels; give both folders of photographs for one")


def _tell_rejected(name: str, rejected: int, file: Path) -> None:
    if rejected:
        console.print(
            f"[yellow]{name}: {counted(rejected, 'image')} without a usable face[/], in no figure: "
            f"{escape(str(file))}"
        )


def _tell_figures(figures: "SearchFigures") -> None:
    identified, forged = figures.identified, figures.of_synthetic
    table = Table("identification of bona fide probes", "rate", "95 % interval", "probes")

    def add(name: str, rate: float, key: str, probes: int) -> None:
        interval = {**figures.intervals, **identified.intervals}.get(key)
        ends = f"{interval.low:.4f} to {interval.high:.4f}" if interval else ""
        table.add_row(name, "not defined" if math.isnan(rate) else f"{rate:.4f}", ends, f"{probes:,}")

    for rank, share in identified.cmc.items():
        add(f"CMC: a mate among the first {rank}" if rank > 1 else "CMC: a mate is the first", share,
            f"cmc/{rank}", identified.probes)  # fmt: skip
    add("MAP@10", identified.map_at_10, "map_at_10", identified.probes)
    for fpir, fnir in figures.fnir_at_fpir.items():
        at = f"threshold {figures.threshold_at_fpir[fpir]:.4f}"
        add(f"FNIR at FPIR {fpir:g}, {at}", fnir, f"fnir_at_fpir_{fpir:g}", identified.probes)
    words = {
        "fnir": f"FNIR at the threshold, first {figures.rank}",
        "fpir": "FPIR at the threshold",
        "fpir_synthetic": "synthetic probes that somebody is found for",
    }
    for name, errors in figures.at_threshold.items():
        add(words[name], errors.rate, name, errors.total)
    if figures.synthetic and forged.probes:
        table.add_row("synthetic probes led to whom they imitate, first", f"{forged.cmc[1]:.4f}", "",
                      f"{forged.probes:,}")  # fmt: skip
    console.print(table)
    few = "; FNIR at a fixed FPIR takes 30 or more of them" if not figures.fnir_at_fpir else ""
    console.print(
        f"{counted(figures.without_mate, 'bona fide probe')} without a mate in the gallery, which FPIR is of"
        f"{few}; intervals resample the {counted(identified.people, 'person', 'people')} of the probes"
    )
