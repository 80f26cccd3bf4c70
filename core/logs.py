"""Structured logs: one JSON object per line on standard error.

    {"at": "2026-11-23T09:15:04.120Z", "level": "info", "logger": "services.demo",
     "event": "batch finished", "batch": 12, "inspected": 620, ...}

One line per part at level DEBUG, one per batch at INFO, and every failure with its batch and
its files. Nothing that comes from outside can begin a new line or field: it
is quoted as JSON. Settings are never logged, so neither are the secrets among them.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum

OURS = ("cli", "core", "db", "pages", "services")
_FIELDS = "fields"


class Level(StrEnum):
    """How much is logged; each level includes those after it."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """``at`` (UTC), ``level``, ``logger``, ``event``, then the event's own fields."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= getattr(record, _FIELDS, {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(level: Level) -> None:
    """Write this program's logs from ``level`` on; a second call only changes the level."""
    for name in OURS:
        logger = logging.getLogger(name)
        logger.setLevel(level.value)
        if not any(isinstance(handler.formatter, JsonLines) for handler in logger.handlers):
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(JsonLines())
            logger.addHandler(handler)


def fields(**values: object) -> dict[str, dict[str, object]]:
    """What a line tells beside its event: ``log.info("batch finished", extra=fields(batch=7))``."""
    return {_FIELDS: values}
