"""What the steps of the long chain are worth on forgeries by others: pre-training, pseudo-labels, ensembles.

python benchmarks/chain.py experiment --set gan=FOLDER --set style=FOLDER
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `benchmarks` would not be found

    from benchmarks.chaining.commands import main

    main()
