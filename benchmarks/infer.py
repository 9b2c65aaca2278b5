"""How fast stage 3 is: from photographs to scores, a verification in a warm process, the service under load.

python benchmarks/infer.py speed --model mobilefacenet.pt            # on rendered photographs
python benchmarks/infer.py latency --photographs FOLDER              # on photographs of your own
python benchmarks/infer.py service --seconds 60
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or this file would hide the package `infer`

    from benchmarks.inference.commands import main

    main()
