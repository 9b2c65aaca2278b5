"""The examples of the docstrings are true, and the scripts of examples/ run."""

import doctest
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import facetrust as ft

Finished = subprocess.CompletedProcess[str]

PUBLIC = (
    "load_model",
    "verify",
    "embed",
    "align",
    "read_shards",
    "search",
    "Aligner",
    "equal_error_rate",
    "load_classifier",
    "classify",
)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_docstring_is_true(
    name: str, user_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(user_folder)
    (found,) = doctest.DocTestFinder(recurse=False).find(getattr(ft, name), name, globs={"ft": ft})
    assert found.examples
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(found, out=told.append)
    assert told == []


@pytest.fixture
def example(repository: Path, run_commands: Callable[..., list[Finished]]) -> Callable[..., Finished]:
    """Runs a script of examples/ in a folder."""

    def run(cwd: Path, name: str, *words: str) -> Finished:
        (done,) = run_commands([[repository / "examples" / name, *words]], cwd, CUDA_VISIBLE_DEVICES="")
        return done

    return run


@pytest.mark.slow
def test_verify_two_photographs(example: Callable[..., Finished], user_folder: Path) -> None:
    script = "verify_two_photographs.py"
    photographs = ("anna.jpg", "anna.jpg")
    same, refused = (
        example(user_folder, script, *photographs, model) for model in ("random:ir_lite", "random:nothing")
    )
    assert same.returncode == 0 and "similarity 1.00 is at or above the threshold" in same.stdout
    assert refused.returncode == 1 and refused.stderr.startswith("error: ")
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("anna.jpg",), ("a.jpg", "b.jpg", "model", "more")])
def test_verify_two_photographs_says_what_it_takes(
    example: Callable[..., Finished], tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = example(tmp_path, "verify_two_photographs.py", *words)
    told = "usage: python examples/verify_two_photographs.py FIRST SECOND [MODEL]\n"
    assert (done.returncode, done.stderr) == (2, told)


@pytest.mark.slow
def test_read_shards(example: Callable[..., Finished], user_folder: Path) -> None:
    done = example(user_folder, "read_shards.py")
    assert done.stdout.splitlines() == [
        "anna: 1 crops, 0 of them synthetic",
        "berta: 1 crops, 1 of them synthetic",
    ]


@pytest.mark.slow
def test_a_loss_of_ones_own_trains(
    example: Callable[..., Finished], tmp_path: Path, tiny_shards: Path
) -> None:
    words = (
        f"train run --data {tiny_shards} --backbone ir_lite --epochs 1 --batch-size 16 --loss squared_margin"
    )
    settings = [
        *("loss.parameters.margin=0.4", "batch.photos_per_identity=4", "batch.loader_workers=0"),
        *("validation.share=0.4", "validation.pairs_per_category=20"),
    ]
    words += "".join(f" --set {setting}" for setting in settings)
    done = example(tmp_path, "own_loss.py", *words.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "training_logs" / "checkpoints" / "last.safetensors").is_file()


def test_a_loss_of_ones_own_is_a_loss(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repository / "examples"))
    monkeypatch.setattr(ft.losses, "LOSSES", dict(ft.losses.LOSSES))
    from own_loss import SquaredMargin  # type: ignore[import-not-found]

    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]], requires_grad=True)
    people, real = torch.tensor([0, 0, 1]), torch.tensor([False, False, False])
    loss = SquaredMargin(0.3)

    def of(batch: ft.losses.EmbeddedBatch) -> float:
        return float(loss(batch).detach())

    batch = ft.losses.EmbeddedBatch(embeddings, torch.ones(3), people, real)
    assert of(batch) == pytest.approx(4 * 0.3**2 / 6)
    forged = batch._replace(synthetic=torch.tensor([False, True, False]))
    assert of(forged) == pytest.approx((2 * 0.7**2 + 4 * 0.3**2) / 6)
    loss(forged).backward()
    assert embeddings.grad is not None and embeddings.grad.isfinite().all() and embeddings.grad.any()
    empty = ft.losses.EmbeddedBatch(embeddings[:0], torch.ones(0), people[:0], real[:0])
    assert of(empty) == 0
