"""The command's output, in this process: torch takes long to start."""

import inspect
from pathlib import Path

import pytest

from common.runtime.errors import UserError
from infer.commands.export import export as command
from infer.commands.options import ModelChoice
from infer.export.options import ExportOptions, Precision
from infer.pair_sets.request import PairRequest

pytestmark = pytest.mark.slow


def export(
    out: Path,
    model: Path,
    *,
    precision: Precision = Precision.FP32,
    pairs: Path | None = None,
    images: Path | None = None,
) -> None:
    """The command, as it is called with its groups of options."""
    inspect.unwrap(command)(
        out,
        model=ModelChoice(str(model)),
        pairs=pairs,
        images=images,
        wanted=PairRequest(),
        options=ExportOptions(precision),
    )


def test_the_command_tells_what_it_wrote(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "half.onnx"
    export(out, checkpoint, precision=Precision.FP16)
    told = capsys.readouterr()
    for words in ("half.onnx: ", " MB, ir_lite in fp16", "crops (N, 3, 112, 112) uint8 RGB", "difference"):
        assert words in told.out
    assert "the loss in EER is unknown; labelled --pairs tell it" in told.out
    assert "threshold 0.4200 (the model's own" in told.out and "whether it still holds" in told.out
    assert not told.err and out.is_file()


def test_the_command_tells_the_loss(
    checkpoint: Path, pair_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(tmp_path / "e.onnx", checkpoint, pairs=pair_folder)
    told = capsys.readouterr().out
    assert "EER " in told and "2 genuine, 3 impostor pairs" in told
    assert "2 photographs without a usable face" in told


def test_a_folder_of_photographs_alone_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--images .* add --pairs"):
        export(tmp_path / "e.onnx", checkpoint, images=tmp_path)
    assert not (tmp_path / "e.onnx").exists()


def test_integers_need_pairs(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--precision int8 is calibrated on faces; add --pairs"):
        export(tmp_path / "e.onnx", checkpoint, precision=Precision.INT8)
