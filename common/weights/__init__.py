"""Published weights: reading files that are not trusted, recognising what they are, loading what fits.

`common.weights.load.load_encoder` is the one way from a `--pretrained` or `--model` to an encoder.
"""

from common.weights.container import read_state_dict
from common.weights.fit import load_weights
from common.weights.recognise import recognise

__all__ = ["load_weights", "read_state_dict", "recognise"]
