"""A little SVG, escaped: everything that is put into it may come from outside."""

import math
from collections.abc import Iterable

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray


def element(tag: str, *content: str, **attributes: str | float) -> Markup:
    """An element; `class_` is the attribute class, other underscores in names are hyphens.

    Content and values that are no `Markup` are escaped. Numbers are written with two decimals at most.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _value(value))
        for name, value in attributes.items()
    )
    inside = Markup("").join(content)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), written, inside)


def group(content: Iterable[str], **attributes: str | float) -> Markup:
    """Elements together."""
    return element("g", *content, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def text(x: float, y: float, content: str, **attributes: str | float) -> Markup:
    """A line of text, its left end at x unless `text_anchor` says otherwise."""
    return element("text", content, x=x, y=y, **attributes)


def path_through(points: NDArray[np.float64]) -> str:
    """The data of a path through (K, 2) points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points.tolist())


def number(value: float) -> str:
    """A number with two decimals at most; raises ValueError for one that is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be drawn")
    return f"{value:.2f}".rstrip("0").rstrip(".")


def picture(width: float, height: float, title: str, description: str, name: str, *content: str) -> Markup:
    """The whole drawing, as wide as the page lets it; `name` makes its ids its own.

    Title and description are what a screen reader tells.
    """
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *content,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        id=name,
    )


def _value(value: str | float) -> str:
    return escape(value if isinstance(value, str) else number(value))
