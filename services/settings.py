"""Changing the plant's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Engine as Database

from core.people import Person
from core.settings import Settings
from db import settings
from db.session import write


def change_settings(
    database: Database,
    person: Person,
    given: Settings,
    values: Mapping[str, str],
    reason: str,
    *,
    busy: Callable[[], None],
) -> None:
    """Put ``values`` in force for everyone, logged with the reason.

    ``given`` are the settings of the environment, without engineers' changes. Raises NotAllowed
    unless ``person`` is an engineer, SettingsError for values that cannot be used or a missing
    reason, StoreError where nothing could be stored.
    """
    write(
        database,
        lambda connection: settings.change_settings(
            connection, person, given, dict(values), reason
        ),
        busy,
    )
