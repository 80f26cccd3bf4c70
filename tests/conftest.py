"""What tests need from the machine, and a reason to skip where it is absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from db.session import connect

if TYPE_CHECKING:
    from tests.opened_page import OpenApp

# No test fails for being slow: the machine may be busy with something else.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

ROOT = Path(__file__).resolve().parent.parent
PHOTOGRAPHS = ROOT.parent / "shared" / "casting"
CHROMIUM = Path("/usr/bin/chromium")
NGINX = Path("/usr/sbin/nginx")

_NEEDS = {
    "photographs": (
        PHOTOGRAPHS.is_dir,
        "the casting photographs are not in ../shared/casting",
    ),
    "postgres": (
        lambda: "TEST_POSTGRES_URL" in os.environ,
        "TEST_POSTGRES_URL does not name a PostgreSQL server",
    ),
    "nginx": (
        NGINX.is_file,
        "there is no nginx at /usr/sbin/nginx",
    ),
    "browser": (CHROMIUM.is_file, "there is no Chromium at /usr/bin/chromium"),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test as slow or fast, and skip those whose needs are absent."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker("slow")
        if not item.get_closest_marker("slow"):
            item.add_marker("fast")
    _skip_without_needs(items)


def _skip_without_needs(items: list[pytest.Item]) -> None:
    """Skip tests whose needs are absent; with REQUIRE_EVERYTHING set that is an error."""
    for name, (present, reason) in _NEEDS.items():
        if present():
            continue
        if os.environ.get("REQUIRE_EVERYTHING"):
            raise pytest.UsageError(f"REQUIRE_EVERYTHING is set, but {reason}")
        for item in items:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE_EVERYTHING set, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    if os.environ.get("REQUIRE_EVERYTHING") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of real casting photographs; for tests marked ``photographs``."""
    return PHOTOGRAPHS


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

    def remembered(url: str) -> Engine:
        opened.append(connect(url))
        return opened[-1]

    monkeypatch.setattr("pages.shared.services.connect", remembered)
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


@pytest.fixture
def open_app(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Opens the app without a browser, on an empty database."""
    # Here, so that only tests of pages wait for Streamlit.
    from tests.opened_page import opener

    with opener(tmp_path, sqlite_url, monkeypatch) as open_app:
        yield open_app


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty database that this test has to itself."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A migrated database that this test has to itself."""
    engine = connect(database_url)
    yield engine
    engine.dispose()
