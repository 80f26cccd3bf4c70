"""``python -m core watch`` as a person starts and stops it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.people import Person, Role
from core.synthetic.samples import write_samples
from db.inspections.batches import recent_batches, unfinished_batches
from db.inspections.models import known_models
from db.inspections.parts import Part, Sort, gallery
from db.session import connect, reading, writing
from db.thresholds import change_threshold
from tests.conftest import ROOT

SECONDS = 120
ENGINEER = Person("Ben", "ben@plant.example", True, Role.ENGINEER)


def parts_of(url: str, batch_id: int, count: int) -> list[Part]:
    """The batch's parts as they came, once there are so many."""
    engine = connect(url)
    deadline = time.monotonic() + SECONDS
    while True:
        with reading(engine) as connection:
            parts = gallery(connection, batch_id, sort=Sort.ORDER)
        if len(parts) >= count or time.monotonic() > deadline:
            engine.dispose()
            return parts
        time.sleep(0.1)


@pytest.mark.slow
def test_files_that_wait_come_in_order_and_a_new_threshold_holds_for_those_after_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    folder, source = tmp_path / "in", tmp_path / "source"
    folder.mkdir()
    write_samples(source, 13, seed=6)
    *waiting, late = sorted(source.glob("*.jpg"), key=lambda path: path.name[::-1])
    for age, path in enumerate(reversed(waiting)):
        shutil.copy(path, folder / path.name)
        at = time.time() - 60 - age
        os.utime(folder / path.name, (at, at))
    command = [sys.executable, "-m", "core", "watch", str(folder), "--station", "line 7"]
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            [*command, "--database-url", sqlite_url], cwd=ROOT, stdout=log, stderr=log
        )
        parts = parts_of(sqlite_url, 1, 12)
        assert [part.file for part in parts] == [path.name for path in waiting]
        assert {part.station for part in parts} == {"line 7"}
        engine = connect(sqlite_url)
        with writing(engine) as connection:
            (model,) = known_models(connection)
            change_threshold(connection, model.id, 0.123, "a test", ENGINEER)
        time.sleep(1.5)  # The service asks once a second.
        shutil.copy(late, folder)
        assert [part.inspection.threshold for part in parts_of(sqlite_url, 2, 1)] == [0.123]
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
        log.seek(0)
        assert "Stopped. 13 files were inspected, 0 of them rejected." in log.read()
    with reading(engine) as connection:
        assert unfinished_batches(connection) == []
        batches = recent_batches(connection)
    engine.dispose()
    assert [batch.total for batch in batches] == [1, 12]
