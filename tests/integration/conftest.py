"""Databases for the tests: a SQLite file, and PostgreSQL where TEST_POSTGRES_URL names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

import db


@pytest.fixture
def sqlite_url(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Address of a SQLite file that does not exist yet.

    With TEST_PAGES_ON=postgresql the pages' tests, which need not know what they run on, get a
    PostgreSQL schema in its place: .ci/run runs them on both.
    """
    if os.environ.get("TEST_PAGES_ON") != "postgresql" or "_page" not in request.module.__name__:
        yield f"sqlite:///{tmp_path / 'qc.db'}"
        return
    opened: list[Engine] = []
    connect = db.connect

    def remembered(url: str) -> Engine:
        opened.append(connect(url))
        return opened[-1]

    monkeypatch.setattr(db, "connect", remembered)
    yield request.getfixturevalue("postgresql_url")
    # The app keeps its connections as long as the server runs; a test ends before that.
    for engine in opened:
        engine.dispose()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """Address of an empty PostgreSQL schema that this test has to itself."""
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set: no PostgreSQL to test on")
    address = make_url(url).set(drivername="postgresql+psycopg")
    schema = f"test_{uuid4().hex}"
    server = create_engine(address)
    try:
        with server.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        own = address.update_query_dict({"options": f"-csearch_path={schema}"})
        yield own.render_as_string(hide_password=False)
        with server.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    finally:
        server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty database that this test has to itself."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A migrated database that this test has to itself."""
    engine = db.connect(database_url)
    yield engine
    engine.dispose()
