from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.mark.slow
def test_the_table_is_printed(
    repository: Path,
    run_commands: Callable[..., list[Any]],
    portraits: list[NDArray[np.uint8]],
    save_jpeg: Callable[[Path, NDArray[np.uint8]], Path],
    tmp_path: Path,
) -> None:
    for person, image in zip(("anna", "boris"), portraits[:2], strict=True):
        for name, picture in (("seen", image), ("mirrored", image[:, ::-1])):
            save_jpeg(tmp_path / "people" / person / f"{name}.jpg", picture)
    words = [tmp_path / "people", "--model", "random:ir_lite", "--rounds", "1"]
    (done,) = run_commands([[repository / "benchmarks" / "detectors.py", *words]], tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {
        line.split("|")[1].strip(): line.split("|")[2:-1] for line in done.stdout.splitlines() if "|" in line
    }
    found, median, high, eer, speed = (cell.strip() for cell in rows["retinaface"])
    assert (found, median, high) == ("4", "0.000", "0.000") and 0 <= float(eer) <= 100 and float(speed) > 0
    assert rows["peer"][0].strip() == "4" and 0 < float(rows["peer"][1]) < 0.1
    assert float(rows["limit"][-1]) > 0
