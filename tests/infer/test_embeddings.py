import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import infer.embeddings
from common.runtime.errors import UserError
from infer.embeddings import Embeddings, embed_images
from infer.models.model import Model

Image = NDArray[np.uint8]


@pytest.fixture(scope="module")
def photographs(
    portraits: list[Image],
    save_jpeg: Callable[[Path, Image], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Path]:
    """Six people, and each of them mirrored."""
    folder = tmp_path_factory.mktemp("photographs")
    views = [view for portrait in portraits for view in (portrait, portrait[:, ::-1])]
    return [save_jpeg(folder / f"{index}.jpg", view) for index, view in enumerate(views)]


@pytest.fixture(scope="module")
def alone(photographs: list[Path], model: Model) -> Embeddings:
    """Each photograph by itself, in this process."""
    return Embeddings(
        np.concatenate([embed_images([path], model, workers=1).vectors for path in photographs]), {}
    )


def test_workers_and_chunks_change_no_bit(
    photographs: list[Path], model: Model, alone: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chunk, workers in ((64, 1), (5, 1), (5, 2), (1, 3)):
        monkeypatch.setattr(infer.embeddings, "CHUNK", chunk)
        found = embed_images(photographs, model, workers=workers)
        assert found.rejected == {} and found.has_face.all()
        assert found.vectors.dtype == np.float32
        np.testing.assert_array_equal(found.vectors, alone.vectors)
    np.testing.assert_allclose(np.linalg.norm(alone.vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("chunk", [64, 3])
def test_what_shows_no_face_costs_its_row_and_changes_no_bit_of_the_others(
    chunk: int,
    photographs: list[Path],
    model: Model,
    alone: Embeddings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(infer.embeddings, "CHUNK", chunk)
    torn = photographs[0].read_bytes()[:500]
    images: list[Path | bytes] = [b"", tmp_path / "absent.jpg", *photographs, tmp_path]
    images[5:5] = [torn]
    calls: list[tuple[int, int]] = []
    found = embed_images(images, model, workers=2, progress=lambda *call: calls.append(call))
    assert list(found.rejected) == [0, 1, 5, 15]
    assert found.rejected[1] == "no such file" and found.rejected[15] == "not a file"
    assert found.has_face.tolist() == [row not in found.rejected for row in range(16)]
    np.testing.assert_array_equal(found.vectors[found.has_face], alone.vectors)
    assert not found.vectors[~found.has_face].any()
    assert calls[-1] == (16, 16) and calls == sorted(set(calls))


def test_bytes_are_as_good_as_files(photographs: list[Path], model: Model, alone: Embeddings) -> None:
    found = embed_images([path.read_bytes() for path in photographs], model, workers=1)
    np.testing.assert_array_equal(found.vectors, alone.vectors)


def test_crops_are_embedded_as_they_are(
    crops: list[Image], model: Model, save_jpeg: Callable[[Path, Image], Path], tmp_path: Path
) -> None:
    from PIL import Image as Pillow

    paths = [tmp_path / f"{index}.png" for index in range(len(crops))]
    for path, crop in zip(paths, crops, strict=True):
        Pillow.fromarray(crop).save(path)
    found = embed_images(paths, model, aligned=True, workers=1)
    np.testing.assert_array_equal(found.vectors, model.embed(np.stack(crops)))
    blank = save_jpeg(tmp_path / "blank.jpg", np.full((40, 60, 3), 128, np.uint8))
    assert embed_images([blank], model, aligned=True, workers=1).has_face.all()
    assert embed_images([blank], model, workers=1).rejected == {0: "no face found"}


def test_nothing_to_embed(model: Model) -> None:
    found = embed_images([], model)
    assert found.vectors.shape == (0, model.card.embedding_size) and found.rejected == {}


def test_a_dead_worker_is_told_in_words(
    photographs: list[Path], model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(infer.embeddings, "CHUNK", 1)
    others = set(multiprocessing.active_children())

    def kill_workers(done: int, total: int) -> None:
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()

    with pytest.raises(UserError, match="a worker process died"):
        embed_images(photographs * 100, model, workers=2, progress=kill_workers)
