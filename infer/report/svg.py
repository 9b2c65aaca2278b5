"""Drawings of matplotlib as SVG within a page: in its fonts and colours, light or dark."""

import io
import re
from collections.abc import Mapping

from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.figure import Figure

from infer.output.palette import LIGHT

NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
PREAMBLE = re.compile(r"^.*?<svg[^>]*>\s*<defs>\s*<style.*?</defs>", re.DOTALL)
TAG, DECIMALS = re.compile("<[^>]*>"), re.compile(r"(\.\d\d)\d+")  # more decimals than anybody sees
LINE = re.compile(r'<g id="([^"]*)">\s*<path d="([^"]*)" clip-path="([^"]*)"[^>]*/>\s*</g>')


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many units of its SVG, in which fonts are measured too."""
    return Figure(figsize=(width / 72, height / 72), dpi=72)


def as_svg(
    figure: Figure, name: str, title: str, description: str, lines: Mapping[str, Mapping[str, str]]
) -> Markup:
    """A figure as an element of a page; the same figure gives the same text.

    Args:
        figure: as `new_figure` makes it. No text that comes from outside may be in it.
        name: its id in the page, which also makes the ids within its own.
        title, description: what a screen reader tells.
        lines: attributes of lines by their gid, in the place of their looks.
    """
    text = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "facetrust", "path.simplify": False}):
        figure.savefig(text, format="svg", transparent=True, metadata=NO_METADATA)
    svg = PREAMBLE.sub("", text.getvalue())
    svg = TAG.sub(lambda tag: DECIMALS.sub(r"\1", tag[0]), svg)
    svg = re.sub(r' style="([^"]*)"', lambda found: _attributes(found[1]), svg)
    svg = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><")
    for colour, shade in LIGHT.items():
        svg = svg.replace(shade, f"var(--{colour})")
    # at last, for names from outside are in the attributes
    svg = LINE.sub(lambda found: _line(lines.get(found[1].removeprefix(f"{name}-")), found), svg)
    width, height = figure.get_size_inches() * 72
    return Markup(
        '<svg id="{0}" viewBox="0 0 {1:g} {2:g}" role="img" aria-labelledby="{0}-title {0}-desc">'
        '<title id="{0}-title">{3}</title><desc id="{0}-desc">{4}</desc>{5}'
    ).format(name, float(width), float(height), title, description, Markup(svg))


def _line(attributes: Mapping[str, str] | None, found: re.Match[str]) -> str:
    if attributes is None:
        return found[0]
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f'<path d="{found[2]}" clip-path="{found[3]}"{given}/>'


def _attributes(style: str) -> str:
    """Declarations of a style as attributes, which the rules of a page precede; fonts are left to these."""
    declared = dict(entry.split(": ", 1) for entry in style.split("; "))
    if declared.pop("font", "").startswith(("700", "bold")):  # so written by matplotlib 3.9
        declared["font-weight"] = "700"
    kept = {name: value for name, value in declared.items() if name not in ("font-family", "font-size")}
    return "".join(f' {name}="{value}"' for name, value in kept.items())
