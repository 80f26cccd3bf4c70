"""The slider of the Threshold page, and the figures and charts that follow it while it moves.

Streamlit asks the server only when a slider comes to rest. Here the server sends one table, a
row of figures for each position of the slider; the browser shows the row with every move and
tells the server where the slider comes to rest. Markup, style and script are constants of the
program; the data only becomes text and places of marks.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.model.metrics import log_odds_of, lower_bound, probabilities
from core.people import Person, Role
from db.inspections.models import Model
from pages.shared import url_state
from pages.shared.services import Services, shown_errors
from pages.shared.text import count
from pages.threshold.charts import MARGIN, draw_precision_recall, draw_scores, lowest_precision
from pages.threshold.evidence import Evidence
from pages.threshold.line import Line
from pages.threshold.replay import replayed

STEP = 0.01
FARTHEST = 30.0
"""Log-odds beyond which a probability cannot be distinguished from 0 or 1."""
POSITION = "at"
"""The slider's position, in the session, in the address and in the component's state."""
GIVEN = "at-given"
"""How often the program moved the slider, and where to."""
RULE = "rule"
BY_HAND = "chosen by hand"
APPLY = "apply"
_COMPONENT = "threshold-slider"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold that a person asked to apply, and why this one."""

    threshold: float
    rule: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the slider begins and ends, in whole log-odds, and where the threshold now is."""

    lowest: int
    highest: int
    now: float
    """Rounded to the slider's step."""

    @property
    def positions(self) -> NDArray[np.float64]:
        """Every position, in log-odds."""
        number = round((self.highest - self.lowest) / STEP) + 1
        return np.round(self.lowest + STEP * np.arange(number), 2)

    @property
    def row(self) -> int:
        """Place of the threshold in force among the positions."""
        return round((self.now - self.lowest) / STEP)


@st.fragment
def threshold_slider(
    services: Services,
    model: Model,
    evidence: Evidence,
    caption: str,
    line: Line,
    person: Person | None,
    version: str,
) -> None:
    """Slider, figures and charts, which the browser moves, and the replay once it rests."""
    with shown_errors():
        scale = scale_of(evidence, model.threshold)
        proposed = threshold_at(scale, _position(scale), model.threshold)
        with st.container(key="proposal"):
            left, right = st.columns([5, 1], vertical_alignment="center")
            left.caption(caption)
            with right:
                _apply_button(model.threshold, proposed, person)
            _SLIDER(
                key=_COMPONENT,
                data={
                    "table": _table(evidence, line, model.threshold),
                    "given": st.session_state[GIVEN],
                },
                default={POSITION: None},
                on_at_change=_moved,
            )
            left, right = st.columns([2, 3], gap="medium")
            with left:
                draw_precision_recall(evidence, model.threshold)
            with right:
                draw_scores(evidence, scale.lowest, scale.highest, model.threshold)
        replayed(services, model, proposed, version)


def propose(threshold: float, rule: str) -> None:
    """Move the slider to a threshold; rounded down, so that it never misses one more part."""
    _put(round(math.floor(log_odds_of(threshold) / STEP) * STEP, 2))
    st.session_state[RULE] = rule


def scale_of(evidence: Evidence, now: float) -> Scale:
    """The slider's scale for an evidence set, with the threshold in force (a probability)."""
    at_now = round(log_odds_of(now), 2)
    lowest = max(-FARTHEST, math.floor(min(evidence.edges[0], at_now)))
    highest = min(FARTHEST, math.ceil(max(evidence.edges[-1], at_now)))
    return Scale(int(lowest), int(highest), at_now)


def threshold_at(scale: Scale, position: float, now: float) -> float:
    """The probability of a position; exactly ``now`` at the position of what is in force."""
    return now if abs(position - scale.now) < STEP / 2 else float(probabilities(position))


def figures(evidence: Evidence, line: Line, now: float) -> dict[str, NDArray[Any]]:
    """Columns of figures, one row for each position of the slider; rates are from 0 to 1."""
    scale = scale_of(evidence, now)
    thresholds = probabilities(scale.positions)
    thresholds[scale.row] = now
    counts = evidence.counts.at(thresholds)
    lowest = probabilities(evidence.parts.lowest_by_casting())
    caught_whole = len(lowest) - np.searchsorted(lowest, thresholds)
    bounds = {n: lower_bound(n, len(lowest)) or 0.0 for n in np.unique(caught_whole).tolist()}
    caught = line.defect_rate * counts.recall
    flagged = caught + (1 - line.defect_rate) * counts.false_alarms / counts.ok
    missed = counts.defective - counts.caught
    escapes = line.defect_rate * missed / counts.defective
    return {
        "threshold": thresholds,
        "caught": counts.caught,
        "missed": missed,
        "false_alarms": counts.false_alarms,
        "passed": counts.ok - counts.false_alarms,
        "recall": counts.recall,
        "precision": counts.precision,
        "specificity": counts.specificity,
        "f1": counts.f1,
        "caught_1000": 1000 * caught,
        "flagged_1000": 1000 * flagged,
        "escapes_1000": 1000 * escapes,
        "flagged_shift": line.parts_per_shift * flagged,
        "escapes_shift": line.parts_per_shift * escapes,
        "castings": caught_whole,
        "castings_bound": np.array([bounds[n] for n in caught_whole.tolist()]),
    }


@st.cache_data(
    max_entries=20, show_spinner=False, hash_funcs={Evidence: lambda evidence: evidence.key}
)
def _table(evidence: Evidence, line: Line, now: float) -> str:
    """What the browser is sent, as JSON."""
    scale = scale_of(evidence, now)
    columns = {
        name: [None if math.isnan(value) else float(f"{value:.7g}") for value in column.tolist()]
        for name, column in figures(evidence, line, now).items()
    }
    table = {
        "lowest": scale.lowest,
        "highest": scale.highest,
        "step": STEP,
        "now": scale.row,
        "columns": columns,
        "words": {
            "lowest": str(scale.lowest),
            "highest": str(scale.highest),
            "defective": count(evidence.counts.defective),
            "ok": count(evidence.counts.ok),
            "castings": count(len(evidence.parts.lowest_by_casting())),
            "shift": count(line.parts_per_shift),
        },
        "margin": MARGIN,
        "floor": lowest_precision(evidence),
    }
    return json.dumps(table, separators=(",", ":"))


def _position(scale: Scale) -> float:
    """Where the slider is, in log-odds: moved, in the address, or at the threshold in force."""
    state = st.session_state
    given = state.get(POSITION, url_state.decimal(POSITION, scale.lowest, scale.highest))
    wanted = scale.now if given is None else round(given, 2)
    at: float = min(max(wanted, scale.lowest), scale.highest)
    if state.get(POSITION) != at:
        _put(at)
    url_state.keep(POSITION, None if abs(at - scale.now) < STEP / 2 else f"{at:.2f}")
    return at


def _put(at: float) -> None:
    number, _ = st.session_state.get(GIVEN, (0, 0.0))
    st.session_state[POSITION] = at
    st.session_state[GIVEN] = (number + 1, at)


def _moved() -> None:
    at = st.session_state[_COMPONENT].get(POSITION)
    if isinstance(at, int | float):
        st.session_state[POSITION] = round(at, 2)
        st.session_state[RULE] = BY_HAND


def _apply_button(now: float, proposed: float, person: Person | None) -> None:
    allowed = person is None or person.role.includes(Role.ENGINEER)
    if st.button(
        "Apply ...",
        type="primary",
        width="stretch",
        icon=":material/rule:",
        disabled=now == proposed or not allowed,
        help=None if allowed else "Only an engineer can apply a threshold.",
    ):
        st.session_state[APPLY] = Proposal(proposed, st.session_state.get(RULE, BY_HAND))
        st.rerun()


def _shown(name: str, form: str) -> str:
    return f'<span data-of="{name}" data-as="{form}"></span>'


def _figure(label: str, value: str, below: str) -> str:
    return (
        f'<div class="figure" data-figure="{label}"><span class="label">{label}</span>'
        f'<span class="value">{value}</span><span class="change">{below}</span></div>'
    )


def _rate(label: str, name: str) -> str:
    return _figure(label, _shown(name, "percent"), _shown(name, "points"))


def _flagged(label: str, name: str) -> str:
    return _figure(label, _shown(name, "amount"), _shown(name, "change"))


def _cell(label: str, name: str, share: str, kind: str) -> str:
    return _figure(label, _shown(name, "count"), f"{share} of {kind}")


def _sentence(parts: str, kind: str) -> str:
    return (
        f'<p class="changed">Of {parts} parts: <b>{_shown(f"flagged_{kind}", "more")}</b> to '
        f"review, <b>{_shown(f'escapes_{kind}', 'more')}</b> escapes.</p>"
    )


_SLIDER = st.components.v2.component(
    _COMPONENT,
    html=f"""
<div class="proposal">
  <label for="at">Proposed threshold, in log-odds: parts that score as much or more are called
  defective</label>
  <div class="slide"><output for="at" data-name="proposed"></output>
    <input id="at" type="range"></div>
  <div class="ends"><span data-word="lowest"></span><span data-word="highest"></span></div>
  <div class="figures">{_rate("Recall", "recall")}{_rate("Precision", "precision")}
    {_rate("Specificity", "specificity")}{_rate("F1", "f1")}
    {_flagged("Flagged per 1,000", "flagged_1000")}
    {_flagged("Flagged per shift", "flagged_shift")}</div>
  <div class="sides">
    <section><h4><b>Confusion matrix</b> of <span data-word="defective"></span> defective and
      <span data-word="ok"></span> OK parts</h4>
      <div class="figures matrix">
        {_cell("Caught", "caught", _shown("recall", "percent"), "defective")}
        {_cell("Missed: escapes", "missed", _shown("recall", "rest"), "defective")}
        {_cell("False alarms", "false_alarms", _shown("specificity", "rest"), "OK")}
        {_cell("Passed", "passed", _shown("specificity", "percent"), "OK")}</div></section>
    <section><h4><b>What changes on the line</b></h4><div class="said">
      <p class="unchanged"><b data-name="now"></b> is in force. Move the slider to propose
        another.</p>
      <p class="changed"><b data-name="proposed"></b> instead of <span data-name="now"></span>,
        which is in force:</p>
      {_sentence("1,000", "1000")}{_sentence("a shift's <span data-word='shift'></span>", "shift")}
      <p class="small">Of 1,000 parts: {_shown("flagged_1000", "amount")} flagged, of which
        {_shown("caught_1000", "amount")} are truly defective;
        {_shown("escapes_1000", "amount")} defective parts escape.</p></div>
      <p class="small">{_shown("castings", "count")} of <span data-word="castings"></span> defective
        castings are caught in every photograph. With 95 % confidence, at least
        {_shown("castings_bound", "percent")} of defective castings are caught in every
        photograph, if this threshold was fixed in advance. For a threshold chosen on these parts,
        see the recall floor below.</p></section>
  </div>
</div>""",
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,
)
