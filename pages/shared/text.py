"""How verdicts, figures, moments and names are written, the same on every page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from core.inspection.records import Verdict
from core.process.shifts import Calendar
from db.inspections.batches import Batch

MARKDOWN = "\\`*_{}[]()<>#+-.!|~$:&^=@/"


@dataclass(frozen=True, slots=True)
class VerdictLook:
    """Word, icon and colour of a verdict: the colour is never the only sign."""

    word: str
    icon: str
    colour: Literal["orange", "blue", "gray"]


LOOKS = {
    Verdict.DEFECTIVE: VerdictLook("Defective", ":material/report:", "orange"),
    Verdict.OK: VerdictLook("OK", ":material/check_circle:", "blue"),
    Verdict.NOT_INSPECTABLE: VerdictLook("Not inspectable", ":material/visibility_off:", "gray"),
}


def plain(text: str) -> str:
    """Text with nothing in it that Streamlit would read as Markdown, on one line."""
    line = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in MARKDOWN else sign for sign in line)


def percent(probability: float) -> str:
    """97.3 %, and never 0.0 % or 100.0 % for what is not certain."""
    if math.isnan(probability):
        return "no score"
    if 0 < probability < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= probability < 1:
        return "> 99.9 %"
    return f"{probability * 100:.1f} %"


def count(number: int) -> str:
    """12,345."""
    return f"{number:,}"


def short(name: str, longest: int = 44) -> str:
    """A file's name for a narrow place; a longer one keeps its end, where files are numbered."""
    line = " ".join(name.split())
    return line if len(line) <= longest else "…" + line[1 - longest :]


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit."""
    seconds = max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < 60:
        return "just now"
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def lasting(seconds: float) -> str:
    """Time left, rounded to what a person waits in."""
    rounded = timedelta(seconds=max(1, round(seconds)))
    minutes, rest = divmod(int(rounded.total_seconds()), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment_text(moment: datetime, calendar: Calendar) -> str:
    """2026-11-23 09:15 CET: by the plant's clock, and which clock that is."""
    return f"{calendar.local(moment):%Y-%m-%d %H:%M %Z}"


def batch_name(batch: Batch, calendar: Calendar) -> str:
    """A batch as it is called in a list."""
    created = moment_text(batch.created_at, calendar)
    return f"{batch.id} · {batch.label or batch.source} · {created}"
