import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from common.formats.hdf5 import write_h5

FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from common.runtime.atomic import write_atomically
from common.formats.hdf5 import write_h5

limit = int(sys.argv[1])
blocks = 0

def fill(file, check):
    global blocks
    column = file.create_dataset("x", (0, 256), "f4", maxshape=(None, 256), chunks=(256, 256))
    for _ in range(160):
        column.resize(len(column) + 256, axis=0)
        column[-256:] = 1
        blocks += 1
        check()

resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_atomically(Path("x.h5"), lambda temporary: write_h5(temporary, fill))
except OSError as error:
    print(error.strerror, error.filename, blocks < 160)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
@pytest.mark.parametrize("limit", [100, 5000, 1_000_000, 41_943_000])
def test_a_full_disk_is_an_error_and_no_crash(
    tmp_path: Path, process_environment: dict[str, str], limit: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(limit)],
        cwd=tmp_path,
        env=process_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"File too large x.h5 {limit <= 1_000_000}\n"
    assert not list(tmp_path.iterdir())


def test_it_is_an_hdf5_file_like_any_other(tmp_path: Path) -> None:
    def fill(file: h5py.File, check: object) -> None:
        file["x"] = np.arange(100_000)

    write_h5(tmp_path / "x.h5", fill)
    with h5py.File(tmp_path / "x.h5") as file:
        np.testing.assert_array_equal(file["x"][:], np.arange(100_000))


def test_what_is_raised_on_the_way_is_raised(tmp_path: Path) -> None:
    def fill(file: h5py.File, check: object) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        write_h5(tmp_path / "x.h5", fill)
