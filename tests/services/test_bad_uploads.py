"""A whole upload of bad files, bad archives and bad names: each is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

import pages.shared.services as services
from core.settings import Settings
from db.inspections.batches import batch_summary, rejections
from db.inspections.models import register_model
from db.inspections.parts import gallery, photograph_bytes
from db.inspections.rows import stored_name
from db.session import connect, reading, writing
from services.inspection.batch_worker import BatchWorker, State
from services.inspection.uploads import inspect_uploads
from tests.bad_files import NAMES, archives, bad_files, photograph, zip_names
from tests.fakes import Upload
from tests.opened_page import ENGINE, OpenApp

SECONDS = 120
SMALL = 200_000
"""Bytes of the largest bad file that goes along; the others are looked at one by one elsewhere."""


def everything() -> list[Upload]:
    made = (
        (f"{what}.jpg", make())
        for what, make in bad_files().items()
        if not any(word in what for word in ("million", "mega", "0,000", "thousand"))
    )
    files = [Upload(name, data) for name, data in made if len(data) < SMALL]
    files += [Upload(name, data) for name, data in archives().items()]
    files += [Upload(name, photograph(500 + number)) for number, name in enumerate(NAMES.values())]
    return files


def opened(database: Engine, url: str, folder: Path) -> services.Services:
    with writing(database) as connection:
        model = register_model(
            connection,
            ENGINE.card.identity,
            "test",
            ENGINE.card.model_dump(mode="json"),
            0.5,
            "tests",
        )
    settings = Settings(
        database_url=url,
        spool_folder=folder / "spool",
        max_upload_files=1_000,
        max_upload_megabytes=100,
    )
    return services.Services(settings, database, ENGINE, model, "", BatchWorker())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # as in production, where Pillow's warnings stop nothing
def test_every_file_of_a_bad_upload_is_inspected_or_rejected_with_a_reason(
    database: Engine, database_url: str, tmp_path: Path
) -> None:
    at_work = opened(database, database_url, tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    uploads = everything()
    number = inspect_uploads(at_work, at_work.worker, uploads, "bad files", "station 1")
    progress = at_work.worker.wait(number, SECONDS)
    assert progress is not None
    assert (progress.state, progress.message) == (State.FINISHED, "")
    with reading(database) as connection:
        summary = batch_summary(connection, number)
        rejected = rejections(connection, number)
        parts = gallery(connection, number, limit=1_000)
        kept = [photograph_bytes(connection, part.inspection.sha256) for part in parts]
    assert summary is not None
    assert summary.inspected + summary.rejected == summary.total > 100
    assert summary.inspected == len(parts)
    assert all(kept)
    assert all(item.reason.endswith(".") for item in rejected)
    # Nothing was written anywhere else, and nothing is left waiting.
    assert {path.name for path in tmp_path.iterdir()} <= before | {"spool"}
    assert list((tmp_path / "spool").iterdir()) == []

    named = {part.file for part in parts}
    assert {stored_name(name) for name in NAMES.values()} <= named
    packed = {stored_name(f"names.zip/{name}".replace("\\", "/")) for name in zip_names()}
    assert packed <= named
    reasons = {item.file: item.reason for item in rejected}
    assert "password" not in " ".join(reasons.values())
    assert "inside an archive" in reasons["nested.zip/in.zip"]
    assert "nested.zip/good.jpg" in named
    assert "100 MB" in reasons["bomb.zip"]
    assert "1,000 files" in reasons["crowd.zip"]
    assert "damaged" in reasons["cut.zip"]


@pytest.fixture
def app(open_app: OpenApp, tmp_path: Path, sqlite_url: str) -> AppTest:
    """The app on a database that holds a bad upload."""
    database = connect(sqlite_url)
    at_work = opened(database, sqlite_url, tmp_path)
    files = [Upload(name, photograph(500 + number)) for number, name in enumerate(NAMES.values())]
    files += [Upload(f"{name} broken", b"broken") for name in NAMES.values()]
    number = inspect_uploads(at_work, at_work.worker, files, "**bold** <b>", "station 1")
    assert at_work.worker.wait(number, SECONDS)
    database.dispose()
    return open_app()


def test_pages_show_bad_names_as_text(app: AppTest) -> None:
    for show in ("all", "rejected"):
        app.query_params["show"] = show
        app.run()
        assert not app.exception
        assert not app.error
        drawn = [item.value for item in [*app.markdown, *app.caption]]
        assert not [text for text in drawn if "<b>" in text or "<img" in text or "](http" in text]
    for page in ("review", "trends", "report"):
        app.switch_page(f"{page}/page.py").run()
        assert not app.exception
