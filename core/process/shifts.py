"""The shift calendar: which shift an instant belongs to, in the plant's time zone.

    calendar = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
    shift = calendar.shift_of(datetime.now(UTC))        # 2026-11-23 late
    calendar.shifts_between(begins, ends)               # every shift of a period, in order

A shift begins at the first instant at which the plant's clock shows its starting time, and
ends where the next one begins. So the shifts tile time without a gap or an overlap, and a
change to or from daylight-saving time makes one of them an hour shorter or longer: such a day
has 23 or 25 hours. A starting time that the clock skips is the instant it skips to.

A shift belongs to the day it starts on; so does every part made in it, also after midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import SettingsError

DEFAULT_TIME_ZONE = "UTC"
DEFAULT_SHIFTS = "early 06:00-14:00, late 14:00-22:00, night 22:00-06:00"

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_SHIFT = re.compile(r"(?P<name>\S.*?)\s+(?P<starts>\d{1,2}:\d\d)\s*-\s*(?P<ends>\d{1,2}:\d\d)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shift as it recurs every day: its name and when it starts by the plant's clock."""

    name: str
    starts: time


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of one day: the instants from ``begins`` up to, not including, ``ends``."""

    day: date
    """The day it starts on, by the plant's clock."""
    name: str
    begins: datetime
    """In UTC."""
    ends: datetime
    """In UTC; equal to ``begins`` only where the clock skipped the whole shift."""

    @property
    def key(self) -> str:
        """``2026-11-23:night``, as the command line and the address of a page name it."""
        return f"{self.day.isoformat()}:{self.name}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The plant's time zone and its shifts, ordered by their start, covering the whole day."""

    zone: ZoneInfo
    patterns: tuple[Pattern, ...]

    @property
    def names(self) -> list[str]:
        """The shifts' names in the order of the day."""
        return [pattern.name for pattern in self.patterns]

    def local(self, instant: datetime) -> datetime:
        """The instant by the plant's clock."""
        return instant.astimezone(self.zone)

    def instant(self, day: date, clock: time = time.min) -> datetime:
        """The first instant (UTC) at which the plant's clock shows ``clock`` of ``day`` or later.

        Of a time that comes twice in autumn, that is the first; for one that the clock skips
        in spring, the instant of the skip.
        """
        wall = datetime.combine(day, clock)
        latest = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        if self._wall(latest) == wall:
            return latest
        # Skipped: by the offset after the change, the wall time lies before the change.
        earliest = wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        while latest - earliest > _SECOND:
            middle = earliest + (latest - earliest) // _SECOND // 2 * _SECOND
            if self._wall(middle) < wall:
                earliest = middle
            else:
                latest = middle
        # Time zones change on whole seconds; the clock may have been asked for a fraction.
        return latest.replace(microsecond=0)

    def day(self, day: date) -> tuple[datetime, datetime]:
        """A day of work: from its first shift's begin to the next day's, in UTC."""
        first = self.patterns[0].starts
        return self.instant(day, first), self.instant(day + _DAY, first)

    def shift(self, day: date, name: str) -> Shift:
        """The shift of this name that starts on ``day``; LookupError for an unknown name."""
        for shift in self.shifts_of(day):
            if shift.name == name:
                return shift
        raise LookupError(f"There is no shift {name!r}; there are: {', '.join(self.names)}.")

    def shifts_of(self, day: date) -> list[Shift]:
        """The shifts that start on ``day``, in order."""
        begins = [self.instant(day, pattern.starts) for pattern in self.patterns]
        ends = [*begins[1:], self.instant(day + _DAY, self.patterns[0].starts)]
        return [
            Shift(day, pattern.name, begin, end)
            for pattern, begin, end in zip(self.patterns, begins, ends, strict=True)
        ]

    def shifts_between(self, begins: datetime, ends: datetime) -> list[Shift]:
        """The shifts that share an instant with ``begins`` up to ``ends``, in order."""
        if ends <= begins:
            return []
        # A day more on each side: a clock that is set back over midnight shows a day again.
        day, last = self.local(begins).date() - 2 * _DAY, self.local(ends).date() + _DAY
        found = []
        while day <= last:
            found += [
                shift
                for shift in self.shifts_of(day)
                if shift.begins < min(ends, shift.ends) and shift.ends > begins
            ]
            day += _DAY
        return found

    def shift_of(self, instant: datetime) -> Shift:
        """The one shift that ``instant`` belongs to."""
        (shift,) = self.shifts_between(instant, instant + timedelta(microseconds=1))
        return shift

    def _wall(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone).replace(tzinfo=None)


def read_calendar(time_zone: str, shifts: str) -> Calendar:
    """The calendar of the settings PLANT_TIME_ZONE and SHIFTS.

    ``shifts`` reads ``name HH:MM-HH:MM, ...``. Raises SettingsError where the time zone is
    unknown, or the shifts do not cover the day exactly once.
    """
    return Calendar(_read_zone(time_zone), _read_patterns(shifts))


def read_shift(calendar: Calendar, key: str) -> Shift:
    """The shift that ``DATE:NAME`` names; raises LookupError with what would be right."""
    day, _, name = key.partition(":")
    try:
        return calendar.shift(date.fromisoformat(day.strip()), name.strip())
    except (ValueError, OverflowError) as error:
        raise LookupError(
            f"{key!r} names no shift. Write DATE:NAME, for example 2026-11-23:{calendar.names[0]}."
        ) from error


def _read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"PLANT_TIME_ZONE: there is no time zone {name!r}. Write a name of the IANA "
            "database, for example Europe/Berlin, Asia/Kolkata or UTC."
        ) from error


def _read_patterns(text: str) -> tuple[Pattern, ...]:
    found = []
    for item in text.split(","):
        match = _SHIFT.fullmatch(item.strip())
        if match is None:
            raise SettingsError(
                f"SHIFTS: {item.strip()!r} is not a shift. Write name HH:MM-HH:MM, several "
                f"with commas between: {DEFAULT_SHIFTS}"
            )
        name, starts, ends = match["name"], _clock(match["starts"]), _clock(match["ends"])
        found.append((starts, ends, name))
    found.sort()
    names = {name.casefold() for _, _, name in found}
    if len(names) < len(found):
        raise SettingsError("SHIFTS: two shifts have the same name. Name each differently.")
    for (_, ends, name), (starts, _, following) in zip(found, found[1:] + found[:1], strict=True):
        if ends != starts:
            raise SettingsError(
                f"SHIFTS: {name} ends at {ends:%H:%M} and {following} starts at {starts:%H:%M}. "
                "Shifts cover the whole day without gap or overlap; name hours without work too, "
                "for example closed 22:00-06:00."
            )
    if len({starts for starts, _, _ in found}) < len(found):
        raise SettingsError("SHIFTS: two shifts start at the same time.")
    return tuple(Pattern(name, starts) for starts, _, name in found)


def _clock(text: str) -> time:
    hours, minutes = map(int, text.split(":"))
    if hours == 24 and minutes == 0:
        return time.min
    try:
        return time(hours, minutes)
    except ValueError as error:
        raise SettingsError(f"SHIFTS: {text} is not a time of the day; write 06:00.") from error
