"""What the Threshold page says at each position of its slider, written out beforehand.

The browser only chooses among these texts and moves marks, so that the picture follows the
slider without asking the server; see :mod:`pages._threshold_live`. A *position* is a threshold
in hundredths of log-odds; neighbours with the same counts share a *row* of texts.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.costs import Consequences, consequences
from core.metrics import Confusion, log_odds_of, lower_bound, probabilities
from pages._threshold_data import Picture
from pages._threshold_drawing import drawing
from pages._threshold_line import Line
from pages._threshold_words import amount, consequence_sentence, threshold_name
from pages._words import count, percent

STEP = 0.01
FARTHEST = 30.0
"""Log-odds beyond which a probability is no longer told from 0 or 1."""
RATES = {"recall": "Recall", "precision": "Precision", "specificity": "Specificity", "f1": "F1"}


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the slider begins and ends, in whole log-odds, and where the threshold now is."""

    lowest: int
    highest: int
    now: float
    """To the slider's hundredth."""

    @property
    def positions(self) -> NDArray[np.float64]:
        """Every position, in log-odds."""
        number = round((self.highest - self.lowest) / STEP) + 1
        return np.round(self.lowest + STEP * np.arange(number), 2)


def scale_of(of: Picture, now: float) -> Scale:
    """The slider's scale for an evidence set, with the threshold in force (a probability)."""
    at_now = round(log_odds_of(now), 2)
    lowest = max(-FARTHEST, math.floor(min(of.edges[0], at_now)))
    highest = min(FARTHEST, math.ceil(max(of.edges[-1], at_now)))
    return Scale(int(lowest), int(highest), at_now)


def threshold_at(scale: Scale, position: float, now: float) -> float:
    """The probability of a position; exactly ``now`` at the position of what is in force."""
    return now if abs(position - scale.now) < STEP / 2 else float(probabilities(position))


def table(of: Picture, line: Line, now: float) -> str:
    """The table as JSON; written once for an evidence set, a line and a threshold in force."""
    return _table(of, of.key, line, now)


@st.cache_data(max_entries=20, show_spinner=False)
def _table(_of: Picture, key: str, line: Line, now: float) -> str:
    return json.dumps(content(_of, line, now), separators=(",", ":"))


def content(of: Picture, line: Line, now: float) -> dict[str, Any]:
    """The table: ``rows`` of texts by name, the row of each position, and what is drawn."""
    scale = scale_of(of, now)
    positions = scale.positions
    at_now = round((scale.now - scale.lowest) / STEP)
    thresholds = probabilities(positions)
    thresholds[at_now] = now
    counts = of.counts.at(thresholds)
    lowest = probabilities(of.parts.lowest_by_casting())
    whole = len(lowest) - np.searchsorted(lowest, thresholds)
    states = np.column_stack([counts.caught, counts.false_alarms, whole])
    begins = np.flatnonzero(np.append(True, (states[1:] != states[:-1]).any(axis=1)))
    row_now = int(np.searchsorted(begins, at_now, side="right")) - 1
    rows = [_figures(matrix, line) for matrix in of.counts.at(thresholds[begins]).matrices()]
    before = _figures(of.counts.matrix(now), line)
    bound = cache(lambda caught: percent(lower_bound(caught, len(lowest)) or 0.0))
    texts = [
        _texts(before, row, line)
        | {"whole": count(int(whole[place])), "bound": bound(int(whole[place]))}
        for place, row in zip(begins, rows, strict=True)
    ]
    return {
        "lowest": scale.lowest,
        "highest": scale.highest,
        "step": STEP,
        "castings": count(len(lowest)),
        "matrix": f"**Confusion matrix** of {count(counts.defective)} defective and "
        f"{count(counts.ok)} OK parts",
        "now": at_now,
        "row_now": row_now,
        "names": [threshold_name(float(threshold)) for threshold in thresholds],
        "begins": begins.tolist(),
        "rows": {name: _column([text[name] for text in texts]) for name in texts[0]},
        "dots": [_dot(row.matrix) for row in rows],
        **drawing(of, scale.lowest, scale.highest),
    }


@dataclass(frozen=True, slots=True)
class _Figures:
    matrix: Confusion
    thousand: Consequences
    shift: Consequences


def _figures(matrix: Confusion, line: Line) -> _Figures:
    return _Figures(
        matrix,
        consequences(matrix, line.defect_rate),
        consequences(matrix, line.defect_rate, line.parts_per_shift),
    )


def _texts(now: _Figures, row: _Figures, line: Line) -> dict[str, str]:
    """Everything that is said of one row, by the name of its place on the page."""
    matrix, thousand = row.matrix, row.thousand
    said = {
        "thousand": consequence_sentence(now.thousand, thousand, "1,000 parts"),
        "shift": consequence_sentence(
            now.shift, row.shift, f"a shift's {count(line.parts_per_shift)} parts"
        ),
        "rightly": amount(thousand.caught),
        "escapes": amount(thousand.escapes),
        "flagged": amount(thousand.flagged),
        "flagged-change": _change(now.thousand.flagged, thousand.flagged),
        "flagged-shift": amount(row.shift.flagged),
        "flagged-shift-change": _change(now.shift.flagged, row.shift.flagged),
    }
    for name in RATES:
        rate, before = getattr(matrix, name), getattr(now.matrix, name)
        said[name] = "-" if rate is None else percent(rate)
        same = rate is None or before is None or rate == before
        said[f"{name}-change"] = "" if same else f"{(rate - before) * 100:+.1f} points"
    defective, ok = matrix.caught + matrix.missed, matrix.passed + matrix.false_alarms
    for name, number, all_parts, kind in (
        ("caught", matrix.caught, defective, "defective"),
        ("missed", matrix.missed, defective, "defective"),
        ("false-alarms", matrix.false_alarms, ok, "OK"),
        ("passed", matrix.passed, ok, "OK"),
    ):
        said[name] = count(number)
        said[f"{name}-change"] = f"{percent(number / all_parts)} of {kind}"
    return said


def _column(texts: list[str]) -> list[Any]:
    """Texts as what all begin with, what each goes on with, and what all end with."""
    begin = _shared(texts)
    rest = [text[len(begin) :] for text in texts]
    end = _shared([text[::-1] for text in rest])[::-1]
    return [begin, [text[: len(text) - len(end)] for text in rest], end]


def _shared(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    places = (place for place, sign in enumerate(first) if last[place : place + 1] != sign)
    return first[: next(places, len(first))]


def _change(before: float, after: float) -> str:
    difference = after - before
    return f"{'+' if difference > 0 else '-'}{amount(abs(difference))}" if difference else ""


def _dot(matrix: Confusion) -> list[float | None]:
    """Recall and precision in percent; None where nothing is flagged."""
    precision = matrix.precision
    recall = matrix.recall or 0.0
    return [round(100 * recall, 2), None if precision is None else round(100 * precision, 2)]
