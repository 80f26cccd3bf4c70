"""The Inspect page without a browser: start-up, failures, galleries, resuming."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import pages.shared.services as services
from core.errors import ModelMissing
from core.inspection import spool
from core.inspection import uploads as uploads_module
from core.inspection.records import Photograph, Verdict
from db.inspections.batches import Batch, finish_batch
from db.inspections.parts import Sort, gallery
from db.session import connect, reading, writing
from pages.shared.text import plain, short
from services.inspection.uploads import SAMPLES
from tests.conftest import ROOT
from tests.fakes import Upload
from tests.opened_page import ENGINE, OpenApp, batch_of, metrics, photographs, press

SECONDS = 30


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The app on an empty database, with an engine that judges by brightness."""
    return open_app(STATION="station 1")


def texts(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def cards(app: AppTest) -> list[str]:
    """The files' names on the cards, as their Markdown writes them."""
    noted = [item.value for item in app.markdown if ":small[" in item.value]
    return [text.rpartition(":gray[")[2].removesuffix("]]") for text in noted]


def test_what_the_app_starts_with_is_light_and_here_to_stay(tmp_path: Path) -> None:
    program = (
        "import gc, sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('pages/frame.py', default_timeout=60).run()\n"
        "assert not app.exception, app.exception\n"
        "assert app.title[0].value == 'Inspect'\n"
        "heavy = {'torch', 'torchvision', 'sklearn', 'scipy.stats'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
        "assert gc.get_freeze_count() > 50_000, 'collected after every run'\n"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=True,
        timeout=120,
        env={
            "PATH": "/usr/bin:/bin",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'qc.db'}",
            "SPOOL_FOLDER": str(tmp_path / "spool"),
        },
    )


def test_the_samples_are_offered_once_and_inspected_in_the_background(
    app: AppTest, sqlite_url: str
) -> None:
    app.run()
    assert not app.exception
    press(app, f"Try it with {SAMPLES} sample parts")
    worker = services.start().worker
    assert worker.wait(1, SECONDS)
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == str(SAMPLES)
    assert len(app.image) == SAMPLES + 1
    assert app.query_params["batch"] == "1"
    assert f"Try it with {SAMPLES} sample parts" not in [button.label for button in app.button]
    assert not list(services.start().settings.spool_folder.iterdir())


def test_filters_and_order_are_read_from_the_address(app: AppTest, sqlite_url: str) -> None:
    batch = batch_of(sqlite_url, photographs(30))
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        sound = gallery(connection, batch.id, Verdict.OK, Sort.LEAST_PROBABLE)
    engine.dispose()
    assert 0 < len(sound) < 24
    app.query_params.update({"batch": "1", "show": "ok", "sort": "least_probable"})
    app.run()
    assert not app.exception
    assert cards(app) == [plain(short(part.file, 30)) for part in sound]


def test_a_page_of_the_gallery_is_read_from_the_address(app: AppTest, sqlite_url: str) -> None:
    batch_of(sqlite_url, photographs(30))
    app.query_params["page"] = "2"
    app.run()
    assert len(cards(app)) == 6
    app.query_params["page"] = "99999999999999999999"
    app.run()
    assert not app.exception


@pytest.mark.parametrize(
    "address", [{"batch": "77"}, {"show": "<b>"}, {"sort": "x"}, {"part": "9"}]
)
def test_an_address_that_names_nothing_shows_the_newest_batch(
    app: AppTest, sqlite_url: str, address: dict[str, str]
) -> None:
    batch_of(sqlite_url, photographs(3))
    app.query_params.update(address)
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "3"


def test_a_part_opens_from_the_address(app: AppTest, sqlite_url: str) -> None:
    batch_of(sqlite_url, photographs(2))
    app.query_params["part"] = "1"
    app.run()
    assert not app.exception
    assert {"Probability of a defect", "Threshold", "Log-odds"} <= metrics(app).keys()
    assert ENGINE.card.identity in texts(app)


def test_names_are_shown_as_text(app: AppTest, sqlite_url: str) -> None:
    name = "**bold** ![x](http://x.y/z) <b>.jpg"
    part = photographs(1)[0]
    batch_of(sqlite_url, [Photograph(name, part.data), Photograph(f"{name}x", b"broken")])
    app.query_params["part"] = "1"
    app.run()
    assert name in texts(app)
    assert cards(app) == [plain(short(name, 30))]
    assert not [item for item in [*app.markdown, *app.caption] if short(name, 30) in item.value]


def test_rejected_files_are_listed_with_their_reason(app: AppTest, sqlite_url: str) -> None:
    batch_of(sqlite_url, [*photographs(2), Photograph("notes.txt", b"pallet 7")])
    app.query_params["show"] = "rejected"
    app.run()
    table = app.dataframe[0].value
    assert table.iloc[0, 0] == "notes.txt"
    assert "not a photograph" in table.iloc[0, 1]


def test_without_a_model_stored_verdicts_can_be_looked_at(
    app: AppTest, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_of(sqlite_url, photographs(3))

    def missing(**_: object) -> None:
        raise ModelMissing("There is no model card. Restore the models folder.")

    monkeypatch.setattr(services, "load_engine", missing)
    app.run()
    assert not app.exception
    assert "Nothing can be inspected" in app.error[0].value
    assert "Restore the models folder" in app.error[0].value.replace("\\", "")
    assert not app.get("file_uploader")
    assert metrics(app)["Inspected"] == "3"
    assert len(app.image) == 3 + 1


def test_a_chosen_folder_keeps_every_file_so_that_each_gets_a_reason(app: AppTest) -> None:
    app.run()
    (files,) = app.get("file_uploader")
    assert ".zip" in files.proto.type
    app.get("button_group")[0].set_value("Folder").run()
    assert not app.exception
    (folder,) = app.get("file_uploader")
    assert list(folder.proto.type) == []


def test_without_a_database_the_app_says_so(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1000)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{broken}")
    app.run()
    assert not app.exception
    assert "not a database" in app.error[0].value
    broken.unlink()
    press(app, "Try again")
    assert app.title[0].value == "Inspect"


def test_a_wrong_setting_is_named(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_UPLOAD_FILES", "none")
    app.run()
    assert not app.exception
    assert "MAX_UPLOAD_FILES" in app.error[0].value.replace("\\", "")


def broken_off(url: str, tmp_path: Path, done: int) -> Batch:
    """A batch of ten parts of which the first ``done`` were inspected, its photographs waiting."""
    files = photographs(10, seed=8)
    batch = batch_of(url, files[:done], total=10)
    uploads = [Upload(file.name, file.data) for file in files]
    received = uploads_module.receive(uploads, tmp_path / "spool", uploads_module.Limits(50, 50))
    name = spool.spool_name(batch.id, batch.created_at)
    spool.seal(received.folder, received.files, tmp_path / "spool", name)
    return batch


def test_a_batch_that_broke_off_is_resumed_only_when_asked(
    app: AppTest, sqlite_url: str, tmp_path: Path
) -> None:
    broken_off(sqlite_url, tmp_path, done=4)
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "4"
    assert services.start().worker.active() == ()
    press(app, "Resume")
    assert services.start().worker.wait(1, SECONDS)
    app.run()
    assert metrics(app)["Inspected"] == "10"
    assert not app.info
    assert "Resume" not in [button.label for button in app.button]
    assert list((tmp_path / "spool").iterdir()) == []


def test_the_rest_of_a_batch_can_be_discarded(
    app: AppTest, sqlite_url: str, tmp_path: Path
) -> None:
    broken_off(sqlite_url, tmp_path, done=4)
    app.run()
    press(app, "Discard the rest")
    assert not app.exception
    assert list((tmp_path / "spool").iterdir()) == []
    assert "upload its photographs again" in app.warning[0].value.replace("\\", "")
    assert metrics(app)["Inspected"] == "4"


def test_a_finished_batch_leaves_no_spool_behind(
    app: AppTest, sqlite_url: str, tmp_path: Path
) -> None:
    batch = broken_off(sqlite_url, tmp_path, done=10)
    engine = connect(sqlite_url)
    with writing(engine) as connection:
        finish_batch(connection, batch.id)
    engine.dispose()
    (tmp_path / "spool" / "99-of-another-database").mkdir()
    (tmp_path / "spool" / "99-of-another-database" / spool.MANIFEST).write_text("[]")
    app.run()
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["99-of-another-database"]


def test_what_was_already_inspected_is_said(app: AppTest, sqlite_url: str) -> None:
    batch_of(sqlite_url, photographs(5))
    batch_of(sqlite_url, photographs(6))
    app.run()
    assert app.info[0].value.startswith("5 of 6 parts were already inspected")
