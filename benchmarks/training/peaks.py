"""What GPUs could compute at most: dense products in half precision, summed in float32, by data sheets."""

import re

# operations a second, by words of the device's name; the first entry whose words are all there counts
_PEAKS = (
    ({"B200"}, 2250e12),
    ({"H200", "NVL"}, 835e12),
    ({"H200"}, 989e12),
    ({"GH200"}, 989e12),
    ({"H100", "PCIe"}, 756e12),
    ({"H100", "NVL"}, 835e12),
    ({"H100"}, 989e12),  # SXM
    ({"A100"}, 312e12),
    ({"A30"}, 165e12),
    ({"A10"}, 125e12),
    ({"A10G"}, 70e12),
    ({"A40"}, 150e12),
    ({"A6000"}, 155e12),
    ({"L40S"}, 362e12),
    ({"L40"}, 181e12),
    ({"L4"}, 121e12),
    ({"6000", "Ada"}, 364e12),
    ({"5090"}, 210e12),
    ({"4090"}, 165e12),
    ({"3090"}, 71e12),
    ({"T4"}, 65e12),  # float16, which is all it has
    ({"V100"}, 125e12),  # float16 too
)
_SMALLER = {"MIG", "Laptop", "D", "Max", "SUPER", "Ti"}  # a part of the GPU, or another one of its name


def peak_of(device: str) -> float | None:
    """Operations a second of the GPU of this name, a multiplication and an addition being two.

    None for one that is not known, or of which there is only a part.
    """
    words = set(re.split(r"[\s-]+", device))
    if words & _SMALLER:
        return None
    return next((peak for named, peak in _PEAKS if named <= words), None)
