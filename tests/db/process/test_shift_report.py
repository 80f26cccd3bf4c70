"""Shift reports from the database: exact, each part once, cut out of an index."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select

from cli.report import report
from core.errors import SettingsError, StoreUnavailable
from core.people import Person, Role
from core.review.decisions import Decision
from db.process.shift_report import shift_parts, shift_report
from db.review.decisions import decide, undo
from db.schema import review_item
from db.session import reading, writing
from db.thresholds import change_threshold
from tests.night_shift import BERLIN, NIGHT, fill
from tests.query_plans import plans
from tests.stored_parts import ENGINEER, MODEL, open_store, rejected


@pytest.mark.slow
def test_a_years_shifts_hold_every_part_once(database: Engine) -> None:
    random = np.random.default_rng(3)
    year = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [year + timedelta(seconds=float(s)) for s in random.random(120) * 365 * 86_400]
    shifts = BERLIN.shifts_between(year, year + timedelta(days=365))
    edges = [shift.begins for shift in shifts[1::9]]
    moments += [edge - timedelta(microseconds=1) for edge in edges] + edges
    fill(database, moments)
    seen: list[int] = []
    totals = 0
    with reading(database) as connection:
        for shift in shifts:
            parts = list(shift_parts(connection, shift))
            assert all(shift.begins <= part.inspected_at < shift.ends for part in parts)
            assert parts == sorted(parts, key=lambda part: (part.inspected_at, part.inspection))
            seen += [part.inspection for part in parts]
            if parts:
                totals += shift_report(connection, shift).figures.inspected
    assert len(seen) == len(set(seen)) == totals == len(moments)


def test_the_figures_are_those_of_the_rows(database: Engine) -> None:
    moments = [NIGHT.begins + timedelta(minutes=minute) for minute in range(0, 600, 9)]
    fill(database, moments)
    fill(database, moments[:20], "line 2")
    for station in (None, "line 1", "line 2", "line 3"):
        with reading(database) as connection:
            parts = list(shift_parts(connection, NIGHT, station))
            report = shift_report(connection, NIGHT, station)
        figures = report.figures
        verdicts = [part.verdict for part in parts]
        assert figures.inspected == len(parts)
        assert figures.flagged == verdicts.count("defective")
        assert figures.passed == verdicts.count("ok")
        assert figures.not_inspectable == verdicts.count("not_inspectable")
        assert {part.station for part in parts} <= {station or "line 1", station or "line 2"}
        assert sum(used.parts for used in report.in_force) == len(parts)
        assert {used.model for used in report.in_force} == ({MODEL} if parts else set())
        if parts:
            assert figures.latency_p50_ms is not None
            assert 8.75 < figures.latency_p50_ms <= (figures.latency_p95_ms or 0)
        else:
            assert figures.latency_p50_ms is figures.latency_p95_ms is None


def test_decisions_are_in_the_rows_and_counted(database: Engine) -> None:
    fill(database, [NIGHT.begins + timedelta(minutes=minute) for minute in range(24)])
    with reading(database) as connection:
        flagged, passed, blind = (
            [part.inspection for part in shift_parts(connection, NIGHT) if part.verdict == word]
            for word in ("defective", "ok", "not_inspectable")
        )
    person = Person("=Ann", None, False, Role.REVIEWER)
    with writing(database) as connection:
        for number in flagged[:3]:
            decide(connection, person, number, Decision.DEFECTIVE, "blowhole", "at the rim")
        decide(connection, person, flagged[3], Decision.OK)
        decide(connection, person, flagged[4], Decision.RETAKE)
        decide(connection, person, flagged[5], Decision.UNSURE)
        taken_back = decide(connection, person, passed[0], Decision.DEFECTIVE, "crack")
        undo(connection, person, taken_back.disposition.id)
        decide(connection, person, passed[1], Decision.DEFECTIVE, "crack")
        decide(connection, person, blind[0], Decision.OK)
    with reading(database) as connection:
        figures = shift_report(connection, NIGHT).figures
        rows = {part.inspection: part for part in shift_parts(connection, NIGHT)}
        audited = set(
            connection.scalars(
                select(review_item.c.inspection_id).where(review_item.c.audit_rate.is_not(None))
            )
        )
        later = shift_report(connection, BERLIN.shift_of(NIGHT.ends)).figures
    assert (figures.confirmed, figures.false_alarms) == (3, 1)
    assert figures.awaiting == len(flagged) - 4
    assert figures.escapes == 1
    assert figures.audited == figures.audit_escapes == len(audited & {passed[1]})
    assert (later.confirmed, later.escapes, later.awaiting) == (0, 0, 0)
    part = rows[flagged[0]]
    assert (part.disposition, part.defect_type) == ("defective", "blowhole")
    assert (part.reviewer, part.note) == ("=Ann (unverified)", "at the rim")
    assert rows[flagged[4]].disposition == "retake"
    assert rows[flagged[5]].disposition is rows[passed[0]].disposition is None


def test_rejected_files_and_threshold_changes_of_the_shift(database: Engine) -> None:
    store = open_store(database)
    now = BERLIN.shift_of(datetime.now(UTC))
    store.record([rejected(1), rejected(2)])
    with reading(database) as connection:
        assert shift_report(connection, now).figures.rejected == 2
        assert shift_report(connection, now, "line 1").figures.rejected == 2
        assert shift_report(connection, now, "line 2").figures.rejected == 0
        # The model's first threshold came with it and changed nothing.
        assert shift_report(connection, now).figures.threshold_changes == 0
        assert shift_report(connection, NIGHT).figures.rejected == 0
    with writing(database) as connection:
        change_threshold(connection, store.batch.model_id, 0.4, "test", ENGINEER)
    with reading(database) as connection:
        assert shift_report(connection, now).figures.threshold_changes == 1


@pytest.mark.parametrize("station", [None, "line 1"])
def test_a_shift_is_cut_out_of_an_index(database: Engine, station: str | None) -> None:
    fill(database, [NIGHT.begins + timedelta(minutes=minute) for minute in range(0, 600, 9)])
    with reading(database) as connection, plans(connection) as found:
        list(shift_parts(connection, NIGHT, station))
        shift_report(connection, NIGHT, station)
    assert found
    for plan in found:
        assert "SCAN inspection" not in plan, plan
        assert "Seq Scan on inspection" not in plan, plan
        assert "SCAN rejection" not in plan, plan
    assert sum("ix_inspection_" in plan for plan in found) >= 4


def test_the_command_writes_three_files(
    database: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLANT_TIME_ZONE", "Europe/Berlin")
    fill(database, [NIGHT.begins + timedelta(minutes=minute) for minute in range(0, 540, 9)])
    table = tmp_path / "night.csv"
    report(NIGHT.key, table, None, database_url)
    data = table.read_bytes()
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert len(rows) == 60
    summary = (tmp_path / "night.summary.csv").read_text(encoding="utf-8-sig")
    assert "inspected,60,parts with a verdict" in summary
    content = json.loads((tmp_path / "night.manifest.json").read_bytes())
    assert content["files"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert content["files"][0]["rows"] == 60
    said = capsys.readouterr().err.splitlines()
    assert any(line.split()[:2] == ["inspected", "60"] for line in said)


def test_a_shift_that_is_none_and_a_place_that_is_none(
    database: Engine, database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="DATE:NAME"):
        report("yesterday", None, None, database_url)
    with pytest.raises(SettingsError, match="early, late, night"):
        report("2026-10-24:noon", None, None, database_url)
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        report(NIGHT.key, tmp_path / "no" / "a.csv", None, database_url)
