"""Opening a database: addresses, migrations, and failures that say what to do."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.engine import make_url

from core.errors import SettingsError, StoreBusy, StoreUnavailable, StoreVersion
from db import schema, session
from db.inspections.batches import recent_batches
from db.inspections.parts import gallery_size
from db.inspections.store import BatchStore
from db.session import connect, reading, writing
from tests.conftest import ROOT
from tests.stored_parts import open_store, outcome


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def compared(_object: object, name: str | None, *_rest: object) -> bool:
    """Whether Alembic can compare it: not an index that differs between the two databases.

    That those two are there is seen in the query plans of the gallery.
    """
    return name not in ("ix_inspection_probability", "ix_batch_part_probability")


def test_an_empty_database_gets_the_schema(database: Engine) -> None:
    with reading(database) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": compared})
        assert context.get_current_revision() == session.newest_revision()
        assert compare_metadata(context, schema.metadata) == []
        found = inspect(connection).get_table_names()
    assert set(found) == {*schema.metadata.tables, "alembic_version"}


def test_the_newest_revision_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(session.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [session.newest_revision()]


def test_opening_again_changes_nothing_and_does_without_alembic(database_url: str) -> None:
    with opened(database_url) as engine:
        store = open_store(engine)
        store.record([outcome(1)])
    program = (
        "import sys\n"
        "from db.inspections.parts import gallery_size\n"
        "from db.session import connect, reading\n"
        "engine = connect(sys.argv[1])\n"
        "with reading(engine) as connection:\n"
        "    size = gallery_size(connection)\n"
        "engine.dispose()\n"
        'sys.stdout.write(f\'{size} {"alembic" in sys.modules} {"torch" in sys.modules}\')\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", program, database_url],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "1 False False"


def test_processes_that_start_at_once_share_one_new_database(database_url: str) -> None:
    program = "import sys; from db.session import connect; connect(sys.argv[1]).dispose()"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    with opened(database_url) as engine, reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    with opened(database_url) as engine, writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreVersion, match="Start the newer program"):
        connect(database_url)


def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = session._upgrade

    def break_off(connection: Any) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "_upgrade", break_off)
    with pytest.raises(KeyboardInterrupt):
        connect(database_url)
    monkeypatch.undo()
    with opened(database_url) as engine, reading(engine) as connection:
        assert gallery_size(connection) == 0


def test_downgrading_is_refused(database: Engine) -> None:
    from alembic import command

    open_store(database).record([outcome(1)])
    with database.connect() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(session.MIGRATIONS))
        with pytest.raises(StoreVersion, match="Restore a backup"):
            command.downgrade(config, "base")
    with reading(database) as connection:
        assert gallery_size(connection) == 1


def test_the_folder_of_the_database_is_created(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/new/folder/qc.db"):
        assert (tmp_path / "new" / "folder" / "qc.db").is_file()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "sqlite:///data/qc.db"),
        ("data/qc.db", "sqlite:///data/qc.db"),
        ("mysql://root@localhost/qc", "names mysql"),
        ("postgresql+psycopg2://localhost/qc", "names postgresql\\+psycopg2"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:qc?mode=memory&uri=true", "in memory"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_setting_to_correct(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        connect(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_addresses_in_every_spelling(scheme: str) -> None:
    address = session._address(f"{scheme}://ann:secret@server/qc")
    assert address.drivername == "postgresql+psycopg"
    assert address.password == "secret"  # noqa: S105


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(StoreUnavailable, match="does not answer") as caught:
        connect(f"postgres://ann:secret@127.0.0.1:{port}/qc")
    assert f"127.0.0.1:{port}/qc" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.postgres
def test_a_postgresql_database_that_is_not_there(postgresql_url: str) -> None:
    url = make_url(postgresql_url).set(database="not_there").render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match=r"does not exist\. Create it"):
        connect(url)


def test_a_read_only_database_can_be_read_and_says_why_nothing_is_stored(
    database_url: str,
) -> None:
    with opened(database_url) as engine:
        open_store(engine).record([outcome(1)])
    address = make_url(database_url)
    if address.get_backend_name() == "sqlite":
        read_only = f"sqlite:///file:{address.database}?mode=ro&uri=true"
    else:
        options = f"{address.query['options']} -cdefault_transaction_read_only=on"
        read_only = address.update_query_dict({"options": options}).render_as_string(
            hide_password=False
        )
    with opened(read_only) as engine:
        with reading(engine) as connection:
            batch = recent_batches(connection)[0]
            assert gallery_size(connection) == 1
        with pytest.raises(StoreUnavailable, match="can be read but not written"):
            BatchStore(engine, batch).record([outcome(2)])


def test_a_full_disk_stores_nothing_and_says_so(sqlite_url: str) -> None:
    with opened(sqlite_url) as engine:
        store = open_store(engine)
        store.record([outcome(1)])
        engine.dispose()

        def fill(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA max_page_count = 1").close()

        event.listen(engine, "connect", fill)
        with pytest.raises(StoreUnavailable, match="disk of the database is full"):
            store.record([outcome(number) for number in range(2, 20)])
        event.remove(engine, "connect", fill)
        engine.dispose()
        with reading(engine) as connection:
            assert gallery_size(connection) == 1
        store.record([outcome(number) for number in range(2, 20)])


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "qc.db").write_text("photographs of castings" * 100)
    with pytest.raises(StoreUnavailable, match="not a database, or it is damaged"):
        connect(f"sqlite:///{tmp_path / 'qc.db'}")


def test_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be created"):
        connect(f"sqlite:///{tmp_path}/file/qc.db")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        connect(f"sqlite:///{tmp_path}")


def test_a_database_that_another_program_holds_is_busy(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "WAIT_SECONDS", 1)
    with opened(sqlite_url) as holder, opened(sqlite_url) as engine:
        store = open_store(engine)
        with writing(holder):
            with reading(engine) as connection:
                assert gallery_size(connection) == 0
            with pytest.raises(StoreBusy, match="Try again"):
                store.record([outcome(1)])
        store.record([outcome(1)])
