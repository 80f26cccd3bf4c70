"""A line of the log for each part, at the level DEBUG, once it is stored."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from core.logs import JsonLines
from tests.stored_parts import open_store, outcome, rejected


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_each_part_is_a_line_at_debug_and_none_at_info(
    database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(database)
    caplog.set_level("INFO", "db")
    store.record([outcome(1)])
    assert lines(caplog) == []
    caplog.set_level("DEBUG", "db")
    name = 'part\n{"verdict": "ok"}.jpg'
    store.record([outcome(2, file=name, probability=0.75), rejected(3)])
    part, refused = lines(caplog)
    assert (part["event"], part["batch"], part["file"]) == ("part stored", store.batch.id, name)
    assert (part["verdict"], part["probability"]) == ("defective", 0.75)
    assert part["sha256"] == outcome(2).result.sha256
    assert (refused["verdict"], refused["file"]) == ("rejected", "broken_3.txt")
