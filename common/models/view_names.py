"""Names of the views at test time, and what `--tta` makes of them."""

from collections.abc import Sequence
from typing import Annotated

from common.runtime.as_option import AsOption
from common.runtime.errors import ParameterError

MIRROR, ROTATE5 = "mirror", "rotate5"
VIEW_NAMES = (MIRROR, ROTATE5)
AS_IT_IS = "none"
DEFAULT_VIEWS = (MIRROR,)


def parse_views(words: Sequence[str]) -> tuple[str, ...]:
    """The views that `--tta mirror,rotate5` names: the mirror image always, of `none` no view.

    Raises UserError for other names.
    """
    named = [name.strip() for word in words for name in word.split(",") if name.strip()]
    if named == [AS_IT_IS]:
        return ()
    for name in named:
        if name not in VIEW_NAMES:
            raise ParameterError(
                f"{{tta}} takes {', '.join(VIEW_NAMES)} with commas between, or {AS_IT_IS} alone, not {{}}",
                name,
            )
    return tuple(name for name in VIEW_NAMES if name == MIRROR or name in named)


Views = Annotated[
    tuple[str, ...] | None,
    AsOption(
        "Views that logits are averaged over beside the crop itself: mirror, which is always among them, and "
        "rotate5, turned by 5 degrees either way; none for the crop alone.",
        default="mirror",
        parse=parse_views,
    ),
]
