import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from align.tracks import crop_spool
from align.tracks.crop_spool import CropSpool

PEAK_OF_MANY = """
import resource, sys
from pathlib import Path
import numpy as np
from align.tracks.crop_spool import CropSpool

crop = np.zeros((224, 224, 3), np.uint8)
with CropSpool(Path(sys.argv[1])) as spool:
    kept = [spool.store(crop + number % 251) for number in range(int(sys.argv[2]))]
    assert all((read == number % 251).all() for number, read in enumerate(spool.read(kept)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_crops_come_back_as_they_were_stored_and_leave_no_file(tmp_path: Path) -> None:
    crops = [np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8) for seed in range(300)]
    with CropSpool(tmp_path / "new") as spool:
        stored = [spool.store(crop) for crop in crops]
        read = list(spool.read(reversed(stored)))
    assert all(np.array_equal(one, other) for one, other in zip(crops, reversed(read), strict=True))
    assert not list((tmp_path / "new").iterdir())


def test_an_array_of_a_closed_spool_stays_readable(tmp_path: Path) -> None:
    with CropSpool(tmp_path) as spool:
        stored = spool.store(np.full((4, 4, 3), 7, np.uint8))
    del spool
    assert (stored == 7).all()


def test_a_full_disk_is_an_error_and_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crop_spool.os, "posix_fallocate", full)
    with CropSpool(tmp_path) as spool, pytest.raises(OSError, match="No space left"):
        spool.store(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_crops(tmp_path: Path) -> None:
    few, many = (
        int(subprocess.check_output([sys.executable, "-c", PEAK_OF_MANY, str(tmp_path), str(count)]))
        for count in (100, 2000)
    )
    assert many - few < crop_spool.SHOWN + 16_000_000 < 2000 * 224 * 224 * 3 / 10
