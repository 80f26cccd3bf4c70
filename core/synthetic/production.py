"""Production that never was, planned part by part: what a demonstration shows.

    lots = production(calendar, ends=now(), days=30, parts=2_400, seed=1)
    photograph = photograph_of(lots[0].parts[0])        # a rendered part as a JPEG file

Three stations work by the plant's own shifts, not on Sundays and on Saturdays only in the
first shift. A few parts in a hundred are defective, except at the station that is out of
control for some days: an assignable cause that a control chart must find. On one day a lens
was dirty, so that parts are out of focus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from PIL import Image, ImageFilter

from core.inspection.records import Photograph
from core.process.shifts import Calendar, Shift
from core.synthetic.defects import Defect
from core.synthetic.samples import jpeg_bytes, render_part

STATIONS = ("line 1", "line 2", "line 3")
DAYS = 30
PARTS = 2_400

DEFECTIVE = 0.05
"""Share of defective parts of a process in control."""
SHIFTED = 0.40
"""The same at the station whose process has shifted."""
UNFIT = 0.004
"""Share of photographs that cannot be judged; of a dirty lens it is UNFIT_LENS."""
UNFIT_LENS = 0.3
SHIFTED_STATION = STATIONS[1]
LENS_STATION = STATIONS[2]
SHIFTED_DAYS = (-6, -2)
"""Days of production, counted from the end, from the first shifted to the first mended."""
LENS_DAY = -11
_KINDS = {
    Defect.BLOWHOLE: 0.34,
    Defect.PINHOLE: 0.22,
    Defect.BURR: 0.2,
    Defect.CRACK: 0.1,
    Defect.CHIP: 0.14,
}
_GAS = {Defect.BLOWHOLE: 0.8, Defect.PINHOLE: 0.2}
"""What the shifted process makes: moisture gives gas."""
_SUNDAY, _SATURDAY = 6, 5


@dataclass(frozen=True, slots=True)
class MadePart:
    """One part of the plan: when it was photographed and what is wrong with it."""

    name: str
    at: datetime
    seed: tuple[int, ...]
    defect: Defect | None
    blurred: bool


@dataclass(frozen=True, slots=True)
class Lot:
    """What one station made in one shift, in the order of time."""

    station: str
    shift: Shift
    day: int
    """Day of production, counted from the end: -1 is the last."""
    parts: tuple[MadePart, ...]


def production(calendar: Calendar, ends: datetime, days: int, parts: int, seed: int) -> list[Lot]:
    """Lots of the ``days`` before ``ends``, in the order of time: about ``parts`` parts in all."""
    begins = ends - timedelta(days=days)
    shifts = [shift for shift in calendar.shifts_between(begins, ends) if _works(calendar, shift)]
    worked = sorted({shift.day for shift in shifts})
    rng = np.random.default_rng(seed)
    lots = []
    for shift in shifts:
        for place, station in enumerate(STATIONS):
            share = min(ends, shift.ends) - shift.begins
            full = parts / (len(shifts) * len(STATIONS))
            number = int(rng.poisson(full * share / (shift.ends - shift.begins)))
            day = worked.index(shift.day) - len(worked)
            made = _made(rng, station, shift, min(ends, shift.ends), day, number, (seed, place))
            if made:
                lots.append(Lot(station, shift, day, made))
    return lots


def photograph_of(part: MadePart) -> Photograph:
    """The part rendered, as a camera would have sent it; the same part gives the same bytes."""
    rendered = render_part(np.random.default_rng(part.seed), part.defect, name=part.name)
    picture = Image.fromarray(rendered.pixels)
    if part.blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(7))
    return Photograph(part.name, jpeg_bytes(picture))


def _works(calendar: Calendar, shift: Shift) -> bool:
    weekday = shift.day.weekday()
    first = shift.name == calendar.names[0]
    return shift.begins < shift.ends and weekday != _SUNDAY and (first or weekday != _SATURDAY)


def _made(
    rng: np.random.Generator,
    station: str,
    shift: Shift,
    ends: datetime,
    day: int,
    number: int,
    seed: Sequence[int],
) -> tuple[MadePart, ...]:
    shifted = station == SHIFTED_STATION and SHIFTED_DAYS[0] <= day < SHIFTED_DAYS[1]
    dirty = station == LENS_STATION and day == LENS_DAY
    rate, kinds = (SHIFTED, _GAS) if shifted else (DEFECTIVE, _KINDS)
    moments = np.sort(rng.random(number)) * (ends - shift.begins).total_seconds()
    found = []
    for index, seconds in enumerate(moments):
        at = shift.begins + timedelta(seconds=float(seconds))
        defect = None
        if rng.random() < rate:
            defect = list(kinds)[rng.choice(len(kinds), p=list(kinds.values()))]
        found.append(
            MadePart(
                name=f"{station.replace(' ', '')}-{at:%Y%m%d-%H%M%S}-{index + 1:03d}.jpg",
                at=at,
                seed=(*seed, shift.day.toordinal(), int(shift.begins.timestamp()), index),
                defect=defect,
                blurred=bool(rng.random() < (UNFIT_LENS if dirty else UNFIT)),
            )
        )
    return tuple(found)
