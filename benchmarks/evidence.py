"""What a fused encoder is worth against forgeries, beside its recogniser alone and a fine-tuned one.

python benchmarks/evidence.py experiment --people FOLDER --recogniser mobilefacenet.pt --minutes 10
python benchmarks/evidence.py ceiling --people FOLDER --minutes 1 --minutes 4 --out results/ceiling
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `benchmarks` would not be found

    from benchmarks.evidencing.commands import main

    main()
