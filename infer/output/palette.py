"""The colours of pictures and pages, each on light paper and on dark.

The three categories are apart for every kind of colour vision, and the words beside them say the same.
"""

_INK, _BLUE, _ORANGE = ("#1b1e22", "#e8e6e0"), ("#1d5ca6", "#75b3f4"), ("#b04708", "#ff9c66")
COLOURS = {
    "paper": ("#fdfcf9", "#131517"),
    "raised": ("#f5f3ed", "#1b1e21"),
    "ink": _INK,
    "soft": ("#5b626a", "#a0a7ae"),
    "rule": ("#e2dfd6", "#2e3237"),
    "grid": ("#eae7df", "#26292d"),
    "shade": ("#efece4", "#1d2024"),
    "wrong": ("#a8201a", "#ff8a80"),
    "same_person": ("#00745a", "#43cfa6"),
    "different_person": _BLUE,
    "synthetic": _ORANGE,
    "all": _INK,
    "first": _BLUE,
    "second": _ORANGE,
}
LIGHT = {name: light for name, (light, _) in COLOURS.items()}


def as_css() -> str:
    """The colours as CSS variables, `--ink` and so on, for the scheme that a reader prefers."""
    light, dark = (
        "".join(f"--{name}:{shades[scheme]};" for name, shades in COLOURS.items()) for scheme in (0, 1)
    )
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
