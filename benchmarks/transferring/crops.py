"""The sets, aligned once."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from common.runtime.errors import UserError


def align_set(source: Path, out: Path, size: int, template: str, more: Sequence[str] = ()) -> Path:
    """Shards as `align run` makes them in a template, by `more` of its options.

    Those that lie there are gone on with. Raises UserError where it fails, as for shards of other options.
    """
    words = ["run", source, "--template", template, "--size", size, "--out", out, *more]
    done = subprocess.run([sys.executable, "-m", "align", *map(str, words)], check=False)
    if done.returncode:
        raise UserError(f"{source} could not be aligned")
    return out
