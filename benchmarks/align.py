"""How fast stage 1 is, beside what a user writes without it and beside what the detector allows.

python benchmarks/align.py                              # on rendered photographs
python benchmarks/align.py --photographs FOLDER         # on 250x250 photographs of your own
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or this file would hide the package `align`

    import typer

    from benchmarks.alignment.tables import print_tables

    typer.run(print_tables)
