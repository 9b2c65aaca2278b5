"""What training on forgeries of real faces is worth against forgeries never seen, and what it costs.

python benchmarks/forgery.py experiment --photographs FOLDER --pretrained WEIGHTS   # leaves one method out
python benchmarks/forgery.py cost                                                   # of a crop, of a step
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or a file beside this one would hide `train`

    from benchmarks.forging.commands import main

    main()
