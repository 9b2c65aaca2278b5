import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from align.media.read import ImageFile


@pytest.mark.slow
def test_threads_that_read_tiff_leave_stderr_where_it_was() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    stored = io.BytesIO()
    Image.fromarray(noise).save(stored, "TIFF", compression="tiff_lzw")
    before = os.fstat(2)
    with ThreadPoolExecutor(8) as pool:
        for pixels in pool.map(lambda _: ImageFile(stored.getvalue()).decode(), range(100)):
            np.testing.assert_array_equal(pixels, noise)
    after = os.fstat(2)
    assert (after.st_dev, after.st_ino) == (before.st_dev, before.st_ino)
