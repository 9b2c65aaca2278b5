"""Look-ups in timm by the name of a network.

timm is imported only when a network of its is asked for, because that takes seconds.
"""

from difflib import get_close_matches

from common.runtime.errors import UserError

PREFIX = "timm:"
SUGGESTIONS = 5

Triple = tuple[float, float, float]


def check_timm_name(name: str) -> None:
    """Raises UserError that names near ones unless timm has a network of this name.

    Args:
        name: without the prefix; a tag that names a set of weights may follow, as in `resnet18.a1_in1k`.
    """
    import timm

    if not timm.is_model(name):
        near = get_close_matches(name.partition(".")[0], timm.list_models(), SUGGESTIONS, cutoff=0.4)
        raise UserError(f"timm {timm.__version__} has no model '{name}'{_hint(near)}")
    try:
        timm.get_pretrained_cfg(name)
    except RuntimeError as error:
        architecture = name.partition(".")[0]
        tagged = timm.list_pretrained(f"{architecture}.*")[:SUGGESTIONS]
        raise UserError(
            f"timm {timm.__version__} has no weights '{name}'{_hint([architecture, *tagged])}"
        ) from error


def timm_normalisation(name: str) -> tuple[Triple, Triple] | None:
    """Mean and standard deviation of R, G and B, of values in 0..1, that timm states for a network.

    None where it states none for three channels. Raises UserError for an unknown name.
    """
    import timm

    check_timm_name(name)
    stated = timm.get_pretrained_cfg(name)
    if stated is None or len(stated.mean) != 3 or len(stated.std) != 3:
        return None
    return _triple(stated.mean), _triple(stated.std)


def timm_size(name: str) -> int | None:
    """Pixels of the side of the images that timm states for a network, or None. `name` must be known."""
    import timm

    stated = timm.get_pretrained_cfg(name)
    return None if stated is None else int(stated.input_size[-1])


def _hint(names: list[str]) -> str:
    return f"; try {', '.join(PREFIX + name for name in names)}" if names else ""


def _triple(values: tuple[float, ...]) -> Triple:
    red, green, blue = values
    return float(red), float(green), float(blue)
