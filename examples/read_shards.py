"""Who is in a folder of shards, and how many of their crops are synthetic.

python examples/read_shards.py [FOLDER]
"""

import sys
from collections import Counter

import facetrust as ft


def main(folder: str = "datasets/processed_images") -> None:
    crops, synthetic = Counter[str](), Counter[str]()
    for rows in ft.read_shards(folder):  # rows.images is (N, 112, 112, 3) uint8 RGB
        for identity, is_synthetic in zip(rows.identity, rows.synthetic, strict=True):
            crops[identity] += 1
            synthetic[identity] += int(is_synthetic)
    for identity, count in sorted(crops.items()):
        print(f"{identity}: {count} crops, {synthetic[identity]} of them synthetic")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except ft.UserError as error:
        sys.exit(f"error: {error}")
