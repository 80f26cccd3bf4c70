"""Every source of photographs: its batch is finished, and one that broke off is continued."""

from __future__ import annotations

import io
import os
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.errors import StoreUnavailable
from core.inspection.spool import spool_name
from core.settings import Settings
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import (
    Batch,
    batch_summary,
    finish_batch,
    latest_batch,
    open_batch,
    recent_batches,
    unfinished_batches,
)
from db.inspections.store import BatchStore
from db.session import reading, writing
from services.application import Application, registered_model
from services.inspection import camera, uploads
from services.inspection.batch_worker import BatchWorker
from services.inspection.files import inspect_files, photograph_files
from services.inspection.watch_folder import watch_folder
from tests.fakes import BrightnessEngine, Upload

PARTS = [encode_jpeg(part) for part in sample_parts(6, seed=12)]
ENGINE = BrightnessEngine()
SECONDS = 60


@pytest.fixture
def application(database: Engine, tmp_path: Path) -> Application:
    model = registered_model(database, ENGINE.card, "tests")
    settings = Settings(spool_folder=tmp_path / "spool")
    return Application(settings, database, ENGINE, model, "")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A store that breaks off after two photographs; calling the fixture mends it."""
    record, stored = BatchStore.record, []

    def two(self: BatchStore, outcomes: list[object]) -> object:
        if len(stored) == 2:
            raise StoreUnavailable("The disk of the database is full.")
        stored.extend(outcomes[: 2 - len(stored)])
        record(self, outcomes[:1])  # type: ignore[arg-type]
        raise StoreUnavailable("The disk of the database is full.")

    monkeypatch.setattr(BatchStore, "record", two)
    return monkeypatch.undo


def batches(application: Application) -> list[Batch]:
    with reading(application.database) as connection:
        return recent_batches(connection)


def check_finished(application: Application, source: str, inspected: int = len(PARTS)) -> None:
    (batch,) = batches(application)
    with reading(application.database) as connection:
        assert unfinished_batches(connection) == []
        summary = batch_summary(connection, batch.id)
    assert summary is not None
    assert batch.source == source
    assert (summary.inspected, summary.total) == (inspected, inspected)


def files() -> list[Upload]:
    return [Upload(f"{number}.jpg", data) for number, data in enumerate(PARTS)]


def folder_of_files() -> list[Upload]:
    return [Upload(f"pallet/{number}.jpg", data) for number, data in enumerate(PARTS)]


def archive() -> list[Upload]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for number, data in enumerate(PARTS):
            target.writestr(f"{number}.jpg", data)
    return [Upload("shift.zip", buffer.getvalue())]


@pytest.mark.parametrize("given", [files, folder_of_files, archive])
def test_an_upload_is_finished_and_resumed(
    application: Application, broken: Callable[[], None], given: Callable[[], list[Upload]]
) -> None:
    worker = BatchWorker()
    number = uploads.inspect_uploads(application, worker, given(), "pallet 7", "line 1")
    worker.wait(number, SECONDS)
    (batch,) = batches(application)
    assert batch.finished_at is None
    broken()
    uploads.resume(application, worker, batch)
    worker.wait(number, SECONDS)
    check_finished(application, "upload")
    assert uploads.waiting_photographs(application.settings, batch) is None


def test_samples_are_finished(application: Application) -> None:
    worker = BatchWorker()
    worker.wait(uploads.inspect_samples(application, worker), SECONDS)
    check_finished(application, "samples", uploads.SAMPLES)


def inspect(application: Application, folder: Path) -> None:
    paths = sorted(folder.glob("*.jpg"))
    inspect_files(application, paths, "in", progress=lambda *_: None, say=lambda _: None)


def test_the_same_command_again_continues_its_batch(
    application: Application, broken: Callable[[], None], tmp_path: Path
) -> None:
    for number, data in enumerate(PARTS):
        (tmp_path / f"{number}.jpg").write_bytes(data)
    with pytest.raises(StoreUnavailable):
        inspect(application, tmp_path)
    assert [batch.finished_at for batch in batches(application)] == [None]
    broken()
    inspect(application, tmp_path)
    check_finished(application, "command line")
    inspect(application, tmp_path)
    assert len(batches(application)) == 2


def watch(application: Application, folder: Path, count: int = len(PARTS)) -> None:
    stop = threading.Event()

    def progress(done: int, _total: int) -> None:
        if done >= count:
            stop.set()

    watch_folder(
        application, folder, "line 1", None, 0.0, stop, progress=progress, say=lambda _: None
    )


def test_a_watcher_that_starts_again_continues_its_batch(
    application: Application, broken: Callable[[], None], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, data in enumerate(PARTS):
        (folder / f"{number}.jpg").write_bytes(data)
    with pytest.raises(StoreUnavailable):
        watch(application, folder)
    assert [batch.finished_at for batch in batches(application)] == [None]
    broken()
    watch(application, folder)
    check_finished(application, "watch folder")


def test_in_a_folder_the_command_line_passes_over_what_is_passed_over_everywhere(
    application: Application, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    for name in ("a.jpg", "deep/b", "@eaDir/a.jpg", ".x/a.jpg", "Thumbs.db", "c.jpg.part", "d.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PARTS[0])
    named = tmp_path / os.fsdecode(b"\xff.ok")
    named.write_bytes(PARTS[1])
    files, skipped = photograph_files([folder, named])
    assert files == [folder / "a.jpg", folder / "deep/b", named]
    assert skipped == 1
    table = tmp_path / "table.csv"
    inspect_files(
        application, files, str(named), csv=table, progress=lambda *_: None, say=lambda _: None
    )
    assert rf"{tmp_path}/\xff.ok" in table.read_text(encoding="utf-8")
    check_finished(application, "command line", 3)


def test_a_camera_batch_is_finished_after_every_photograph_and_extended_by_the_next(
    application: Application,
) -> None:
    for number, data in enumerate(PARTS, 1):
        camera.inspect_photograph(application, "line 1", data)
        check_finished(application, "camera", number)
    (batch,) = batches(application)
    assert batch.finished_at is not None
    assert batch.finished_at > batch.created_at


def test_a_camera_batch_that_broke_off_is_continued_by_the_next_photograph_or_finished_at_start(
    application: Application, broken: Callable[[], None]
) -> None:
    with pytest.raises(StoreUnavailable):
        camera.inspect_photograph(application, "line 1", PARTS[0])
    assert [batch.finished_at for batch in batches(application)] == [None]
    broken()
    camera.inspect_photograph(application, "line 1", PARTS[1])
    check_finished(application, "camera", 2)
    _, model = application.ready()
    with writing(application.database) as connection:
        left = open_batch(connection, "camera", "camera, 2020-01-01:late", "line 2", model.id, 0)
        other = open_batch(connection, "upload", "", "line 2", model.id, 3)
    camera.finish_left_open(application.database)
    with reading(application.database) as connection:
        assert [batch.id for batch in unfinished_batches(connection)] == [other.id]
        assert latest_batch(connection, "camera", left.label, "line 2", model.id) is not None


def test_photographs_of_finished_batches_are_swept_and_others_stay(
    application: Application,
) -> None:
    root, (_, model) = application.settings.spool_folder, application.ready()
    names = []
    with writing(application.database) as connection:
        for finished in (True, False):
            batch = open_batch(connection, "upload", "", "line 1", model.id, 1)
            names.append(spool_name(batch.id, batch.created_at))
            if finished:
                finish_batch(connection, batch.id)
    for name in (*names, "77-20200101T000000"):
        (root / name).mkdir(parents=True)
        (root / name / "manifest.json").write_text("[]")
    uploads.sweep_spool(application.settings, application.database)
    assert {path.name for path in root.iterdir()} == {names[1], "77-20200101T000000"}
    shutil.rmtree(root)
