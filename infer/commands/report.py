"""`infer report`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.command_line import console, examples, printable
from infer.commands.options import RESULTS

EXAMPLES = examples(
    "python -m infer report results/test_public.h5",
    "python -m infer report results --out report.html",
    "python -m infer report before/test_public.h5 --compare after/test_public.h5",
)


def report(
    results: Annotated[
        Path,
        typer.Argument(help="File NAME.h5 that 'infer pairs' has written, or a folder with one such file."),
    ] = RESULTS,
    compare: Annotated[
        Path | None,
        typer.Option(
            help="Results of another model on the same pairs, to be set beside these.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file. \\[default: NAME.html, or NAME_compared.html, beside the results]"),
    ] = None,
) -> None:
    """Write one HTML page about results: error rates with their uncertainty, curves, scores, hardest pairs.

    The page needs no network and nothing beside itself; it holds the crops of the pairs that it shows.
    """
    from infer.report.find import find_results
    from infer.report.write import write_report
    from infer.report.write_comparison import write_comparison
    from infer.results import read_results

    file = find_results(results)
    if compare is None:
        path = out or file.with_suffix(".html")
        write_report(path, read_results(file))
    else:
        path = out or file.with_name(f"{file.stem}_compared.html")
        write_comparison(path, read_results(file), read_results(find_results(compare)))
    console.print(f"Report: {escape(printable(str(path)))}")
