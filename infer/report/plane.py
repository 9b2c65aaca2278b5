"""Axes: from rates and similarities to places in a drawing, with ticks and grid."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from scipy.special import ndtri

from infer.report.svg import element, group, line, text

Values = NDArray[np.float64]
Transform = Callable[[Values], Values]

TICK_GAP = 6  # between an axis and its numbers, and between these
DIGIT_WIDTH = 6
POWERS = tuple(10.0**exponent for exponent in range(-8, -3))
RATE_TICKS = (
    *POWERS,
    0.0002,
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.4,
    0.6,
    0.8,
    0.9,
    0.98,
)


def normal_deviate(rates: Values) -> Values:
    """The quantiles of the standard normal distribution, as the axes of a DET curve want them.

    Where the scores of both classes are normally distributed, the curve is a straight line (ISO/IEC 19795-1;
    Martin et al., "The DET curve in assessment of detection task performance", Eurospeech 1997).
    """
    return np.asarray(ndtri(rates), np.float64)


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    transform: Transform = field(default=lambda values: values)

    def place(self, values: Values | float) -> Values:
        """Where values are drawn; those beyond the ends lie on them."""
        return self.place_freely(np.clip(np.asarray(values, np.float64), self.low, self.high))

    def place_freely(self, values: Values) -> Values:
        """Where values are drawn; those beyond the ends lie beyond them, at infinity if need be."""
        low, high = self.transform(np.array([self.low, self.high]))
        places: Values = self.start + (self.transform(values) - low) / (high - low) * (self.end - self.start)
        return places

    def inside(self, ticks: Sequence[float]) -> list[float]:
        """Those ticks that lie on the axis."""
        return [tick for tick in ticks if self.low <= tick <= self.high]


@dataclass(frozen=True)
class Plane:
    """Two axes; y is drawn upwards, so its `start` is the larger one."""

    x: Axis
    y: Axis

    def points(self, x: Values, y: Values) -> Values:
        """(K, 2) places, those beyond the axes on the edge."""
        return np.stack([self.x.place(x), self.y.place(y)], axis=1)

    def line_points(self, x: Values, y: Values) -> tuple[Values, NDArray[np.bool_]]:
        """(K, 2) places of the points of a line, and which ones it takes to draw it within the plane.

        These are the points inside and, that the line goes on to the edge, their neighbours.
        """
        with np.errstate(divide="ignore"):  # of a logarithm
            places = np.stack([self.x.place_freely(x), self.y.place_freely(y)], axis=1)
        inside = (x >= self.x.low) & (x <= self.x.high) & (y >= self.y.low) & (y <= self.y.high)
        wanted = inside.copy()
        wanted[1:] |= inside[:-1]
        wanted[:-1] |= inside[1:]
        return places, wanted & np.isfinite(places).all(axis=1)

    def clip(self, name: str, content: Markup) -> Markup:
        """What lies within the axes; `name` is the id of the drawing."""
        area = element(
            "rect",
            x=self.x.start,
            y=self.y.end - 1,
            width=self.x.end - self.x.start + 1,
            height=self.y.start - self.y.end + 2,
        )
        border = element("clipPath", area, id=f"{name}-inside")
        return element("defs", border) + group([content], clip_path=f"url(#{name}-inside)")

    def grid(self, x_ticks: dict[float, str], y_ticks: dict[float, str]) -> Markup:
        """Grid lines with their numbers; where two would touch the second is left out."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        parts = [
            element("rect", x=left, y=top, width=right - left, height=bottom - top, class_="plane"),
        ]
        free_from = -math.inf
        for tick, label in x_ticks.items():
            x, half = float(self.x.place(tick)), DIGIT_WIDTH * len(label) / 2
            parts.append(line(x, bottom, x, top, "grid"))
            if x - half >= free_from:
                parts.append(text(x, bottom + TICK_GAP + 9, label, text_anchor="middle", class_="tick"))
                free_from = x + half + TICK_GAP
        for tick, label in y_ticks.items():
            y = float(self.y.place(tick))
            parts.append(line(left, y, right, y, "grid"))
            parts.append(text(left - TICK_GAP, y + 3.5, label, text_anchor="end", class_="tick"))
        return group(parts)

    def titles(self, x_title: str, y_title: str, height: float) -> Markup:
        """What the axes show; `height` is that of the drawing."""
        x, y = (self.x.start + self.x.end) / 2, (self.y.start + self.y.end) / 2
        return group(
            [
                text(x, height - 4, x_title, text_anchor="middle", class_="axis"),
                text(
                    0,
                    0,
                    y_title,
                    text_anchor="middle",
                    class_="axis",
                    transform=f"translate(11 {y}) rotate(-90)",
                ),
            ]
        )

    def shade(self, x_below: float, y_below: float) -> Markup:
        """The strips where a rate would be less than one error among the pairs that there are."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        x, y = float(self.x.place(x_below)), float(self.y.place(y_below))
        return group(
            [
                element("rect", x=left, y=top, width=x - left, height=bottom - top, class_="unmeasured"),
                element("rect", x=x, y=y, width=right - x, height=bottom - y, class_="unmeasured"),
            ]
        )


def percent_ticks(axis: Axis, ticks: Sequence[float]) -> dict[float, str]:
    """Ticks of rates on an axis, as per cent without the sign; only powers of ten below 0.1 %."""
    return {tick: f"{100 * tick:g}" if tick >= 1e-6 else f"{100 * tick:.0e}" for tick in axis.inside(ticks)}
