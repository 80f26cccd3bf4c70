"""What a line does now: parts a second, latencies and their stages, held to the takt time.

    buckets, parts = history.until(now(), parts_between)    # 15 minutes in steps of 10 seconds
    standing(latency_of(parts), takt_seconds)               # good or not, and why, in words

A latency is the sum of a part's stored stage times: the time it was worked on, without the
time it waited. So every figure is the same after a restart and on every replica.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

STAGES = ("decode", "gate", "inference", "store")
STEP = timedelta(seconds=10)
HISTORY = timedelta(minutes=15)
WINDOW = timedelta(minutes=1)
"""Figures of now are those of the parts of this last time."""
LATE = timedelta(seconds=5)
"""A part may become visible so long after its time; older steps are not asked for again."""


@dataclass(frozen=True, slots=True)
class TimedPart:
    """A part's instant and its stages in milliseconds, in the order of :data:`STAGES`."""

    inspected_at: datetime
    stages: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Latency:
    """Of some parts, in milliseconds: percentiles of the whole, means of the stages."""

    parts: int
    p50: float
    p95: float
    p99: float
    stages: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of the history; ``latency`` is None where no part was inspected."""

    begins: datetime
    latency: Latency | None

    @property
    def parts_per_second(self) -> float:
        """Parts inspected in it, a second."""
        return self.latency.parts / STEP.total_seconds() if self.latency else 0.0


@dataclass(frozen=True, slots=True)
class TaktStatus:
    """Whether the line keeps its takt time; None where nothing was inspected."""

    good: bool | None
    reason: str


def latency_of(parts: Sequence[TimedPart]) -> Latency | None:
    """The latency of these parts; None where there are none."""
    if not parts:
        return None
    stages = np.array([part.stages for part in parts])
    p50, p95, p99 = np.percentile(stages.sum(axis=1), (50, 95, 99))
    means = tuple(float(mean) for mean in stages.mean(axis=0))
    return Latency(len(parts), float(p50), float(p95), float(p99), means)


def takt_status(latency: Latency | None, takt_seconds: float) -> TaktStatus:
    """Good while 95 of 100 parts take less than the takt time."""
    takt = f"takt time of {takt_seconds * 1e3:,.0f} ms"
    if latency is None:
        return TaktStatus(None, "No parts in the last minute; line idle.")
    p95 = f"{latency.p95:,.0f} ms" if latency.p95 >= 10 else f"{latency.p95:.1f} ms"
    if latency.p95 < takt_seconds * 1e3:
        share = latency.p95 / (takt_seconds * 1e3)
        used = "less than 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")
        return TaktStatus(True, f"95 of 100 parts take at most {p95}: {used} of the {takt}.")
    slowest = int(np.argmax(latency.stages))
    share = latency.stages[slowest] / sum(latency.stages)
    cure = {
        "decode": "Send smaller photographs, or JPEG instead of PNG or TIFF.",
        "gate": "Another program keeps the processors busy.",
        "inference": "Another program keeps the processors busy, or it has too few threads.",
        "store": "The database's disk or network is slow, or others keep it busy.",
    }[STAGES[slowest]]
    return TaktStatus(
        False,
        f"95 of 100 parts take up to {p95}, more than the {takt}. {share * 100:.0f} % of the "
        f"time goes into the stage {STAGES[slowest]}. {cure}",
    )


class History:
    """The last 15 minutes in steps; steps that cannot change any more are asked for once.

    ``parts_between`` gives the parts from one instant up to, not including, another. Safe from
    several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._final: dict[datetime, Bucket] = {}
        self._recent: tuple[TimedPart, ...] = ()

    def until(
        self,
        now: datetime,
        parts_between: Callable[[datetime, datetime], Iterable[TimedPart]],
    ) -> tuple[list[Bucket], list[TimedPart]]:
        """The steps up to ``now``, oldest first, and the parts of the last :data:`WINDOW`."""
        with self._lock:
            end = _step_of(now) + STEP
            begins = [end - HISTORY + STEP * number for number in range(int(HISTORY / STEP))]
            self._final = {at: self._final[at] for at in begins if at in self._final}
            open_from = next((at for at in begins if at not in self._final), end)
            kept = [part for part in self._recent if part.inspected_at < open_from]
            parts = list(parts_between(open_from, end))
            by_step: dict[datetime, list[TimedPart]] = {}
            for part in parts:
                by_step.setdefault(_step_of(part.inspected_at), []).append(part)
            buckets = []
            for at in begins:
                bucket = self._final.get(at)
                if bucket is None:
                    bucket = Bucket(at, latency_of(by_step.get(at, [])))
                    if at + STEP + LATE <= now:
                        self._final[at] = bucket
                buckets.append(bucket)
            recent = [part for part in (*kept, *parts) if part.inspected_at > now - WINDOW]
            self._recent = tuple(recent)
            return buckets, recent


def _step_of(instant: datetime) -> datetime:
    seconds = int(instant.timestamp()) // int(STEP.total_seconds()) * int(STEP.total_seconds())
    return datetime.fromtimestamp(seconds, UTC)
