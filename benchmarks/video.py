"""How fast clips become crops, beside a plain loop and decoding and detector alone, and in what memory.

python benchmarks/video.py                              # rendered clips
python benchmarks/video.py --clips FOLDER --every 0.2   # clips of your own, five frames of each second
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

    import typer

    from benchmarks.filming.tables import print_tables

    typer.run(print_tables)
