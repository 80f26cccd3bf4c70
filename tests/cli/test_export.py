"""Reviewed parts as a data set: labels, castings, and that training's reader takes it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from cli.app import app
from core.errors import DataSetError
from core.inspection.images import sha256_of
from core.people import Person, Role
from core.review.decisions import Decision
from core.synthetic.samples import encode_jpeg, sample_parts
from core.training.data.dataset import castings_of, read_castings, read_data_set
from core.training.data.reviewed import write_data_set
from db.inspections.parts import Sort, gallery
from db.review import decisions
from db.review.decisions import undo
from db.review.reviewed import reviewed_parts
from db.selection import Selection
from db.session import reading, writing
from tests.stored_parts import open_store, outcome_of

ANN = Person("=Ann", None, False, Role.REVIEWER)
PHOTOGRAPHS = {f"../{part.name}": encode_jpeg(part) for part in sample_parts(8, seed=11)}


@pytest.fixture
def reviewed(database: Engine) -> Engine:
    """Parts 1-2 defective, 3-4 OK, 5 retake, 6 unsure, 7 undone, 8 changed from OK to defective."""
    for station in ("line 1", "line 2"):
        store = open_store(database, station)
        store.record([outcome_of(name, data, log_odds=0.3) for name, data in PHOTOGRAPHS.items()])
    with writing(database) as connection:
        parts = {part.file: part.id for part in gallery(connection, limit=99, sort=Sort.TIME)}
        numbers = [parts[name] for name in PHOTOGRAPHS]

        def decide(place: int, decision: Decision) -> int:
            kind = "crack" if decision is Decision.DEFECTIVE else ""
            given = decisions.decide(connection, ANN, numbers[place - 1], decision, kind)
            return given.disposition.id

        for place in (1, 2):
            decide(place, Decision.DEFECTIVE)
        for place in (3, 4, 8):
            decide(place, Decision.OK)
        decide(5, Decision.RETAKE)
        decide(6, Decision.UNSURE)
        undo(connection, ANN, decide(7, Decision.OK))
        decide(8, Decision.DEFECTIVE)
    return database


def test_the_export_is_a_data_set_that_training_reads(
    reviewed: Engine, database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "reviewed"
    done = CliRunner().invoke(app, ["export", str(folder), "--database-url", database_url])
    assert done.exit_code == 0, done.output
    photographs = read_data_set(folder)
    expected = [sha256_of(data) for data in PHOTOGRAPHS.values()]
    assert {photograph.sha256: photograph.is_defective for photograph in photographs} == {
        expected[0]: True,
        expected[1]: True,
        expected[2]: False,
        expected[3]: False,
        expected[7]: True,
    }
    assert len(castings_of(photographs, read_castings(folder / "castings.csv"))) == 5
    with (folder / "decisions.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert set(rows) == {photograph.path for photograph in photographs}
    row = rows[f"defective/{expected[0]}.jpg"]
    assert (row["defect_type"], row["decided_by"], row["verified"]) == ("crack", "'=Ann", "no")


def test_what_is_there_already_is_not_mixed_with_an_export(
    reviewed: Engine, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").touch()
    done = CliRunner().invoke(app, ["export", str(tmp_path), "--database-url", database_url])
    assert isinstance(done.exception, DataSetError)
    assert "not empty" in str(done.exception)
    assert not (tmp_path / "ok").exists()


def test_one_class_is_no_data_set(reviewed: Engine, tmp_path: Path) -> None:
    with reading(reviewed) as connection:
        parts = reviewed_parts(connection, Selection())
        assert reviewed_parts(connection, Selection(station="nowhere")) == []
    good = [part for part in parts if not part.is_defective]
    for given in ([], good):
        with pytest.raises(DataSetError, match="some of both"):
            write_data_set(tmp_path / str(len(given)), given, lambda _: b"")
