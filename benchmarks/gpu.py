"""What a GPU makes of facetrust: checks and figures in one table, each beside what is expected of it.

python benchmarks/gpu.py --prepare      # beforehand: the shards, for which no GPU is needed
python benchmarks/gpu.py                # under eight minutes on one data-centre GPU
python benchmarks/gpu.py --tiny         # the same steps on a CPU, small: does the script itself work?
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or this file would hide the package `benchmarks`

    import typer

    from benchmarks.gpu.commands import print_table

    typer.run(print_table)
