"""How fast the training loop is, beside a usual PyTorch loop and beside what the network allows.

python benchmarks/train.py                 # mobilefacenet and ir_18 on a CPU; IR-101 where there is a GPU
python benchmarks/train.py --backbone ir_18 --steps 40
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or this file would hide the package `train`

    import typer

    from benchmarks.training.tables import print_tables

    typer.run(print_tables)
