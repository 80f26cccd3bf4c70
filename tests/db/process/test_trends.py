"""Trends counted in the database: exact beside a count by hand, and read from indexes alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from core.inspection.records import Verdict
from core.people import Person, Role
from core.process.shifts import DEFAULT_SHIFTS, read_calendar
from core.process.trends import Bucket, Cell, Grain, buckets_of, period, points_of
from core.review.decisions import Decision
from db.inspections.batches import open_batch
from db.inspections.models import model_by_sha256, register_model
from db.inspections.parts import Part, Sort, data_version, gallery
from db.inspections.store import BatchStore
from db.process import trends
from db.process.control_chart import frozen_baselines, signal_notes
from db.process.shift_report import latest_inspection
from db.process.trends import batch_buckets, bucket_parts, bucket_size, defect_types, latest_scores
from db.review.decisions import decide, dispositions_of
from db.review.queue import stations
from db.selection import Selection
from db.session import reading, writing
from tests.query_plans import plans
from tests.stored_parts import MODEL, open_store, outcome

BERLIN = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
DAYS = period(BERLIN, date(2026, 10, 23), date(2026, 10, 26))
PERSON = Person("Ann", None, False, Role.REVIEWER)
OTHER = "e" * 64
GROWING = r"(inspection|disposition|batch|rejection|baseline|signal_note)\b"


@pytest.fixture
def parts(database: Engine) -> list[Part]:
    """150 parts of two stations and two models around the end of summer time, some decided."""
    random = np.random.default_rng(5)
    span = (DAYS[1] - DAYS[0]).total_seconds()
    moments = [DAYS[0] + timedelta(seconds=float(s)) for s in random.random(150) * span]
    moments[0], moments[1] = DAYS[0], DAYS[1] - timedelta(microseconds=1)
    verdicts = [Verdict.DEFECTIVE, Verdict.OK, Verdict.OK, Verdict.NOT_INSPECTABLE]
    with writing(database) as connection:
        register_model(connection, OTHER, "other", {"evidence_scale": 1}, 0.5, "tests")
        other = model_by_sha256(connection, OTHER)
        assert other is not None
        batch = open_batch(connection, "upload", "", "line 2", other.id, 0)
    stores = [open_store(database, "line 1"), BatchStore(database, batch)]
    for which, store in enumerate(stores):
        store.record(
            [
                outcome(
                    number,
                    verdict=verdicts[number % 4],
                    inspected_at=moment,
                    model=OTHER if which else MODEL,
                )
                for number, moment in enumerate(moments)
                if number % 3 == which or (which == 0 and number % 3 == 2)
            ]
        )
    with reading(database) as connection:
        found = gallery(connection, None, None, Sort.ORDER, 0, 200)
    with writing(database) as connection:
        for part in found[::5]:
            decide(connection, PERSON, part.id, Decision.OK)
        for part in found[3::7]:
            decide(connection, PERSON, part.id, Decision.DEFECTIVE, "crack")
        decide(connection, PERSON, found[4].id, Decision.RETAKE)
    return found


def rounded(cells: list[Cell]) -> list[Cell]:
    """Sums of floats depend on the order they are added in, and that on the index."""
    return [
        replace(
            cell,
            probability_sum=round(cell.probability_sum, 9),
            probability_squares=round(cell.probability_squares, 9),
        )
        for cell in cells
    ]


def by_hand(database: Engine, bucket: Bucket, parts: list[Part]) -> tuple[int, ...]:
    """Inspected, defective, judged, undecided and not inspectable of one bucket."""
    inside = [
        part
        for part in parts
        if bucket.begins <= part.inspection.inspected_at < bucket.ends
        or part.batch_id == bucket.batch
    ]
    finals, undecided = [], 0
    with reading(database) as connection:
        for part in inside:
            decisions = [
                item.decision
                for item in dispositions_of(connection, part.id)
                if item.decision is not Decision.UNSURE
            ]
            verdict = part.inspection.verdict
            final = decisions[-1].value if decisions else verdict.value
            finals.append("not_inspectable" if final == "retake" else final)
            undecided += verdict is Verdict.DEFECTIVE and not decisions
    return (
        len(inside),
        finals.count("defective"),
        finals.count("defective") + finals.count("ok"),
        undecided,
        sum(part.inspection.verdict is Verdict.NOT_INSPECTABLE for part in inside),
    )


@pytest.mark.parametrize("grain", list(Grain))
def test_every_point_is_what_a_count_by_hand_gives(
    database: Engine, parts: list[Part], grain: Grain
) -> None:
    now = datetime.now(UTC)
    with reading(database) as connection:
        if grain is Grain.BATCH:
            span = (now - timedelta(days=1), now + timedelta(days=1))
            buckets = batch_buckets(connection, *span, None)
        else:
            buckets = buckets_of(BERLIN, grain, *DAYS)
        cells = trends.cells(connection, buckets, Selection())
    points = points_of(buckets, cells)
    assert sum(point.inspected for point in points) == len(parts)
    for point in points:
        assert (
            point.inspected,
            point.defective,
            point.judged,
            point.undecided,
            point.not_inspectable,
        ) == by_hand(database, point.bucket, parts)


def test_cells_are_told_apart_by_model_station_and_threshold(
    database: Engine, parts: list[Part]
) -> None:
    buckets = buckets_of(BERLIN, Grain.DAY, *DAYS)
    with reading(database) as connection:
        cells = trends.cells(connection, buckets, Selection())
        one = trends.cells(connection, buckets, Selection("line 1"))
        known = model_by_sha256(connection, MODEL)
        assert known is not None
        same = trends.cells(connection, buckets, Selection(None, known.id))
        assert trends.cells(connection, [], Selection()) == []
    assert len(cells) == 2 * len(one) == 8
    of_model = [cell for cell in cells if cell.model == known.id]
    assert rounded(one) == rounded(same) == rounded(of_model)
    assert [cell.first_at for cell in one] == sorted(cell.first_at for cell in one)


def test_defect_types_scores_and_the_parts_behind_a_point(
    database: Engine, parts: list[Part]
) -> None:
    bucket = buckets_of(BERLIN, Grain.DAY, *DAYS)[1]
    inside = [part for part in parts if bucket.begins <= part.inspection.inspected_at < bucket.ends]
    with reading(database) as connection:
        ((name, number),) = defect_types(connection, *DAYS, Selection())
        scores = latest_scores(connection, *DAYS, Selection("line 1"), limit=7)
        listed = bucket_parts(connection, bucket, Selection(), limit=500)
        some = bucket_parts(connection, bucket, Selection(), Verdict.OK, 1, 3)
        size = bucket_size(connection, bucket, Selection(), Verdict.OK)
    assert name == "crack"
    assert 0 < number <= len(parts[3::7])
    assert len(scores) == 7
    assert [part.id for part in listed] == [part.id for part in inside]
    passed = [part.id for part in inside if part.inspection.verdict is Verdict.OK]
    assert size == len(passed)
    assert [part.id for part in some] == passed[1:4]


@pytest.mark.parametrize("station", [None, "line 1"])
@pytest.mark.parametrize("grain", [Grain.SHIFT, Grain.BATCH])
@pytest.mark.usefixtures("parts")
def test_trends_are_read_from_an_index(database: Engine, station: str | None, grain: Grain) -> None:
    now = datetime.now(UTC)
    scope = Selection(station)
    with reading(database) as connection, plans(connection) as found:
        if grain is Grain.BATCH:
            buckets = batch_buckets(connection, now - timedelta(1), now + timedelta(1), station)
        else:
            buckets = buckets_of(BERLIN, grain, *DAYS)
        trends.cells(connection, buckets, scope)
        latest_scores(connection, *DAYS, scope)
        defect_types(connection, *DAYS, scope)
        bucket_parts(connection, buckets[0], scope)
        bucket_size(connection, buckets[0], scope)
        stations(connection)
        latest_inspection(connection)
        data_version(connection)
        frozen_baselines(connection, station, Grain.SHIFT)
        signal_notes(connection, station, Grain.SHIFT, *DAYS)
    assert found
    for plan in found:
        # "SCAN t USING INDEX" reads an index from end to end: of decisions, which are few.
        assert not re.search(rf"SCAN {GROWING}(?! USING)|Seq Scan on {GROWING}", plan), plan
        assert not re.search(r"SCAN inspection\b", plan), plan
    counted = [plan for plan in found if "_trend" in plan]
    assert len(counted) >= len(buckets)
    if database.dialect.name == "sqlite":
        assert sum("USING COVERING INDEX" in plan for plan in counted) >= len(buckets)
        assert not any("TEMP B-TREE FOR GROUP BY" in plan for plan in counted[:1])
