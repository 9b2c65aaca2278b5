"""Results to report: made up ones, and those of real faces."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint
from common.models.input_format import InputFormat
from infer.classification.faces import ClassifiedFaces, ClassifierCard
from infer.classification.shown import ShownFaces, hardest_faces
from infer.hard_pairs import hardest_pairs, rank_pairs
from infer.models.model import Model, ModelCard
from infer.output.results import HardPairs, Results
from infer.output.results_file import read_results
from infer.pair_sets.pair_set import PairSet
from infer.pairs import compare_pairs


@pytest.fixture(scope="session")
def make_results() -> Callable[..., Results]:
    """Results of pairs with these categories and similarities; photographs, crops and names are made up."""

    def make(categories: list[int], similarity: list[float], size: int = 112, **changes: object) -> Results:
        codes, scores = np.array(categories, np.int8), np.array(similarity, np.float64)
        hard = hardest_pairs(rank_pairs(codes, scores))
        missing = np.flatnonzero(np.isnan(scores)).tolist()
        crops = np.random.default_rng(0).integers(0, 256, (len(hard), 2, size, size, 3)).astype(np.uint8)
        given = {
            "name": "testset",
            "source": "data/testset",
            "ids": [f"pair{row:05d}" for row in range(len(codes))],
            "image_names": [f"{row // 2}/{row % 2}.jpg" for row in range(2 * len(codes))],
            "members": np.arange(2 * len(codes), dtype=np.int64).reshape(-1, 2),
            "categories": codes,
            "has_labels": bool((codes >= 0).any()),
            "similarity": scores,
            "rejected": {2 * row + 1: "no face found" for row in missing},
            "threshold": 0.5,
            "threshold_source": "as asked",
            "card": ModelCard("model.pt", "ir_18", InputFormat(), 512),
            "hard": HardPairs(hard, crops),
            "made_with": "1.2.3",
        }
        return Results(**(given | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def random_results(make_results: Callable[..., Results]) -> Callable[..., Results]:
    """Results of overlapping scores with three decimals, some pairs without faces."""

    def make(seed: int, genuine: int = 60, others: int = 90, **changes: object) -> Results:
        rng = np.random.default_rng(seed)
        codes = np.repeat([0, 1, 2], [genuine, others, others])
        scores = rng.normal(np.array([0.65, 0.15, 0.3])[codes], 0.18).clip(-1, 1).round(3)
        scores[rng.random(len(codes)) < 0.03] = np.nan
        return make_results(codes.tolist(), scores.tolist(), **changes)

    return make


@pytest.fixture(scope="session")
def real_results(
    crops: list[NDArray[np.uint8]],
    variant: Callable[[NDArray[np.uint8], int, bool], NDArray[np.uint8]],
    model: Model,
    save_jpeg: Callable[[Path, NDArray[np.uint8]], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Results:
    """What `infer pairs` writes of 45 pairs of real faces, one of which has no face."""
    folder = tmp_path_factory.mktemp("real")
    images = [
        save_jpeg(folder / f"{person}" / f"{number}.jpg", variant(crop, 10 * person + number, number == 2))
        for person, crop in enumerate(crops)
        for number in range(3)
    ]
    (folder / "text.jpg").write_text("no image")
    images.append(folder / "text.jpg")
    pairs, codes = [(0, len(images) - 1)], [0]
    for first in range(6):
        for second in range(6):
            same = first == second
            pairs.append((3 * first, 3 * second + 1))
            codes.append(0 if same else 1)
            if (first + second) % 4 == 0:
                pairs.append((3 * first, 3 * second + 2))
                codes.append(2)
    pair_set = PairSet(
        "real",
        str(folder),
        list(images),
        [image.relative_to(folder).as_posix() for image in images],
        [f"{row}" for row in range(len(pairs))],
        np.array(pairs),
        np.array(codes, np.int8),
        aligned=True,
    )
    return read_results(compare_pairs(pair_set, model, folder / "out", workers=1).results_file)


@pytest.fixture(scope="session")
def make_faces() -> Callable[..., ClassifiedFaces]:
    """Classified faces, 90 of each class unless told; sharpness tells the classes, brightness does not."""

    def make(labels: list[int] | None = None, lift: float = 0.8, seed: int = 0) -> ClassifiedFaces:
        label = np.array(labels if labels else [0, 1] * 90, np.int8)
        count = len(label)
        rng, own = np.random.default_rng(0), np.random.default_rng(seed + 1)
        logit = rng.normal(lift * (2 * label - 1), 1.2) + own.normal(0, 0.3 * bool(seed), count)
        logit[rng.random(count) < 0.05] = np.nan
        missing = np.isnan(logit)
        measures = {
            "sharpness": rng.lognormal(4 + 0.6 * label),
            "brightness": rng.normal(110, 30, count),
            "score": rng.uniform(0.6, 0.9, count),
        }
        card = {"file": f"logs/model{seed}.safetensors", "sha256": "ab", "network": "timm:test_resnet"}
        return ClassifiedFaces(
            name="testset",
            source="data/testset",
            path=[f"{'fake' if flag else 'real'}/{row}.jpg" for row, flag in enumerate(label)],
            image=np.arange(count),
            face=np.zeros(count, np.int32),
            label=label,
            group=np.arange(count) // 2,
            species=[("gan", "swap")[row % 3 == 0] if flag == 1 else "" for row, flag in enumerate(label)],
            logit=logit,
            rejected=dict.fromkeys(np.flatnonzero(missing).tolist(), "no face found"),
            measures={name: np.where(missing, np.nan, values) for name, values in measures.items()},
            point=OperatingPoint(
                threshold=0.55, threshold_from="the EER of 500 crops held out", undecided=(0.4, 0.62)
            ),
            models=(ClassifierCard(**card, size=32, temperature=2),),
        )

    return make


@pytest.fixture(scope="session")
def shown_of() -> Callable[[ClassifiedFaces], ShownFaces]:
    """The hardest faces with crops of noise."""

    def shown(faces: ClassifiedFaces) -> ShownFaces:
        rows = hardest_faces(faces)
        noise = np.random.default_rng(0).integers(0, 256, (len(rows), 32, 32, 3)).astype(np.uint8)
        return ShownFaces(rows, noise)

    return shown


class Page(HTMLParser):
    """What stands in a page: its text, its elements, the cells of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.text = " ".join(self.text.replace("\N{NARROW NO-BREAK SPACE}", " ").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "wbr"):
            self._open.append(tag)
        if tag not in ("b", "bdi", "dfn", "i", "span", "wbr", "code"):
            self.text += " "
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag  # every element is closed where it belongs

    def handle_data(self, data: str) -> None:
        if "style" in self._open or "script" in self._open:
            return
        self.text += data
        if "tr" in self._open and self.rows[-1]:
            written = self.rows[-1][-1] + data.replace("\N{NARROW NO-BREAK SPACE}", " ")
            self.rows[-1][-1] = written

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def row(self, beginning: str) -> list[str]:
        """The cells of the first row that begins so."""
        return next(cells for cells in self.rows if cells and cells[0].startswith(beginning))


@pytest.fixture(scope="session")
def parse() -> type[Page]:
    return Page
