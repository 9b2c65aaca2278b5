"""Embeddings of a side of a search, gallery or probes, and its photographs where they are at hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.shard_folder import is_shard_folder, open_folder
from common.formats.shards import open_shard
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from infer.embed import Embedded, Progress, embed_source
from infer.embed_request import EmbedRequest
from infer.models.model import Model
from infer.output.embedding_file import EmbeddedRows
from infer.output.embedding_maker import Maker, maker_of
from infer.output.embedding_reader import AGAIN, is_embedding_file, read_embeddings
from infer.pair_sets.pair_set import Image
from infer.stored_crops import ShardCrop


@dataclass(frozen=True)
class Side:
    """The gallery or the probes of a search."""

    rows: EmbeddedRows
    images: list[Image] | None  # of the rows; None where embeddings alone are at hand
    embedded: Embedded | None = None  # what was made of photographs or shards; None for a file of embeddings

    def take(self, chosen: NDArray[np.int64]) -> "Side":
        """Some of the rows, in this order."""
        rows, listed = self.rows, chosen.tolist()
        kept = EmbeddedRows(
            rows.vectors[chosen],
            [rows.path[row] for row in listed],
            [rows.identity[row] for row in listed],
            rows.synthetic[chosen],
        )
        images = self.images
        return Side(kept, None if images is None else [images[row] for row in listed], self.embedded)


def maker_of_files(sources: list[Path]) -> Maker | None:
    """The model that made the files of embeddings among the sources; None where there are none.

    Raises UserError for a file that is not there or does not say who made it, and for those of two models,
    which do not compare.
    """
    makers: dict[Path, Maker] = {}
    for path in filter(is_embedding_file, sources):
        if not path.is_file():
            raise UserError(f"no such file of embeddings: {path}; make it with 'python -m infer embed'")
        maker = maker_of(path)
        if maker is None:
            raise UserError(f"{path} does not say which model made it; {AGAIN}")
        makers[path] = maker
    for path, maker in makers.items():
        first = next(iter(makers))
        if not maker.is_same(makers[first]):
            raise UserError(
                f"{first} is of {_told(makers[first])} and {path} of {_told(maker)}, which do not compare; "
                "make both with one model"
            )
    return next(iter(makers.values()), None)


def refuse_another_model(model: Model, maker: Maker | None) -> None:
    """Raise UserError where files of embeddings are there that another model made."""
    if maker is not None and not Maker.of(model).is_same(maker):
        raise UserError(
            f"the embeddings are of {_told(maker)}, and {model.card.name} is another model, which does not "
            "compare; name that model with --model"
        )


def is_at_hand(maker: Maker) -> bool:
    """Whether the file of the model that made embeddings lies where it was, and is the same."""
    file = Path(maker.model)
    return bool(maker.model_sha256) and file.is_file() and file_sha256(file) == maker.model_sha256


def open_side(
    source: Path,
    file: Path,
    model: Model | None,
    asked: EmbedRequest,
    workers: int | None,
    progress: Progress,
) -> Side:
    """The embeddings of a source: a file of them, or photographs or shards, which are embedded to `file`.

    `model` may be None for a file of embeddings. Raises UserError as `read_embeddings` and `embed_source`.
    """
    if is_embedding_file(source):
        return Side(read_embeddings(source), None)
    if model is None:
        raise ValueError("photographs take a model")
    embedded = embed_source(source, file, model, workers, progress, asked)
    rows = read_embeddings(file)
    return Side(rows, _images(source, rows), embedded)


def _images(source: Path, rows: EmbeddedRows) -> list[Image]:
    if not is_shard_folder(source):
        root = source if source.is_dir() else source.parent
        return [root / path for path in rows.path]
    crops: list[Image] = []
    for shard in open_folder(source).shards:
        with open_shard(shard) as opened:
            crops += [ShardCrop(shard, row) for row in range(len(opened["images"]))]
    return crops


def _told(maker: Maker) -> str:
    """A model for people, told apart from another one of the same name."""
    return f"{maker.model} ({maker.model_sha256[:8]})" if maker.model_sha256 else maker.model
