"""How fast the error rates of many pairs are, beside scikit-learn's ROC curve of the same scores.

python benchmarks/eer.py                        # 10 million pairs
python benchmarks/eer.py --pairs 1000000
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # so that `common` and `benchmarks` are found

    import typer

    from benchmarks.error_rates.tables import print_tables

    typer.run(print_tables)
