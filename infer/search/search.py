"""Identification as `infer search` does it: candidates of each probe, and figures where people are known."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.metrics.identification import DEPTH
from common.models.fused.fusion import Fusion
from common.runtime.errors import UserError
from infer.embed import Progress
from infer.embed_request import AS_IT_IS, EmbedRequest
from infer.models.model import Model, Threshold
from infer.output.score_table import require_parquet
from infer.search.figures import Mates, SearchFigures, mates_of, search_figures
from infer.search.nearest import Nearest, nearest
from infer.search.picture import draw_matches, pictured_probes
from infer.search.request import SearchRequest
from infer.search.side import Side, open_side
from infer.search.table import write_matches
from infer.two_towers import called_synthetic

SAME_PICTURE = 0.9999  # similarity from which on two photographs are one, whatever file they are from
Watch = Callable[[str], Progress]  # the progress of a step, by its name


@dataclass(frozen=True)
class Search:
    """The outcome of a search.

    Attributes:
        gallery: its bona fide photographs; nobody is identified by a synthetic one.
        left_out: synthetic photographs of the gallery.
        probes: all of them, synthetic ones too.
        found: the candidates, at least `rank` of each probe where the gallery has them.
        mates: which of them show the probe's person, by name.
        figures: None where no bona fide probe has its person in the gallery.
        threshold: from which on a similarity is a match; None where it is not known.
        table_file, picture_file: what was written; no picture where photographs of a side are not at hand.
    """

    gallery: Side
    left_out: int
    probes: Side
    found: Nearest
    mates: Mates
    figures: SearchFigures | None
    threshold: Threshold | None
    table_file: Path
    picture_file: Path | None

    @property
    def copies(self) -> int:
        """Bona fide probes whose own picture is in the gallery: a mate that cannot be missed."""
        same = self.found.similarity[:, 0] >= SAME_PICTURE
        return int((same & self.mates.hits[:, 0] & (self.probes.rows.synthetic == 0)).sum())

    def called(self, fusion: Fusion, rank: int) -> int:
        """Probes with a match up to a rank one side of which the classifier calls synthetic."""
        if self.threshold is None:
            return 0
        probes, gallery = (
            called_synthetic(fusion.probabilities(side.rows.vectors), fusion)
            for side in (self.probes, self.gallery)
        )
        matched = self.found.similarity[:, :rank] >= self.threshold.value
        either = probes[:, None] | gallery[self.found.rows[:, :rank]]
        return int((matched & either).any(axis=1).sum())


def search(
    gallery: Path,
    probes: Path,
    out: Path,
    model: Model | None,
    threshold: Threshold | None,
    asked: SearchRequest,
    embedding: EmbedRequest = AS_IT_IS,
    workers: int | None = None,
    watch: Watch = lambda step: lambda done, total: None,
) -> Search:
    """Search every probe in a gallery; write the table and, of photographs at hand, a picture to `out`.

    Embeddings that are made for it are left in `out`, as `gallery.h5` and `probes.h5` with what could not be
    used beside them: they are files that can be given the next time. Where both sources are the same one, no
    photograph is compared with itself.

    Args:
        gallery, probes: files of `infer embed`, or what that takes.
        out: folder.
        model: what photographs are embedded with; None where both sources are files.
        threshold: of a match; None where none is known.
        asked, embedding: what is asked for.
        workers: processes that align; by default one per core.
        watch: gives the progress of each step.

    Raises UserError where something would be overwritten or a library is missing, and as `open_side` and
    `nearest`.
    """
    files = _files(gallery, probes, out, asked)
    whole = open_side(gallery, files["gallery"], model, embedding, workers, watch("Gallery"))
    is_same = gallery.resolve() == probes.resolve()
    searched = (
        whole if is_same else open_side(probes, files["probes"], model, embedding, workers, watch("Probes"))
    )
    enrolled = np.flatnonzero(whole.rows.synthetic == 0).astype(np.int64)
    if not len(enrolled):
        raise UserError(f"{gallery} holds synthetic photographs alone, by which nobody can be identified")
    bona_fide = whole.take(enrolled)
    itself = _places(enrolled, len(whole.rows)) if is_same else None
    found = nearest(
        bona_fide.rows.vectors,
        searched.rows.vectors,
        max(asked.rank, DEPTH),
        itself,
        asked.exact,
        watch("Searching"),
    )
    mates = mates_of(bona_fide.rows, searched.rows, found, itself)
    at = threshold.value if threshold else None
    known = bool((mates.count[searched.rows.synthetic == 0] > 0).any())
    figures = search_figures(searched.rows, found, mates, asked.rank, at) if known else None
    write_matches(files["table"], bona_fide.rows, searched.rows, found, asked.rank, at)
    picture_file = None
    if model is not None and bona_fide.images is not None and searched.images is not None:
        picture_file, named = files["picture"], mates if known else None
        shown = pictured_probes(found, named)
        draw_matches(picture_file, shown, bona_fide, searched, found, named, at, model)
    return Search(
        bona_fide,
        len(whole.rows) - len(enrolled),
        searched,
        found,
        mates,
        figures,
        threshold,
        files["table"],
        picture_file,
    )


def _files(gallery: Path, probes: Path, out: Path, asked: SearchRequest) -> dict[str, Path]:
    """What may be written, by what it is; UserError where that is a source, or a library is missing."""
    names = {"gallery": "gallery.h5", "probes": "probes.h5", "table": f"matches.{asked.table}"}
    files = {kind: out / name for kind, name in (names | {"picture": "matches.png"}).items()}
    for path in files.values():
        if path.resolve() in (gallery.resolve(), probes.resolve()):
            raise UserError(f"{path} would be overwritten; name another folder with --out")
    if asked.table == "parquet":
        require_parquet()
    return files


def _places(enrolled: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """(rows,) where each stands among those enrolled; -1 for the others."""
    places = np.full(rows, -1, np.int64)
    places[enrolled] = np.arange(len(enrolled))
    return places
