"""The picture of the Threshold page that follows the slider: drawn by the browser itself.

Streamlit asks the server at the end of a move and draws every element anew, which took a
quarter of a second. Here the server sends, once, what is said at each position of the slider
(:mod:`pages._threshold_table`); the browser shows it with every move, and tells the position when
the slider comes to rest. The markup, the style and the script are constants of the program; the
data only ever becomes text and places of marks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages._threshold_table import RATES

HERE = Path(__file__)
LIVE = "threshold-live"
MOVED = "at"
MATRIX = {
    "caught": "Caught",
    "missed": "Missed: escapes",
    "false-alarms": "False alarms",
    "passed": "Passed",
}
FLAGGED = {"flagged": "Flagged per 1,000", "flagged-shift": "Flagged per shift"}
LEGEND = (
    ("ok-bars", "OK parts"),
    ("defective-bars", "Defective parts"),
    ("recall", "Recall"),
    ("precision", "Precision"),
    ("specificity", "Specificity"),
)


def picture(table: str, given: tuple[int, float], moved: Callable[[], None]) -> None:
    """Slider, figures, matrix and curves of a table.

    ``given`` is a number and a position: with another number the slider goes to the position.
    ``moved`` is called when a person has moved it, see :func:`position`.
    """
    _PICTURE(
        key=LIVE,
        data={"table": table, "given": list(given)},
        default={MOVED: None},
        **{f"on_{MOVED}_change": moved},
    )


def position() -> float | None:
    """Where a person left the slider, in log-odds; None before it was ever moved."""
    told = st.session_state[LIVE].get(MOVED)
    return float(told) if isinstance(told, int | float) else None


def _figure(name: str, label: str) -> str:
    return (
        f'<div class="figure" data-figure="{label}"><span class="label">{label}</span>'
        f'<span class="value" data-text="{name}"></span>'
        f'<span class="change" data-text="{name}-change"></span></div>'
    )


def _plot(kind: str, paths: tuple[str, ...], across: str, up: str, title: str) -> str:
    lines = "".join(f'<path class="{name}" data-path="{name}"></path>' for name in paths)
    return (
        f'<div class="plot {kind}"><span class="up">{title}</span>'
        f'<div class="box"><svg viewBox="0 0 1000 1000" preserveAspectRatio="none" '
        f'aria-hidden="true">{lines}</svg>'
        f'<div class="ticks left" data-ticks="{up}"></div>'
        f'<div class="ticks below" data-ticks="{across}"></div></div></div>'
    )


def _markup() -> str:
    figures = "".join(_figure(name, label) for name, label in (RATES | FLAGGED).items())
    cells = "".join(_figure(name, label) for name, label in MATRIX.items())
    legend = "".join(
        f'<span><svg viewBox="0 0 24 8" aria-hidden="true"><path class="{name}" d="M0,4 24,4">'
        f"</path></svg>{label}</span>"
        for name, label in LEGEND
    )
    bars = _plot("bars", ("ok-bars", "defective-bars"), "none", "parts", "Parts")
    rates = _plot("rates", ("recall", "precision", "specificity"), "scores", "rates", "Rate, %")
    curve = _plot("curve", ("curve",), "recalls", "precisions", "Precision, %")
    marks = (
        '<div class="mark now" data-mark="now"><span>now</span></div>'
        '<div class="mark proposed" data-mark="proposed"><span data-mark-name></span></div>'
    )
    return f"""
<div class="live">
  <label for="at">Proposed threshold, in log-odds: parts that score as much or more are called
  defective</label>
  <div class="slide"><output for="at" data-text="name"></output>
    <input id="at" type="range"></div>
  <div class="ends"><span data-text="lowest"></span><span data-text="highest"></span></div>
  <div class="said"><p data-text="lead"></p><p data-text="thousand"></p><p data-text="shift"></p>
    <p class="small">In 1,000 parts of the line: <span data-text="flagged"></span> called
    defective, <span data-text="rightly"></span> of them rightly; <span data-text="escapes"></span>
    defective parts escape.</p></div>
  <div class="figures">{figures}</div>
  <p class="small"><span data-text="whole"></span> of <span data-text="castings"></span> defective
  castings are caught on every photograph: were this threshold given beforehand,
  <span data-text="bound"></span> or more of all castings would be, with 95 % confidence. A
  threshold chosen on these parts needs the promise below.</p>
  <div class="sides">
    <section><h4 data-text="matrix"></h4><div class="matrix">{cells}</div>
      <h4>Precision and recall of every threshold</h4>
      <div class="dotted" role="img" aria-label="Precision against recall">{curve}
        <div class="dots"><i class="dot now" data-dot="now"></i>
        <i class="dot proposed" data-dot="proposed"></i></div></div>
      <p class="axis">Recall, %</p>
      <p class="legend"><span><i class="dot now"></i>now</span>
        <span><i class="dot proposed"></i>proposed</span></p></section>
    <section><h4>Scores of the parts, and what a threshold makes of them</h4>
      <div class="legend">{legend}</div>
      <div class="marked" role="img" aria-label="Histogram of scores; recall, precision and
        specificity by threshold">{bars}{rates}<div class="marks" data-marks>{marks}</div></div>
      <p class="axis">Score, log-odds of a defect</p></section>
  </div>
</div>"""


_PICTURE = st.components.v2.component(
    LIVE,
    html=_markup(),
    css=HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=HERE.with_suffix(".js").read_text(encoding="utf-8"),
)
