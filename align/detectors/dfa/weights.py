"""The weights of the aligner: on the Hugging Face hub, or a file of the same names."""

from pathlib import Path

from align.detectors.dfa.network import MOBILENET, RESNET, AlignerNetwork
from align.detectors.torch_network import filled
from common.models.weights.container import read_state_dict
from common.models.weights.hub import HUB_PREFIX, HubReference, fetch, parse_hub_reference
from common.runtime.errors import ParameterError

PUBLISHED = {"mobilenet": "minchul/cvlface_DFA_mobilenet", "resnet50": "minchul/cvlface_DFA_resnet50"}
FILE = "model.safetensors"
EXPECTED = "a differentiable face aligner of CVLface's"
TELLING_KEY = "net.ssh1.conv3X3.0.weight"  # by whose channels the two are told apart
BODIES = {32: MOBILENET, 128: RESNET}


def find_weights(argument: str) -> Path:
    """The file of `mobilenet`, `resnet50`, `hf:OWNER/NAME` or a path, downloaded if need be.

    Raises UserError where there is none. A path that exists goes before a name.
    """
    path = Path(argument).expanduser()
    if path.exists() or path.is_symlink():
        return path
    if argument in PUBLISHED:
        return fetch(HubReference(PUBLISHED[argument], file=FILE))
    if argument.startswith(HUB_PREFIX):
        return fetch(parse_hub_reference(argument))
    raise ParameterError(
        "no such file: {}; {detector} dfa:WEIGHTS takes "
        f"{', '.join(PUBLISHED)}, hf:OWNER/NAME or a file of the same weights",
        argument,
    )


def load_network(path: Path) -> tuple[str, AlignerNetwork]:
    """The name of the body and the network of a file. Raises UserError for a file that holds no such."""
    tensors = read_state_dict(path)
    keys = [key for key in tensors if f".{key}".endswith(f".{TELLING_KEY}")]
    body = BODIES.get(len(tensors[keys[0]])) if len(keys) == 1 and tensors[keys[0]].ndim else None
    if body is None:
        raise ParameterError(
            f"{{}} is not {EXPECTED}, whose names begin with net. or model.net.; {{detector}} dfa:mobilenet "
            "and dfa:resnet50 are fetched from the hub",
            path,
        )
    prefix = keys[0].removesuffix(TELLING_KEY) + "net."
    own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    return body, filled(AlignerNetwork(body), own, str(path), EXPECTED)
