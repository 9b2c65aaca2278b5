"""Names of timm's networks as a classifier takes them: `NAME[+depthsA-B-…][+fpn][+cbam]`."""

import re
from typing import Any, NamedTuple

from common.runtime.errors import UserError

FPN, CBAM = "+fpn", "+cbam"  # behind the name of the network
DEPTHS = "+depths"
# the bounds hold a name of a file that is not trusted to networks that fit into memory
GRAMMAR = re.compile(
    r"(?P<plain>[^+]*)(?:\+depths(?P<depths>[1-9]\d?(?:-[1-9]\d?){0,7}))?(?P<fpn>\+fpn)?(?P<cbam>\+cbam)?"
)


class TimmName(NamedTuple):
    """The parts of a name."""

    plain: str  # of the network in timm, without prefix
    depths: tuple[int, ...] = ()  # blocks of each stage, where they are not timm's
    fpn: bool = False
    cbam: bool = False

    def options(self, in_channels: int) -> dict[str, Any]:
        """Arguments of `timm.create_model` that make it another network than timm's own of this name."""
        depths: dict[str, Any] = {"depths": self.depths} if self.depths else {}
        return depths | ({"in_chans": in_channels} if in_channels != 3 else {})


def split_name(name: str) -> TimmName:
    """The parts of a name without prefix. Raises UserError for anything else behind a plus sign."""
    found = GRAMMAR.fullmatch(name)
    if found is None:
        ending = name[name.index("+") :]
        raise UserError(
            f"'{name}' ends in '{ending}'; choose one of {FPN}, {CBAM} and {FPN + CBAM}, or nothing, "
            f"with {DEPTHS} and the blocks of each stage before it for other depths, as in "
            "convnextv2_tiny+depths3-3-12-3"
        )
    depths = tuple(int(number) for number in (found["depths"] or "").split("-") if number)
    return TimmName(found["plain"], depths, found["fpn"] is not None, found["cbam"] is not None)


def trunk_name(name: str) -> str:
    """The name of a network without what stands over its features: `timm:NAME` of `timm:NAME+fpn`."""
    return name.removesuffix(CBAM).removesuffix(FPN)
