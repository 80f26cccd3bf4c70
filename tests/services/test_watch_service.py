"""The watch folder service while folders go and come, and while its camera is frozen."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.settings import Settings
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import unfinished_batches
from db.inspections.parts import gallery, gallery_size
from db.session import reading
from db.watch_folder import watchers
from services.application import Application, registered_model
from services.inspection.watch_folder import WatchReport, watch_folder
from tests.fakes import BrightnessEngine

PARTS = [encode_jpeg(part) for part in sample_parts(6, seed=12)]
ENGINE = BrightnessEngine()
SECONDS = 60


@pytest.fixture
def application(database: Engine, tmp_path: Path) -> Application:
    model = registered_model(database, ENGINE.card, "tests")
    settings = Settings(spool_folder=tmp_path / "spool")
    return Application(settings, database, ENGINE, model, "")


@dataclass
class Service:
    """A watch folder service in a thread."""

    application: Application
    folder: Path
    move_to: Path | None
    said: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    report: WatchReport | None = None

    def __enter__(self) -> Service:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def _run(self) -> None:
        self.report = watch_folder(
            self.application,
            self.folder,
            "line 1",
            self.move_to,
            0.2,
            self.stop,
            progress=lambda *_: None,
            say=self.said.append,
        )

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(SECONDS)

    def trouble(self) -> str:
        """What the service last recorded."""
        with reading(self.application.database) as connection:
            return next((item.trouble or "" for item in watchers(connection)), "")


def until(condition: Callable[[], bool]) -> None:
    """Wait for it; fail where it does not come."""
    ends = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def content(folder: Path) -> set[bytes]:
    return {os.fsencode(path.name) for path in folder.glob("*")}


def test_a_folder_that_goes_away_and_comes_back_loses_no_file_and_none_is_moved_twice(
    application: Application, tmp_path: Path
) -> None:
    folder, done, away = tmp_path / "in", tmp_path / "done", tmp_path / "away"
    folder.mkdir()
    with Service(application, folder, done) as service:
        name = os.fsdecode(b"\xff [b] 0.jpg")
        (folder / name).write_bytes(PARTS[0])
        until(lambda: content(done) == {b"\xff [b] 0.jpg"})
        folder.rename(away)
        until(lambda: "is gone" in service.trouble())
        (away / "1.jpg").write_bytes(PARTS[1])
        away.rename(folder)
        until(lambda: "1.jpg" in {path.name for path in done.iterdir()})
        until(lambda: not service.trouble())
        done.rename(away)
        (folder / "2.jpg").write_bytes(PARTS[2])
        until(lambda: "cannot be moved" in service.trouble())
        assert not done.exists()
        assert (folder / "2.jpg").exists()
        away.rename(done)
        until(lambda: (done / "2.jpg").exists())
        until(lambda: not service.trouble())
    assert service.report == WatchReport(3, 0)
    # Whether the system could tell of the name that is not UTF-8 depends on when it came.
    assert len([text for text in service.said if "gives no events" not in text]) == 3
    with reading(application.database) as connection:
        assert unfinished_batches(connection) == []
        files = {part.file for part in gallery(connection)}
    assert files == {r"\xff [b] 0.jpg", "1.jpg", "2.jpg"}


def test_a_frozen_camera_is_told_until_it_delivers_another_picture(
    application: Application, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with Service(application, folder, None) as service:
        for number in range(6):
            (folder / f"{number}.jpg").write_bytes(PARTS[0])
        until(lambda: "frozen" in service.trouble())
        (folder / "other.jpg").write_bytes(PARTS[1])
        until(lambda: not service.trouble())
    assert [text[:22] for text in service.said] == [
        "The camera is frozen: ",
        "The camera delivers ot",
    ]


def test_a_watcher_knows_its_files_of_a_folder_that_is_not_utf_8(
    application: Application, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"in \xe9")
    folder.mkdir()
    for number, data in enumerate(PARTS):
        (folder / os.fsdecode(b"%d \xff.jpg" % number)).write_bytes(data)
    with Service(application, folder, None) as service:
        until(lambda: stored(application) == len(PARTS))
        time.sleep(1.5)  # Every second it is noted what was done.
    assert service.report == WatchReport(len(PARTS), 0)
    with Service(application, folder, None) as service:
        (folder / "new.jpg").write_bytes(PARTS[0] + b"new")
        until(lambda: stored(application) == len(PARTS) + 1)
    assert service.report == WatchReport(1, 0)


def stored(application: Application) -> int:
    with reading(application.database) as connection:
        return gallery_size(connection)
