"""The demonstration: thirty days of made-up production, processed like real parts.

Parts are rendered, inspected by the model in use and stored like any others; people's
decisions, a change of the threshold, baselines and a note are entered by the functions that
the pages call. Only the clock is set: everything is dated when it would have happened.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count as numbers

import numpy as np
from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from core.clock import as_of, now
from core.errors import ModelUnavailable
from core.inspection.records import Inspection, Outcome
from core.inspection.retry import RetryPolicy
from core.model.metrics import log_odds_of, probabilities
from core.people import Person, Role
from core.process.control_chart import ChartSegment, segments
from core.process.spc import baseline_of
from core.process.trends import Bucket, Grain, buckets_of, runs_of
from core.review.decisions import Decision
from core.synthetic.defects import Defect
from core.synthetic.production import (
    DAYS,
    PARTS,
    SHIFTED_DAYS,
    SHIFTED_STATION,
    STATIONS,
    Lot,
    MadePart,
    photograph_of,
    production,
)
from db.demonstration import SOURCE, begin_demonstration
from db.demonstration import clear_demonstration as clear_stored
from db.inspections.batches import open_batch
from db.inspections.parts import Part, part_by_id
from db.inspections.store import BatchStore
from db.process.control_chart import freeze_baseline, frozen_baselines, note_signal
from db.process.trends import cells
from db.review.decisions import decide, undo
from db.review.queue import waiting
from db.selection import Selection
from db.session import reading, write, writing
from db.thresholds import change_threshold
from services.application import Application, registered_model
from services.inspection.batches import run

REVIEWERS = tuple(
    Person(name, None, False, Role.REVIEWER) for name in ("Mara Lind", "Jonas Weber", "Priya Nair")
)
ENGINEER = Person("Elena Costa", None, False, Role.ENGINEER)
OPERATOR = Person("demonstration", None, False, Role.ENGINEER)
"""Clears a demonstration at the command line; anyone who can run it has the database anyway."""

THRESHOLD_AFTER = 0.3
BASELINE_AFTER = 0.72
"""When the engineer acts, as shares of the period."""
LESS_STRICT = 0.5
"""Log-odds by which the threshold is raised."""
UNDECIDED = timedelta(hours=14)
"""Parts of these last hours still wait for a reviewer."""
_MISTAKEN, _UNSURE, _CORRECTED = 0.02, 0.02, 0.01
_TYPES = {
    Defect.BLOWHOLE: "blowhole",
    Defect.PINHOLE: "pinhole",
    Defect.BURR: "burr / flash",
    Defect.CRACK: "crack",
    Defect.CHIP: "mould defect",
}
_CHARTS = (None, *STATIONS)
CAUSE = "Sand of line 2 too moist after the mixer was cleaned; mixer adjusted, parts sorted"


def make_demonstration(
    application: Application, parts: int = PARTS, *, progress: Callable[[int, int], object]
) -> int:
    """Fill an empty database with about ``parts`` parts; returns their number.

    Raises DemonstrationRefused where the database is in use.
    """
    with writing(application.database) as connection:
        begin_demonstration(connection)
    rng = np.random.default_rng(7)
    line = _Line(application, now(), rng, progress)
    line.run(production(application.settings.calendar, line.ends, DAYS, parts, seed=2026))
    return line.total


def clear_demonstration(
    database: Database, person: Person = OPERATOR, *, busy: Callable[[], None] = lambda: None
) -> None:
    """Empty a demonstration's database, except for models, roles and settings.

    Raises NotAllowed unless ``person`` is an engineer, DemonstrationRefused for any other
    database, StoreError where nothing could be stored.
    """
    write(database, lambda connection: clear_stored(connection, person), busy)


@dataclass
class _Line:
    """The plant at work: what is to happen, in the order of time."""

    application: Application
    ends: datetime
    rng: np.random.Generator
    progress: Callable[[int, int], object]
    done: int = 0
    total: int = 0
    due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    serial: numbers[int] = field(default_factory=numbers)
    made: dict[str, MadePart] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.application.database

    @property
    def model_id(self) -> int:
        return self.application.ready()[1].id

    def run(self, lots: Sequence[Lot]) -> None:
        """Do everything that happens before the end."""
        self.total = sum(len(lot.parts) for lot in lots)
        first = lots[0].shift.begins
        whole = self.ends - first
        self.at(first, self.register)
        self.at(first + THRESHOLD_AFTER * whole, self.change_threshold)
        self.at(
            first + BASELINE_AFTER * whole, lambda: self.freeze(first + THRESHOLD_AFTER * whole)
        )
        mended = [lot.shift.begins for lot in lots if lot.day == SHIFTED_DAYS[1]]
        if mended:
            self.at(mended[0], lambda: self.note(mended[0] - timedelta(days=8)))
        for lot in lots:
            self.at(lot.parts[-1].at, lambda lot=lot: self.inspect(lot))  # type: ignore[misc]
        while self.due:
            moment, _, happens = heapq.heappop(self.due)
            if moment <= self.ends:
                with as_of(moment):
                    happens()

    def at(self, moment: datetime, happens: Callable[[], None]) -> None:
        heapq.heappush(self.due, (moment, next(self.serial), happens))

    def register(self) -> None:
        """Register the model in the new tables, dated like everything else."""
        if self.application.engine is None:
            raise ModelUnavailable(self.application.fault)
        model = registered_model(self.database, self.application.engine.card, "model card")
        self.application = replace(self.application, model=model)

    def inspect(self, lot: Lot) -> None:
        self.made |= {part.name: part for part in lot.parts}
        with as_of(lot.parts[0].at), writing(self.database) as connection:
            batch = open_batch(
                connection,
                SOURCE,
                f"{lot.shift.day} {lot.shift.name}",
                lot.station,
                self.model_id,
                len(lot.parts),
            )
        audit_rate = self.application.settings.audit_rate
        store = _Dated(BatchStore(self.database, batch, audit_rate), self.made)
        photographs = map(photograph_of, lot.parts)
        retry = RetryPolicy(lambda _reason: None)
        for _ in run(self.application, batch, photographs, retry, store=store):
            self.done += 1
            self.progress(self.done, self.total)
        if now() < self.ends - UNDECIDED:
            first, second = self.rng.permutation(len(REVIEWERS))[:2]
            after = now() + timedelta(hours=self.rng.uniform(0.5, 5))
            self.at(after, lambda: self.review(batch.id, REVIEWERS[first]))
            # A second person finds only what was drawn for a second review, or left unsure.
            self.at(
                after + timedelta(hours=self.rng.uniform(1, 7)),
                lambda: self.review(batch.id, REVIEWERS[second]),
            )

    def review(self, batch_id: int, person: Person) -> None:
        waiting_for = Selection(batch_id=batch_id)
        with reading(self.database) as connection:
            found = waiting(connection, person, waiting_for, limit=1_000)
            parts = [part_by_id(connection, number) for number in found]
        with writing(self.database) as connection:
            for part in parts:
                if part is not None:
                    self.decide(connection, person, part)

    def decide(self, connection: Connection, person: Person, part: Part) -> None:
        made = self.made[part.inspection.file]
        chance = self.rng.random()
        if made.blurred:
            decision, kind = Decision.RETAKE, ""
        elif chance < _UNSURE:
            decision, kind = Decision.UNSURE, ""
        elif (made.defect is not None) != (chance < _UNSURE + _MISTAKEN):
            decision, kind = Decision.DEFECTIVE, _TYPES[made.defect or Defect.PINHOLE]
        else:
            decision, kind = Decision.OK, ""
        rate = self.application.settings.review_rate
        done = decide(connection, person, part.id, decision, kind, review_rate=rate)
        if self.rng.random() < _CORRECTED:
            undo(connection, person, done.disposition.id)
            decide(connection, person, part.id, decision, kind, review_rate=rate)

    def change_threshold(self) -> None:
        model = self.application.ready()[1]
        raised = float(probabilities(np.array(log_odds_of(model.threshold) + LESS_STRICT)))
        with writing(self.database) as connection:
            change_threshold(
                connection,
                model.id,
                raised,
                "Too many sound parts wait for review; recall on reviewed parts still holds",
                ENGINEER,
            )

    def freeze(self, begins: datetime) -> None:
        """Limits by shift, for each station and for all, since the threshold was changed."""
        for station in _CHARTS:
            *_, segment = self.segments(station, begins)
            cells = segment.run.cells
            buckets = self.shifts(begins)
            with writing(self.database) as connection:
                freeze_baseline(
                    connection,
                    ENGINEER,
                    segment.chart,
                    buckets[cells[0].bucket].begins,
                    buckets[cells[-1].bucket].ends,
                    baseline_of(segment.run.subgroups),
                    "Sand and melt as specified, no complaint from machining",
                )

    def note(self, begins: datetime) -> None:
        """The cause of the first signal at the station that was out of control."""
        buckets = self.shifts(begins)
        for segment in self.segments(SHIFTED_STATION, begins):
            for signal in segment.signals[:1]:
                at = buckets[segment.run.cells[signal.at].bucket].begins
                with writing(self.database) as connection:
                    note_signal(connection, REVIEWERS[0], segment.chart, signal.rule, at, CAUSE)

    def shifts(self, begins: datetime) -> list[Bucket]:
        return buckets_of(self.application.settings.calendar, Grain.SHIFT, begins, now())

    def segments(self, station: str | None, begins: datetime) -> list[ChartSegment]:
        with reading(self.database) as connection:
            counted = cells(connection, self.shifts(begins), Selection(station))
            frozen = frozen_baselines(connection, station, Grain.SHIFT)
        return segments(runs_of(counted), station, Grain.SHIFT, frozen)


@dataclass(frozen=True, slots=True)
class _Dated:
    """A batch's store whose verdicts are dated when their part was made."""

    store: BatchStore
    made: Mapping[str, MadePart]

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        return self.store.find(sha256s)

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        return self.store.record([self.dated(outcome) for outcome in outcomes])

    def dated(self, outcome: Outcome) -> Outcome:
        result = outcome.result
        if not isinstance(result, Inspection):
            return outcome
        return replace(outcome, result=replace(result, inspected_at=self.made[result.file].at))
