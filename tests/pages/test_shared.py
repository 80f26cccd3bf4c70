"""What pages share: cached reads, and the chart script that the browser loads ahead."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import streamlit as st
from sqlalchemy import Connection

from core.process.shifts import DEFAULT_SHIFTS, Calendar, read_calendar
from db.session import connect
from pages.shared.cached_read import cached_read
from pages.shared.chart_script import SCRIPTS, script
from pages.shared.services import Services


def test_a_read_is_asked_again_for_other_data_and_other_questions(tmp_path: Path) -> None:
    st.cache_data.clear()
    asked: list[object] = []

    def query(_connection: Connection, calendar: Calendar, station: str | None) -> int:
        asked.append((calendar, station))
        return len(asked)

    database = connect(f"sqlite:///{tmp_path / 'qc.db'}")
    given: Any = SimpleNamespace(database=database, settings=SimpleNamespace(database_url="a"))
    services = cast(Services, given)
    berlin, utc = (read_calendar(zone, DEFAULT_SHIFTS) for zone in ("Europe/Berlin", "UTC"))
    questions = [("1", berlin, None), ("1", berlin, "line 1"), ("1", utc, None), ("2", utc, None)]
    for _ in range(2):
        found = [cached_read(services, version, query, *rest) for version, *rest in questions]
        assert found == [1, 2, 3, 4]
    given.settings.database_url = "b"
    assert cached_read(services, "1", query, berlin, None) == 5
    database.dispose()


def test_the_chart_script_is_in_the_installed_streamlit() -> None:
    assert (SCRIPTS / script()).is_file()
