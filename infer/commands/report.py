"""`infer report`: options and output."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples, printable
from common.runtime.errors import UserError
from infer.commands.options import RESULTS

EXAMPLES = examples(
    "python -m infer report results/test_public.h5",
    "python -m infer report results --out report.html",
    "python -m infer report before/test_public.h5 --compare after/test_public.h5",
    "python -m infer report one/photographs.h5 --compare two/photographs.h5 --compare three/photographs.h5",
)
MOST_OF_PAIRS = 2


def report(
    results: Annotated[
        Path,
        typer.Argument(
            help="File NAME.h5 that 'infer pairs' or 'infer classify' has written, or a folder with one such "
            "file."
        ),
    ] = RESULTS,
    compare: Annotated[
        list[Path] | None,
        typer.Option(
            help="Results of another model on the same pairs or faces, to be set beside these. Repeatable "
            "for classifiers.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file. \\[default: NAME.html, or NAME_compared.html, beside the results]"),
    ] = None,
) -> None:
    """Write one HTML page about results: error rates with their uncertainty, curves, scores, hardest cases.

    The page needs no network and nothing beside itself; it holds the crops of the faces that it shows.
    """
    from infer.classification.results_file import is_classified
    from infer.report.find import check_page, find_results

    files = [find_results(path) for path in (results, *(compare or []))]
    file = files[0]
    suffix = ".html" if len(files) == 1 else "_compared.html"
    path = out or file.with_name(f"{file.stem}{suffix}")
    check_page(path, files)
    of_faces = [is_classified(one) for one in files]
    if any(of_faces) and not all(of_faces):
        other = files[of_faces.index(not of_faces[0])]
        raise UserError(f"{other} is of another kind than {file}: pairs and single faces do not compare")
    if of_faces[0]:
        _write_of_faces(path, files)
    else:
        _write_of_pairs(path, files)
    console.print(f"Report: {escape(printable(str(path)))}")


def _write_of_pairs(path: Path, files: Sequence[Path]) -> None:
    from infer.output.results_file import read_results
    from infer.report.write import write_report
    from infer.report.write_comparison import write_comparison

    if len(files) > MOST_OF_PAIRS:
        raise UserError("results of pairs are compared two at a time; name one with --compare")
    first, *others = map(read_results, files)
    if others:
        write_comparison(path, first, *others)
    else:
        write_report(path, first)


def _write_of_faces(path: Path, files: Sequence[Path]) -> None:
    from infer.classification.explained import explained_folder, read_explanations
    from infer.classification.results_file import read_classified
    from infer.report.faces.write import write_face_report
    from infer.report.faces.write_comparison import write_face_comparison

    (faces, shown), *others = map(read_classified, files)
    if others:
        write_face_comparison(path, [faces, *(other for other, _ in others)])
    else:
        heat = read_explanations(explained_folder(files[0]), faces, shown.rows.tolist())
        write_face_report(path, faces, shown, heat)
