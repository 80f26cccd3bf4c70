"""Settings that engineers change: logged for good, and winning over the environment."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from core.errors import NotAllowed, SettingsError
from core.people import Person, Role
from core.settings import CHANGEABLE, Settings
from db.inspections.parts import data_version
from db.schema import setting_change
from db.session import connect, reading, writing
from db.settings import SettingChange, change_settings, setting_changes, settings_in_force

ENGINEER = Person("Eva", "eva@plant.example", True, Role.ENGINEER)
GIVEN = Settings(_env_file=None, audit_rate=0.1, stations="line 1")


def change(database: Engine, values: dict[str, str | None], reason: str = "as agreed") -> Settings:
    with writing(database) as connection:
        return change_settings(connection, ENGINEER, GIVEN, values, reason)


def in_force(database: Engine) -> Settings:
    with reading(database) as connection:
        return settings_in_force(connection, GIVEN)


def log(database: Engine) -> list[SettingChange]:
    with reading(database) as connection:
        return setting_changes(connection)


def test_without_a_change_the_environment_rules(database):
    assert in_force(database) == GIVEN
    assert log(database) == []


def test_a_change_is_in_force_and_in_the_log(database):
    assert change(database, {"audit_rate": "0.2", "takt_seconds": "12"}).audit_rate == 0.2
    now = in_force(database)
    assert (now.audit_rate, now.takt_seconds) == (0.2, 12.0)
    assert now.stations == "line 1"
    newest, first = log(database)
    assert (first.name, first.previous, first.value) == ("audit_rate", "0.1", "0.2")
    assert newest.changed_by == "Eva <eva@plant.example>"
    assert newest.reason == "as agreed"


def test_a_setting_goes_back_to_the_environment(database):
    change(database, {"audit_rate": "0.2"})
    change(database, {"audit_rate": None}, "the trial is over")
    assert in_force(database).audit_rate == 0.1
    assert [entry.value for entry in log(database)] == [None, "0.2"]


def test_what_is_in_force_already_adds_no_entry(database):
    change(database, {"audit_rate": "0.2", "stations": "line 1"})
    assert [entry.name for entry in log(database)] == ["audit_rate"]
    with pytest.raises(SettingsError, match="already"):
        change(database, {"audit_rate": "0.20"})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"audit_rate": "2"}, "AUDIT_RATE"),
        ({"audit_rate": "often"}, "AUDIT_RATE"),
        ({"shifts": "early 06:00-14:00"}, "SHIFTS"),
        ({"plant_time_zone": "Mars"}, "PLANT_TIME_ZONE"),
        ({"takt_seconds": "0"}, "TAKT_SECONDS"),
        ({"retention_days": "-1"}, "RETENTION_DAYS"),
        ({"database_url": "sqlite:///other.db"}, "DATABASE_URL"),
    ],
)
def test_what_cannot_be_used_is_refused_whole(sqlite_url, values, said):
    database = connect(sqlite_url)
    with pytest.raises(SettingsError, match=said):
        change(database, {"takt_seconds": "12"} | values)
    assert log(database) == []
    database.dispose()


def test_a_reason_is_needed(database):
    with pytest.raises(SettingsError, match="why"):
        change(database, {"audit_rate": "0.2"}, "  ")


def test_only_an_engineer_changes_settings(database):
    reviewer = Person("Ann", None, False, Role.REVIEWER)
    with pytest.raises(NotAllowed), writing(database) as connection:
        change_settings(connection, reviewer, GIVEN, {"audit_rate": "0.2"}, "because")


def test_entries_cannot_be_changed_or_deleted(database):
    change(database, {"audit_rate": "0.2"})
    for statement in (setting_change.delete(), setting_change.update().values(value="0.3")):
        with pytest.raises(DBAPIError), writing(database) as connection:
            connection.execute(statement)


def test_a_change_makes_counts_of_shifts_anew(database):
    with reading(database) as connection:
        before = data_version(connection)
    change(database, {"shifts": "early 05:00-13:00, late 13:00-21:00, night 21:00-05:00"})
    with reading(database) as connection:
        assert data_version(connection) != before


def test_settings_of_the_machine_are_not_among_them():
    assert not {"database_url", "spool_folder", "unverified_role", "station"} & set(CHANGEABLE)
