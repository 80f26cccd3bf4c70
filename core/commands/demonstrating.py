"""``python -m core demo``: thirty days of made-up production, on the way of real parts.

Parts are rendered, inspected by the model in use and stored like any others; people's
decisions, a change of the threshold, baselines and a note are entered by the functions that
the pages call. Only the clock is set: everything is dated when it would have happened.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count as numbers

import numpy as np
import sqlalchemy

import db
from core.clock import as_of, now
from core.control import Piece, pieces
from core.decisions import Decision
from core.defects import Defect
from core.demonstration import (
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
from core.engine import Engine, load_engine
from core.inspection import Inspection, Outcome, inspect_photographs
from core.metrics import log_odds_of, probabilities
from core.people import Person, Role
from core.settings import Settings, read_settings
from core.spc import baseline_of
from core.trends import Bucket, Grain, buckets_of, runs_of

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

REVIEWERS = tuple(
    Person(name, None, False, Role.REVIEWER) for name in ("Mara Lind", "Jonas Weber", "Priya Nair")
)
ENGINEER = Person("Elena Costa", None, False, Role.ENGINEER)
OPERATOR = Person("demonstration", None, False, Role.ENGINEER)
"""Who clears a demonstration at the command line: whoever can run it has the database anyway."""

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
CAUSE = "Sand of line 2 too moist after the mixer was cleaned; mixer set anew, parts sorted"


def make_demonstration(
    bar: Bar, say: Callable[[str], None], database_url: str | None, parts: int = PARTS
) -> None:
    """Fill an empty database; raises DemonstrationRefused where it is in use."""
    settings = read_settings()
    engine = load_engine(threads=settings.threads or None)
    database = db.connect(database_url or settings.database_url)
    try:
        with db.writing(database) as connection:
            db.begin_demonstration(connection)
            settings = db.settings_in_force(connection, settings)
        line = _Line(database, engine, settings, now(), np.random.default_rng(7))
        lots = production(settings.calendar, line.ends, DAYS, parts, seed=2026)
        with bar("Inspecting", sum(len(lot.parts) for lot in lots)) as step:
            line.run(lots, step)
    finally:
        database.dispose()
    say(
        f"{sum(len(lot.parts) for lot in lots)} rendered parts of {DAYS} days are in the database, "
        "marked as a demonstration. Start the app to look at them: streamlit run streamlit_app.py"
    )


def clear_demonstration(say: Callable[[str], None], database_url: str | None) -> None:
    """Empty a demonstration's database; raises DemonstrationRefused for any other."""
    database = db.connect(database_url or read_settings().database_url)
    try:
        with db.writing(database) as connection:
            db.clear_demonstration(connection, OPERATOR)
    finally:
        database.dispose()
    say("The demonstration is cleared; the database is empty.")


@dataclass
class _Line:
    """The plant at work: what is to happen, in the order of time."""

    database: sqlalchemy.Engine
    engine: Engine
    settings: Settings
    ends: datetime
    rng: np.random.Generator
    due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    serial: numbers[int] = field(default_factory=numbers)
    made: dict[str, MadePart] = field(default_factory=dict)
    model: db.Model | None = None

    def run(self, lots: Sequence[Lot], step: Callable[[int], None]) -> None:
        """Do everything that happens before the end."""
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
            self.at(lot.parts[-1].at, lambda lot=lot: self.inspect(lot, step))  # type: ignore[misc]
        while self.due:
            moment, _, happens = heapq.heappop(self.due)
            if moment <= self.ends:
                with as_of(moment):
                    happens()

    def at(self, moment: datetime, happens: Callable[[], None]) -> None:
        heapq.heappush(self.due, (moment, next(self.serial), happens))

    def register(self) -> None:
        card = self.engine.card
        with db.writing(self.database) as connection:
            self.model = db.register_model(
                connection,
                card.identity,
                card.name,
                card.model_dump(mode="json"),
                card.threshold.probability,
                "model card",
            )

    def known(self) -> db.Model:
        assert self.model is not None  # noqa: S101 - the first thing that happens
        return self.model

    def inspect(self, lot: Lot, step: Callable[[int], None]) -> None:
        model = self.known()
        self.made |= {part.name: part for part in lot.parts}
        with as_of(lot.parts[0].at), db.writing(self.database) as connection:
            threshold = db.current_threshold(connection, model.id)
            batch = db.open_batch(
                connection,
                db.DEMONSTRATION,
                f"{lot.shift.day} {lot.shift.name}",
                lot.station,
                model.id,
                len(lot.parts),
            )
        store = _Dated(db.BatchStore(self.database, batch, self.settings.audit_rate), self.made)
        photographs = map(photograph_of, lot.parts)
        for _ in inspect_photographs(photographs, self.engine, threshold, store):
            step(1)
        with db.writing(self.database) as connection:
            db.finish_batch(connection, batch.id)
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
        waiting_for = db.Filters(batch_id=batch_id)
        with db.reading(self.database) as connection:
            found = db.waiting(connection, person, waiting_for, limit=1_000)
            parts = [db.part_by_id(connection, number) for number in found]
        with db.writing(self.database) as connection:
            for part in parts:
                if part is not None:
                    self.decide(connection, person, part)

    def decide(self, connection: sqlalchemy.Connection, person: Person, part: db.Part) -> None:
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
        rate = self.settings.review_rate
        done = db.decide(connection, person, part.id, decision, kind, review_rate=rate)
        if self.rng.random() < _CORRECTED:
            db.undo(connection, person, done.disposition.id)
            db.decide(connection, person, part.id, decision, kind, review_rate=rate)

    def change_threshold(self) -> None:
        model = self.known()
        raised = float(probabilities(np.array(log_odds_of(model.threshold) + LESS_STRICT)))
        with db.writing(self.database) as connection:
            db.change_threshold(
                connection,
                model.id,
                raised,
                "Too many sound parts wait for review; recall on reviewed parts still holds",
                ENGINEER,
            )

    def freeze(self, begins: datetime) -> None:
        """Limits by shift, for each station and for all, since the threshold was changed."""
        for station in _CHARTS:
            *_, piece = self.pieces(station, begins)
            cells = piece.run.cells
            buckets = self.shifts(begins)
            with db.writing(self.database) as connection:
                db.freeze_baseline(
                    connection,
                    ENGINEER,
                    piece.chart,
                    buckets[cells[0].bucket].begins,
                    buckets[cells[-1].bucket].ends,
                    baseline_of(piece.run.subgroups),
                    "Sand and melt as specified, no complaint from machining",
                )

    def note(self, begins: datetime) -> None:
        """The cause of the first signal at the station that was out of control."""
        buckets = self.shifts(begins)
        for piece in self.pieces(SHIFTED_STATION, begins):
            for signal in piece.signals[:1]:
                at = buckets[piece.run.cells[signal.at].bucket].begins
                with db.writing(self.database) as connection:
                    db.note_signal(connection, REVIEWERS[0], piece.chart, signal.rule, at, CAUSE)

    def shifts(self, begins: datetime) -> list[Bucket]:
        return buckets_of(self.settings.calendar, Grain.SHIFT, begins, now())

    def pieces(self, station: str | None, begins: datetime) -> list[Piece]:
        with db.reading(self.database) as connection:
            counted = db.cells(connection, self.shifts(begins), db.Scope(station))
            frozen = db.frozen_baselines(connection, station, Grain.SHIFT)
        return pieces(runs_of(counted), station, Grain.SHIFT, frozen)


@dataclass(frozen=True, slots=True)
class _Dated:
    """A batch's store whose verdicts are dated when their part was made."""

    store: db.BatchStore
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
