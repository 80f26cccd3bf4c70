"""Settings that engineers change: the environment gives them, the log here wins over it.

    settings = settings_in_force(connection, read_settings())

Only :data:`core.settings.CHANGEABLE` are ever in the log; what an entry says is checked as it
is written, by the same rules as the environment's values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, func, select, text

from core.clock import now
from core.errors import SettingsError
from core.people import Person, Role, require
from core.settings import Settings, changed
from db.schema import setting_change


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One entry of the log; ``value`` is None where a setting went back to the environment's."""

    id: int
    name: str
    value: str | None
    previous: str
    reason: str
    changed_by: str
    changed_at: datetime


def settings_in_force(connection: Connection, given: Settings) -> Settings:
    """The environment's settings with what engineers changed; raises SettingsError."""
    log = setting_change.c
    latest = select(func.max(log.id)).group_by(log.name)
    rows = connection.execute(select(log.name, log.value).where(log.id.in_(latest)))
    return _changed(given, frozenset((name, value) for name, value in rows if value is not None))


def change_settings(
    connection: Connection,
    person: Person,
    given: Settings,
    values: Mapping[str, str | None],
    reason: str,
) -> Settings:
    """Log new values by name, None for the environment's; returns what is in force then.

    A value that is in force already adds no entry. Raises NotAllowed unless ``person`` is an
    engineer; SettingsError without a reason, without a difference, for a value that cannot be
    used, and for a setting that is not changed here; then nothing is stored.
    """
    require(person, Role.ENGINEER)
    why = " ".join(reason.replace("\x00", "").split())
    if not why:
        raise SettingsError("Say why the settings are changed; the log keeps it.")
    if connection.dialect.name == "postgresql":
        # Two engineers at once: the second waits here, and on SQLite before this.
        connection.execute(text("LOCK TABLE setting_change IN SHARE ROW EXCLUSIVE MODE"))
    before = settings_in_force(connection, given)
    wanted = {
        name: str(getattr(given, name, "")) if value is None else value
        for name, value in values.items()
    }
    after = changed(before, wanted)
    different = [name for name in wanted if getattr(after, name) != getattr(before, name)]
    if not different:
        raise SettingsError("These settings are in force already; nothing was changed.")
    connection.execute(
        setting_change.insert(),
        [
            {
                "name": name,
                "value": None if values[name] is None else _text(after, name),
                "previous": _text(before, name),
                "reason": why,
                "changed_by": person.signature,
                "changed_at": now(),
            }
            for name in different
        ],
    )
    return settings_in_force(connection, given)


def setting_changes(connection: Connection, limit: int = 100) -> list[SettingChange]:
    """The latest entries of the log, the newest first."""
    rows = connection.execute(
        select(setting_change).order_by(setting_change.c.id.desc()).limit(limit)
    )
    return [SettingChange(*row) for row in rows]


def _text(settings: Settings, name: str) -> str:
    return str(getattr(settings, name))


@lru_cache(maxsize=16)
def _changed(given: Settings, changes: frozenset[tuple[str, str]]) -> Settings:
    return changed(given, dict(changes))
