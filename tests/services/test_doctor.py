"""``python -m core doctor``: each fault is found, and says what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from cli.app import app
from core.errors import ModelAltered
from core.model import card
from db.inspections.batches import finish_batch
from db.inspections.parts import data_version
from db.session import connect, reading, writing
from db.watch_folder import Watcher, record_heartbeat
from services import doctor
from services.doctor import Health, check
from tests.stored_parts import MODEL, open_store, outcome


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOOL_FOLDER", str(tmp_path / "spool"))
    usage = shutil._ntuple_diskusage(10**12, 0, 10**12)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def findings(url: str) -> dict[str, tuple[Health, str]]:
    return {item.subject: (item.health, item.said) for item in check(url)}


def exit_code(url: str) -> int:
    return CliRunner().invoke(app, ["doctor", "--database-url", url]).exit_code


def test_a_healthy_installation_has_no_fault(database: Engine, database_url: str) -> None:
    store = open_store(database)
    store.record([outcome(1)])
    with writing(database) as connection:
        finish_batch(connection, store.batch.id)
    assert exit_code(database_url) == 0
    assert {health for health, _ in findings(database_url).values()} == {Health.GOOD}
    assert "1 parts" in findings(database_url)["database"][1]
    assert {"database", "migrations", "model", "clock", "permissions", "spool"} <= findings(
        database_url
    ).keys()


def test_batches_that_wait_are_a_warning(database: Engine, database_url: str) -> None:
    open_store(database).record([outcome(1)])
    health, said = findings(database_url)["batches"]
    assert health is Health.WARNING
    assert "oldest is number 1" in said
    assert exit_code(database_url) == 0


def future(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    open_store(engine).record([outcome(1, inspected_at=datetime.now(UTC) + timedelta(days=1))])
    return url


def newer(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    return url


def read_only(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return f"sqlite:///file:{address.database}?mode=ro&uri=true"
    options = f"{address.query['options']} -cdefault_transaction_read_only=on"
    return address.update_query_dict({"options": options}).render_as_string(hide_password=False)


def little_disk(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    usage = shutil._ntuple_diskusage(10**12, 10**12, 10**8)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    return url


def no_spool(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SPOOL_FOLDER", "/proc/nowhere")
    return url


def altered_model(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    def altered() -> None:
        raise ModelAltered("The graph is not the one on its card. Restore the models folder.")

    monkeypatch.setattr(doctor, "load_engine", altered)
    return url


def wrong_setting(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHIFTS", "early 06:00-14:00")
    return url


@pytest.mark.parametrize(
    ("fault", "subject", "says"),
    [
        (future, "clock", "in the future"),
        (newer, "database", "Start the newer program"),
        (read_only, "permissions", "read but not written"),
        (little_disk, "disk of the spool", "Free some disk"),
        (no_spool, "spool", "SPOOL_FOLDER"),
        (altered_model, "model", "Restore the models folder"),
        (wrong_setting, "settings", "SHIFTS"),
    ],
)
def test_a_fault_is_found_and_says_what_to_do(
    database: Engine,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Engine, str, pytest.MonkeyPatch], str],
    subject: str,
    says: str,
) -> None:
    url = fault(database, database_url, monkeypatch)
    health, said = findings(url)[subject]
    assert health is Health.FAULT
    assert says in said
    assert exit_code(url) == 1


def test_a_damaged_file_is_found(sqlite_url: str, tmp_path: Path) -> None:
    engine = connect(sqlite_url)
    for number in range(40):
        open_store(engine).record([outcome(number)])
    engine.dispose()
    path = tmp_path / "qc.db"
    data = path.read_bytes()
    middle = len(data) // 2 // 4096 * 4096
    path.write_bytes(data[:middle] + b"\xff" * 20_000 + data[middle + 20_000 :])
    health, said = findings(sqlite_url)["database"]
    assert health is Health.FAULT
    assert "Restore a backup" in said


def test_looking_changes_nothing(database: Engine, database_url: str) -> None:
    open_store(database).record([outcome(1)])

    def tables() -> list[object]:
        with reading(database) as connection:
            return [data_version(connection), connection.dialect.has_table(connection, "doctor")]

    before = tables()
    list(check(database_url))
    assert tables()[1] is False
    if database.dialect.name == "sqlite":
        assert tables() == before
    assert card.MODELS.is_dir()


def test_a_watch_folder_that_is_gone_is_a_fault_while_its_service_runs(
    database: Engine, database_url: str
) -> None:
    moment = datetime.now(UTC)
    at_work = Watcher("line 1", "/in", moment, 0, 250.0, 1.5, 2, "onnx", MODEL)
    ended = replace(at_work, station="line 2", seen_at=moment - timedelta(days=1), trouble="Old.")
    with writing(database) as connection:
        record_heartbeat(connection, at_work)
        record_heartbeat(connection, ended)
    assert findings(database_url)["watch folders"] == (Health.GOOD, "1 of 2 are running")
    with writing(database) as connection:
        record_heartbeat(connection, replace(at_work, trouble="The folder /in is gone."))
    said = (Health.FAULT, "line 1: The folder /in is gone.")
    assert findings(database_url)["watch folders"] == said
    assert exit_code(database_url) == 1
