"""Whether a head over time tells forgeries that flicker from steady ones, where the mean of frames cannot.

python benchmarks/temporal.py experiment
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `benchmarks` would not be found

    from benchmarks.flickering.commands import main

    main()
