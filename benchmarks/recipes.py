"""What each recipe of a published system of pairs reaches in a few minutes, beside ours.

python benchmarks/recipes.py --people FOLDER --minutes 10 --weights mobilefacenet.pt
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `benchmarks` would not be found

    import typer

    from benchmarks.published.commands import print_table

    typer.run(print_table)
