import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.published.commands import cells_of
from benchmarks.published.rows import ROWS, Setting, measured
from common.runtime.errors import UserError
from train.packaged_configs import packaged_config_names


def test_a_row_that_lies_on_the_disk_is_not_trained_again(tmp_path: Path) -> None:
    setting = Setting((tmp_path,), "mobilefacenet", None, 10, tmp_path)
    after = {
        "step": 1200,
        "eer": 0.1234,
        "intervals": {"eer": [0.1, 0.15]},
        "eer_by_category": {"different_person": 0.02, "synthetic": None},
    }
    found = {
        "name": "siamese: pair_logistic",
        "before": {"step": 0, "eer": 0.5},
        "after": after,
        "minutes": 10,
    }
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "siamese-pair_logistic.json").write_text(json.dumps(found))
    (row,) = (row for row in ROWS if row.name == found["name"])
    assert measured(row, setting) == found
    assert cells_of(found) == (found["name"], "1,200", "50.0", "12.3", "10.0–15.0", "2.0", "-")
    assert list(tmp_path.iterdir()) == [tmp_path / "rows"]
    with pytest.raises(UserError, match="is of 10 minutes a training, not 4; name another folder"):
        measured(row, replace(setting, minutes=4))


def test_every_row_is_of_a_recipe_that_there_is() -> None:
    assert {row.words[1] for row in ROWS} <= set(packaged_config_names("train run"))
    assert len({row.name for row in ROWS}) == len(ROWS)
