"""The file that `--pretrained` or `--model` names: a path, published weights, or one on the hub."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

from common.models.weights.hub import HUB_PREFIX, HubReference, fetch, parse_hub_reference
from common.models.weights.layouts import Colour
from common.models.weights.published import PUBLISHED, PublishedWeights
from common.runtime.errors import UserError


@dataclass(frozen=True)
class WeightsFile:
    """A weights file on this machine."""

    path: Path
    colour: Colour | None  # that its publisher tells, where the name is known


def locate(source: str) -> WeightsFile:
    """The file that `source` names, downloaded if need be.

    Args:
        source: a path; a name of `PUBLISHED`; or `hf:OWNER/NAME[@REVISION][/FILE]`. A path that exists goes
            before a name.

    Raises UserError when there is no such file, name or repository.
    """
    if source.startswith(HUB_PREFIX):
        return _from_hub(parse_hub_reference(source))
    path = Path(source).expanduser()
    if path.exists() or path.is_symlink():  # a link to nowhere is told by who opens it
        return WeightsFile(path, None)
    if source in PUBLISHED:
        return _from_hub(HubReference(PUBLISHED[source].repository))
    close = difflib.get_close_matches(source, PUBLISHED, n=1)
    known = f"did you mean '{close[0]}'?" if close else f"known names are {', '.join(PUBLISHED)}"
    raise UserError(f"no such weights file: {source}; {known}")


def _from_hub(reference: HubReference) -> WeightsFile:
    known = _published_in(reference.repository)
    if known is None:
        return WeightsFile(fetch(reference), None)
    if reference.file is None:
        reference = replace(reference, file=known.file)
    return WeightsFile(fetch(reference), known.colour)


def _published_in(repository: str) -> PublishedWeights | None:
    return next((weights for weights in PUBLISHED.values() if weights.repository == repository), None)
