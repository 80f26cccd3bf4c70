"""CSV that reads back as it was and that no spreadsheet runs."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inspection.records import Outcome, Photograph, Rejection
from core.process.csv_export import INSPECTION_COLUMNS, inspection_row, safe_text, write_rows


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_formula_starts_are_neutralised(start):
    assert safe_text(start + "cmd|' /C calc'!A0") == "'" + start + "cmd|' /C calc'!A0"


def test_plain_text_stays():
    assert safe_text("cast_def_0_12.jpeg") == "cast_def_0_12.jpeg"


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.floats(allow_nan=False))))
def test_rows_read_back_and_no_cell_starts_a_formula(rows):
    file = io.StringIO(newline="")
    assert write_rows(file, ["name", "value"], rows) == len(rows)
    file.seek(0)
    back = list(csv.reader(file))[1:]
    for (text, number), (cell, value) in zip(rows, back, strict=True):
        assert cell == safe_text(text)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0"))
        assert float(value) == number


def test_negative_numbers_stay_numbers():
    file = io.StringIO(newline="")
    write_rows(file, ["value"], [(-0.3,), (None,)])
    assert file.getvalue() == 'value\r\n-0.3\r\n""\r\n'


def test_a_rejected_file_has_its_reason_and_no_figures():
    rejection = Rejection("=a.txt", "0" * 64, 3, "Not a photograph.", datetime.now(UTC))
    row = dict(
        zip(
            INSPECTION_COLUMNS,
            inspection_row(Outcome(Photograph("=a.txt", b"abc"), rejection)),
            strict=True,
        )
    )
    assert row["verdict"] == "rejected"
    assert row["reason"] == "Not a photograph."
    assert row["probability"] is None
