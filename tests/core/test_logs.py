"""Logs: one line of JSON each, whatever is in it, and never a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from core import logs
from core.logs import JsonLines, Level, configure, fields

EVIL = 'part\n{"level": "error"} \u202e \x1b[31m "x'


@pytest.fixture(autouse=True)
def _loggers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "OURS", ("a test of logs",))
    yield
    logging.getLogger("a test of logs").handlers.clear()


def test_a_line_is_json_whatever_it_tells(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Level.INFO)
    configure(Level.INFO)
    log = logging.getLogger("a test of logs.part")
    log.info("batch %s", "finished", extra=fields(batch=7, file=EVIL, at_all=None))
    log.debug("not this one")
    try:
        raise ValueError(EVIL)
    except ValueError:
        log.exception("failed")
    written = capsys.readouterr().err
    first, second = (json.loads(line) for line in written.splitlines())
    assert first["event"] == "batch finished"
    assert (first["level"], first["batch"], first["file"]) == ("info", 7, EVIL)
    assert first["at"].endswith("+00:00")
    assert "ValueError" in second["error"]
    assert written.isascii()


def test_the_level_can_be_changed(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Level.ERROR)
    log = logging.getLogger("a test of logs")
    log.info("no")
    configure(Level.DEBUG)
    log.debug("yes")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["yes"]


def test_a_number_that_json_cannot_keep_is_still_a_line() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "part stored", (), None)
    record.fields = {"probability": 0.5, "path": object()}
    assert json.loads(JsonLines().format(record))["probability"] == 0.5
