"""How fast classifying is: from photographs to verdicts, beside a plain loop and what the networks allow.

python benchmarks/classify.py                             # an untrained ResNet-18 at 224 pixels
python benchmarks/classify.py --model classifier.safetensors --photographs FOLDER
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

    import typer

    from benchmarks.classification.command import classify

    typer.run(classify)
