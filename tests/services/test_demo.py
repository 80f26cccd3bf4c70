"""A demonstration: made only in an empty database, marked, found by the chart, cleared whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from streamlit.testing.v1 import AppTest

from cli.demo import demo as demo_command
from core.errors import DemonstrationRefused, NotAllowed
from core.inspection.images import decode
from core.inspection.records import Photograph, Verdict
from core.people import Person, Role
from core.process.control_chart import segments
from core.process.trends import Grain, buckets_of, runs_of
from core.settings import read_settings
from core.synthetic.production import (
    PARTS,
    SHIFTED_STATION,
    STATIONS,
    MadePart,
    photograph_of,
    production,
)
from db.demonstration import begin_demonstration, clear_demonstration, demonstration_of
from db.inspections.batches import unfinished_batches
from db.inspections.models import known_models
from db.people import give_role, roles
from db.process.control_chart import frozen_baselines, signal_notes
from db.process.trends import cells
from db.review.decisions import names_of
from db.review.queue import stations
from db.schema import batch, demonstration, inspection, metadata, photograph
from db.selection import Selection
from db.session import connect, reading, writing
from db.thresholds import change_threshold, threshold_changes
from services import application
from services import demo as service
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine
from tests.opened_page import OpenApp
from tests.stored_parts import open_store, outcome_of

ENGINEER = Person("Eva", "eva@plant.example", True, Role.ENGINEER)


def plain_picture(part: MadePart) -> Photograph:
    """A small picture that is bright where the part is defective, no two alike."""
    noise = np.random.default_rng(part.seed).integers(0, 20, (64, 64), np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise + np.uint8(170 if part.defect else 50)).save(buffer, format="PNG")
    return Photograph(part.name, buffer.getvalue())


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Engine]:
    """A demonstration of plain pictures, made once for the tests that only look."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'qc.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "photograph_of", plain_picture)
        patch.setattr(application, "load_engine", lambda *_, **__: BrightnessEngine())
        with application.opened(None, url) as opened:
            service.make_demonstration(opened, progress=lambda _done, _total: None)
    engine = connect(url)
    yield engine
    engine.dispose()


def begin(database: Engine) -> None:
    with writing(database) as connection:
        begin_demonstration(connection)


def count_of(database: Engine, table) -> int:
    with reading(database) as connection:
        return connection.scalar(select(func.count()).select_from(table))


@pytest.mark.slow
def test_it_is_production_of_thirty_days_at_three_stations(demo):
    with reading(demo) as connection:
        assert demonstration_of(connection) is not None
        assert stations(connection) == list(STATIONS)
        first, last = connection.execute(
            select(func.min(inspection.c.inspected_at), func.max(inspection.c.inspected_at))
        ).one()
        model = known_models(connection)[0]
        names = names_of(connection)
        changes = threshold_changes(connection, model.id)
        late = (batch.c.created_at > inspection.c.inspected_at) & (
            inspection.c.batch_id == batch.c.id
        )
        undated = connection.scalar(select(func.count()).where(late))
        unfinished = unfinished_batches(connection)
        verdicts = set(connection.scalars(select(inspection.c.verdict).distinct()))
        made_at = connection.scalar(select(demonstration.c.made_at))
    assert 25 < (last - first).days <= 30
    assert last <= made_at
    assert undated == 0
    assert len(names) == 3
    assert unfinished == []
    assert [change.changed_at < made_at for change in changes] == [True, True]
    assert {Verdict.DEFECTIVE, Verdict.OK} <= verdicts
    assert 0.8 * PARTS < count_of(demo, inspection) < 1.2 * PARTS


@pytest.mark.slow
def test_the_control_chart_finds_the_shift_at_its_station_after_it_began(demo):
    with reading(demo) as connection:
        made_at = connection.scalar(select(demonstration.c.made_at))
        first = connection.scalar(select(func.min(inspection.c.inspected_at)))
        calendar = read_settings().calendar
        buckets = buckets_of(calendar, Grain.SHIFT, calendar.shift_of(first).begins, made_at)
        frozen = frozen_baselines(connection, SHIFTED_STATION, Grain.SHIFT)
        charted = segments(
            runs_of(cells(connection, buckets, Selection(SHIFTED_STATION))),
            SHIFTED_STATION,
            Grain.SHIFT,
            frozen,
        )
        notes = signal_notes(connection, SHIFTED_STATION, Grain.SHIFT, first, made_at)
    *_, segment = charted
    assert segment.frozen is not None
    above = [
        buckets[segment.run.cells[signal.at].bucket].begins
        for signal in segment.signals
        if signal.side > 0
    ]
    began, ended = made_at - timedelta(days=9), made_at - timedelta(days=2)
    assert any(began < begins < ended for begins in above)
    assert [note.cause for note in notes] == [service.CAUSE]


def test_it_is_refused_where_anything_is_stored(database):
    open_store(database).record([outcome_of("part.jpg", b"a part", log_odds=2)])
    with pytest.raises(DemonstrationRefused, match="in use"):
        begin(database)
    with (
        pytest.raises(DemonstrationRefused, match="no demonstration"),
        writing(database) as connection,
    ):
        clear_demonstration(connection, ENGINEER)
    assert count_of(database, inspection) == 1


def test_a_refused_command_writes_nothing(database, database_url, monkeypatch):
    begin(database)
    monkeypatch.setattr(application, "load_engine", lambda *_, **__: BrightnessEngine())
    with pytest.raises(DemonstrationRefused, match="already"):
        demo_command(database_url)
    assert {table.name: count_of(database, table) for table in metadata.sorted_tables} == {
        table.name: int(table is demonstration) for table in metadata.sorted_tables
    }


def test_it_is_refused_twice(database):
    begin(database)
    with pytest.raises(DemonstrationRefused, match="already"):
        begin(database)


def test_the_mark_cannot_be_taken_away(database):
    begin(database)
    for change in (demonstration.delete(), demonstration.update().values(id=1)):
        with pytest.raises(DBAPIError), writing(database) as connection:
            connection.execute(change)


def test_clearing_leaves_models_and_roles_and_a_database_that_works(database):
    with writing(database) as connection:
        give_role(connection, ENGINEER, "ann@plant.example", Role.REVIEWER)
    begin(database)
    store = open_store(database)
    store.record([outcome_of("part.jpg", b"a part", log_odds=2)])
    with writing(database) as connection:
        change_threshold(connection, store.batch.model_id, 0.7, "to see", ENGINEER)
    with reading(database) as connection:
        found = demonstration_of(connection)
        assert found is not None
        assert found.parts_since == 1
    with writing(database) as connection:
        clear_demonstration(connection, ENGINEER)

    assert count_of(database, photograph) == count_of(database, inspection) == 0
    with reading(database) as connection:
        assert demonstration_of(connection) is None
        (model,) = known_models(connection)
        assert model.id == store.batch.model_id
        assert len(threshold_changes(connection, model.id)) == 1
        assert [entry.email for entry in roles(connection)] == ["ann@plant.example"]
    open_store(database).record([outcome_of("part.jpg", b"a part", log_odds=2)])
    with pytest.raises(DBAPIError), writing(database) as connection:
        connection.execute(inspection.delete())


def test_only_an_engineer_clears_it(database):
    begin(database)
    reviewer = Person("Ann", None, False, Role.REVIEWER)
    with pytest.raises(NotAllowed), writing(database) as connection:
        clear_demonstration(connection, reviewer)


def test_every_table_is_known_to_what_clears_it(database):
    with reading(database) as connection:
        names = set(connection.dialect.get_table_names(connection, schema=None))
    assert names - {"alembic_version"} == set(metadata.tables)


def test_the_same_part_is_rendered_alike_and_another_differs():
    lots = production(read_settings().calendar, datetime.now(UTC), 7, 300, seed=5)
    first, second, *_ = [part for lot in lots for part in lot.parts]
    assert photograph_of(first).data == photograph_of(first).data != photograph_of(second).data
    assert decode(photograph_of(first).data).width == 300


def test_nobody_works_on_sundays():
    lots = production(read_settings().calendar, datetime.now(UTC), 30, 600, seed=5)
    assert {lot.shift.day.weekday() for lot in lots} == set(range(6))


def test_only_the_demonstration_sets_the_clock():
    users = {
        path.relative_to(ROOT).as_posix()
        for folder in ("cli", "core", "db", "pages", "services")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bas_of\b", path.read_text())
    }
    assert users == {"core/clock.py", "services/demo.py"}


@pytest.fixture
def app(open_app: OpenApp, sqlite_url: str) -> AppTest:
    """The app's first page, on a database that is marked as a demonstration."""
    begin(connect(sqlite_url))
    return open_app()


def clearing(app: AppTest) -> list[str]:
    return [button.label for button in app.button if "demonstration" in button.label]


def test_a_banner_says_so_on_every_page_and_one_click_clears_it(app, sqlite_url):
    app.run()
    for name in ("inspection", "review", "threshold", "trends", "report", "model", "people"):
        app.switch_page(f"{name}/page.py").run()
        assert not app.exception
        assert any("nothing here is real" in text.value for text in app.text), name
    app.switch_page("inspection/page.py").run()
    app.button[0].click().run()
    assert clearing(app) == []
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        assert demonstration_of(connection) is None
    engine.dispose()


def test_clearing_asks_first_where_people_added_something(app, sqlite_url):
    engine = connect(sqlite_url)
    open_store(engine).record([outcome_of("part.jpg", b"a part", log_odds=2)])
    app.run()
    assert clearing(app) == ["Clear the demonstration ..."]
    app.button[0].click().run()
    assert count_of(engine, inspection) == 1
    next(button for button in app.button if button.label == "Remove everything").click().run()
    assert count_of(engine, inspection) == 0
    engine.dispose()


def test_who_may_not_clear_it_is_not_offered_to(app, monkeypatch):
    monkeypatch.setenv("UNVERIFIED_ROLE", "reviewer")
    app.run()
    assert clearing(app) == []
