"""Parts of the night shift in Berlin in which the clocks go back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from core.inspection.records import Verdict
from core.process.shifts import DEFAULT_SHIFTS, read_calendar
from tests.stored_parts import open_store, outcome

BERLIN = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
NIGHT = BERLIN.shift(datetime(2026, 10, 24).date(), "night")


def fill(database: Engine, moments: list[datetime], station: str = "line 1") -> None:
    """One part a moment; every fourth is defective, every seventh not inspectable."""
    store = open_store(database, station)
    store.record(
        [
            outcome(
                number + (1_000 if station == "line 2" else 0),
                verdict=Verdict.DEFECTIVE
                if number % 4 == 0
                else Verdict.NOT_INSPECTABLE
                if number % 7 == 0
                else Verdict.OK,
                inspected_at=moment,
            )
            for number, moment in enumerate(moments)
        ]
    )
