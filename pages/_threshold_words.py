"""What a threshold does, said in parts and not in rates."""

from __future__ import annotations

from core.costs import Consequences
from core.metrics import log_odds_of
from core.replay import Difference, Replay
from pages._words import count, percent


def amount(number: float) -> str:
    """12, 3.4, 0.02: as many digits as tell it from nothing."""
    if number >= 9.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 0.095 or not number else f"{number:.2g}"


def threshold_name(threshold: float) -> str:
    """A threshold as log-odds and probability."""
    # Without the sum, what is just below zero would read -0.00.
    return f"{round(log_odds_of(threshold), 2) + 0.0:+.2f} ({percent(threshold)})"


def consequence_sentence(now: Consequences, proposed: Consequences, of: str) -> str:
    """The difference between two thresholds, in parts; Markdown."""
    flagged = _changed(now.flagged, proposed.flagged, "to review")
    escapes = _changed(now.escapes, proposed.escapes, "escapes")
    return f"Of {of}: {flagged}, {escapes}."


def replay_sentences(told: Replay, days: int) -> str:
    """What the proposed threshold would have changed in the last days; Markdown."""
    if not told.parts:
        return f"No part was inspected by this model in the last {days} days."
    lead = (
        f"{count(told.parts)} parts were inspected in the last {days} days, and "
        f"{count(told.flagged)} called defective."
    )
    if not len(told.more.ids) and not len(told.fewer.ids):
        return f"{lead} This threshold would have changed no verdict."
    sides = [
        _side(difference, word)
        for difference, word in ((told.more, "more"), (told.fewer, "fewer"))
        if len(difference.ids)
    ]
    return f"{lead} This threshold would have called {', and '.join(sides)}."


def _side(difference: Difference, word: str) -> str:
    said = f"**{count(len(difference.ids))} {word}** defective"
    if not difference.decided:
        return f"{said} (nobody has decided about them)"
    return (
        f"{said} (people decided about {count(difference.decided)} of them: "
        f"{count(difference.found_defective)} defective, {count(difference.found_ok)} OK)"
    )


def _changed(before: float, after: float, unit: str) -> str:
    difference = after - before
    if abs(difference) < 1e-9:
        return f"as many {unit}"
    return f"**{amount(abs(difference))} {'more' if difference > 0 else 'fewer'}** {unit}"
