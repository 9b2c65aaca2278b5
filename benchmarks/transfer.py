"""What a classifier trained on one set of forgeries is worth on another, and what forging adds.

python benchmarks/transfer.py experiment --set gan=FOLDER --set style=FOLDER --bona-fide FOLDER
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `benchmarks` would not be found

    from benchmarks.transferring.commands import main

    main()
