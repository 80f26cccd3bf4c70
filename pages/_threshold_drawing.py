"""What does not move in the picture of the Threshold page: bars, curves and ticks of its axes.

Paths are SVG in a box of 1000 by 1000 that the browser stretches over the plot.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages._threshold_charts import log_odds
from pages._threshold_data import Picture

Values = NDArray[np.float64]
Tick = tuple[float, str]

BOX = 1000


def drawing(of: Picture, lowest: float, highest: float) -> dict[str, Any]:
    """Paths and ticks by the name of their plot; ticks are places in percent, with their text."""
    tallest = max(int(of.ok_bars.max()), int(of.defective_bars.max()))
    at = _place(log_odds(of.lines.thresholds), lowest, highest)
    bars = _place(of.edges, lowest, highest)
    floor = 10 * math.floor(10 * float(of.lines.precision.min()))
    return {
        "paths": {
            "ok-bars": _bars(bars, of.ok_bars / tallest),
            "defective-bars": _bars(bars, of.defective_bars / tallest),
            "recall": _steps(at, of.lines.recall),
            "precision": _steps(at, of.lines.precision),
            "specificity": _steps(at, of.lines.specificity),
            "curve": _path(
                BOX * of.lines.recall, _place(100 * of.lines.precision, floor, 100) / BOX
            ),
        },
        "ticks": {
            "parts": ticks(0, tallest, 2),
            "rates": ticks(0, 100, 5),
            "scores": ticks(lowest, highest, 9)[1:-1],
            "recalls": ticks(0, 100, 5),
            "precisions": ticks(floor, 100, 5),
        },
        "floor": floor,
    }


def ticks(lowest: float, highest: float, most: int) -> list[Tick]:
    """Round numbers from lowest to highest with at most ``most`` steps, and their places."""
    span = highest - lowest
    power = 10 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) < most + 1)
    first, last = math.ceil(lowest / step - 1e-9), math.floor(highest / step + 1e-9)
    values = [number * step for number in range(first, last + 1)]
    return [(round(100 * (value - lowest) / span, 2), f"{value:,.10g}") for value in values]


def _place(values: Values, lowest: float, highest: float) -> Values:
    places: Values = BOX * (values - lowest) / (highest - lowest)
    return places


def _path(x: Values, share: Values) -> str:
    """A line through points, their heights as shares of the box."""
    pairs = zip(x, BOX * (1 - share), strict=True)
    return "M" + " ".join(f"{across:.1f},{down:.1f}" for across, down in pairs)


def _steps(x: Values, share: Values) -> str:
    """A line that is constant up to each threshold, where it changes."""
    return _path(np.repeat(x, 2)[:-1], np.repeat(share, 2)[1:])


def _bars(edges: Values, share: Values) -> str:
    """The outline of bars that stand on the axis."""
    heights = np.concatenate([[0.0], np.repeat(share, 2), [0.0]])
    return _path(np.repeat(edges, 2), heights)
