"""Heat maps of classified faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.runtime.errors import UserError
from infer.classification.ensemble import load_ensemble
from infer.classification.explained import explained_folder, read_explanations
from infer.classification.results_file import read_classified
from infer.classify import classify_source
from infer.commands.report import report
from infer.cropping import EVERY_FACE_AS_TRAINED


@pytest.mark.slow
def test_heat_maps_lie_beside_the_results_and_in_the_page(
    faces_folder: Path, make_classifier: Callable[..., Path], tmp_path: Path
) -> None:
    ensemble = load_ensemble([make_classifier(size=96)], tmp_path, EVERY_FACE_AS_TRAINED)
    stale = tmp_path / "out" / "faces_explained" / "000000_P0.5000_x.png"
    stale.parent.mkdir(parents=True)
    stale.touch()
    (stale.parent / "mine.png").touch()
    found = classify_source(faces_folder, tmp_path / "out", ensemble, workers=1, explain=4)
    assert found.explained == stale.parent == explained_folder(found.results_file)
    names = sorted(path.name for path in found.explained.iterdir())
    faces, shown = read_classified(found.results_file)
    assert len(names) == 5 and "mine.png" in names and stale.name not in names
    heat = read_explanations(found.explained, faces, shown.rows.tolist())
    assert len(heat) == 4 and sorted(int(faces.label[row]) for row in heat) == [0, 0, 1, 1]
    changed = []
    for row, picture in heat.items():
        (name,) = (name for name in names if name.startswith(f"{row:06d}_P{faces.probability[row]:.4f}_"))
        assert name.endswith(f"_{Path(faces.path[row]).stem}.png")
        crop = shown.crops[shown.rows.tolist().index(row)]
        assert picture.shape == crop.shape
        changed.append((picture != crop).any())  # not where nothing speaks for synthetic
        assert np.abs(picture.astype(int) - crop).mean() < 90, "the crop is still to be seen"
    assert any(changed)
    report(found.results_file)
    assert found.results_file.with_suffix(".html").read_text(encoding="utf-8").count("<img") == 6 + 4
    other = found.explained / f"{shown.rows[0]:06d}_P{faces.probability[shown.rows[0]]:.4f}_0.png"
    other.write_text("no image")
    with pytest.raises(UserError, match="make it again with --explain, or remove it"):
        read_explanations(found.explained, faces, shown.rows.tolist())


@pytest.mark.slow
def test_one_photograph_without_a_label_is_explained(
    faces_folder: Path, make_classifier: Callable[..., Path], tmp_path: Path
) -> None:
    ensemble = load_ensemble([make_classifier(size=96)], tmp_path, EVERY_FACE_AS_TRAINED)
    found = classify_source(faces_folder / "real" / "0.jpg", tmp_path, ensemble, workers=1, explain=1)
    assert found.explained is not None
    (picture,) = found.explained.iterdir()
    with Image.open(picture) as opened:
        assert opened.size == (64, 64) and picture.name.endswith("_0.png")
