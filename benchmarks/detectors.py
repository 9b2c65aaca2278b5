"""What detectors find, how alike their landmarks are, what a recogniser makes of them, and how fast they are.

python benchmarks/detectors.py FOLDER --detector mtcnn:WHEEL --model WEIGHTS
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `benchmarks` would not be found

    import typer

    from benchmarks.detecting.tables import compare

    typer.run(compare)
