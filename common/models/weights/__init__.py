"""Published weights: reading files that are not trusted, recognising what they are, loading what fits.

`common.models.load_encoder.load_encoder` is the one way from a `--pretrained` or `--model` to an encoder.
"""

from common.models.weights.container import read_state_dict
from common.models.weights.fit import load_weights
from common.models.weights.recognise import recognise

__all__ = ["load_weights", "read_state_dict", "recognise"]
