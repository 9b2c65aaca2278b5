import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from common.models.classifier_checkpoint import OperatingPoint

from ...align.media.clips import write_clip

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Image8 = NDArray[np.uint8]
ASKED = ["--model", "random:ir_lite", "--threshold", 0.5, "--all-frames"]


@pytest.fixture
def folder(tmp_path: Path, portraits: list[Image8], save_jpeg: Callable[[Path, Image8], Path]) -> Path:
    """A document, a video of its person, a photograph of a wall."""
    face = cv2.resize(portraits[0], (160, 160))
    save_jpeg(tmp_path / "anna.jpg", portraits[0])
    save_jpeg(tmp_path / "wall.jpg", np.full((200, 200, 3), 128, np.uint8))
    write_clip(tmp_path / "anna.mp4", [np.roll(face, step, 1) for step in range(11)], crf="12")
    return tmp_path


@pytest.mark.slow
def test_the_status_is_the_verdict_and_json_one_object(
    run_commands: Run, folder: Path, make_classifier: Callable[..., Path]
) -> None:
    lenient = make_classifier(point=OperatingPoint(threshold=1.0, undecided=(1.0, 1.0)))
    seen = [*ASKED, "--classifier", lenient, "--json", "--out", "out/t.png"]
    match, wall = run_commands(
        [
            ["infer", "session", "anna.jpg", "anna.mp4", *seen],
            ["infer", "session", "wall.jpg", "anna.mp4", *ASKED, "--json"],
        ],
        folder,
    )
    told = json.loads(match.stdout)
    assert match.returncode == 0 and match.stderr == "" and told["verdict"] == "match", match.stdout
    assert told["frames_looked_at"] == len(told["frames"]) == 11 and told["similarity"] > 0.5
    assert all(0 <= frame["synthetic"] < 1 and frame["similarity"] > 0.5 for frame in told["frames"])
    with Image.open(folder / "out" / "t.png") as picture:
        assert picture.format == "PNG" and min(picture.size) > 500
    assert wall.returncode == 2 and json.loads(wall.stdout) == {"error": "wall.jpg: no face found"}
    assert wall.stderr.startswith("error: ") and len(wall.stderr.splitlines()) == 1
