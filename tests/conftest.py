"""What tests need from the machine, and a reason to skip where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
    "chromium": (CHROMIUM.is_file, "there is no Chromium at /usr/bin/chromium"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
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
    if os.environ.get("REQUIRE_EVERYTHING") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of real casting photographs; for tests marked ``photographs``."""
    return PHOTOGRAPHS
