"""The shift report's files: they read back as they were, and no spreadsheet runs them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.process.csv_export import safe_text
from core.process.shift_report import (
    PART_COLUMNS,
    Figures,
    InForce,
    Report,
    ReportedPart,
    file_stem,
    manifest,
    summary_rows,
    write_parts,
    write_summary,
)
from core.process.shifts import DEFAULT_SHIFTS, Shift, read_calendar

BERLIN = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
SHIFT = BERLIN.shift(date(2026, 10, 24), "night")
PART = ReportedPart(
    inspection=7,
    inspected_at=datetime(2026, 10, 25, 0, 30, 1, 500_000, tzinfo=UTC),
    file="part 7.jpg",
    station="line 1",
    batch=3,
    verdict="defective",
    probability=0.98,
    threshold=0.5,
    model="a" * 64,
    reason="",
    sha256="b" * 64,
    disposition="defective",
    defect_type="blowhole",
    reviewer="Maria",
    note="rim",
)
FIGURES = Figures(10, 4, 5, 1, 2, 2, 1, 1, 3, 1, 1, 0, 12.5, 30.25)
REPORT = Report(SHIFT, None, FIGURES, (InForce("a" * 64, "best", 0.5, 10),), ())
DANGEROUS = "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}"

texts = st.text(st.characters(codec="utf-8"), max_size=30) | st.builds(
    str.__add__, st.sampled_from(DANGEROUS), st.text(st.characters(codec="utf-8"), max_size=10)
)


def written(parts: list[ReportedPart]) -> bytes:
    file = io.BytesIO()
    facts = write_parts(file, "parts.csv", parts, BERLIN)
    data = file.getvalue()
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert (facts.rows, facts.byte_count) == (len(parts), len(data))
    return data


def test_a_part_as_excel_reads_it() -> None:
    data = written([PART])
    assert data.startswith(b"\xef\xbb\xbfplant_time,utc_time,file")
    assert data.count(b"\r\n") == 2
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert tuple(row) == PART_COLUMNS
    assert row["plant_time"] == "2026-10-25 02:30:01.500"
    assert row["utc_time"] == "2026-10-25 00:30:01.500"
    assert (row["probability"], row["batch"], row["inspection"]) == ("0.98", "3", "7")


def test_an_hour_that_comes_twice_is_told_apart_by_utc() -> None:
    second = replace(PART, inspected_at=datetime(2026, 10, 25, 1, 30, 1, 500_000, tzinfo=UTC))
    rows = list(csv.DictReader(io.StringIO(written([PART, second]).decode("utf-8-sig"))))
    assert rows[0]["plant_time"] == rows[1]["plant_time"]
    assert rows[0]["utc_time"] < rows[1]["utc_time"]


def test_a_part_that_nobody_reviewed_has_empty_cells() -> None:
    plain = replace(
        PART, disposition=None, defect_type=None, reviewer=None, note=None, probability=None
    )
    (row,) = csv.DictReader(io.StringIO(written([plain]).decode("utf-8-sig")))
    assert row["disposition"] == row["reviewer"] == row["note"] == row["probability"] == ""


@given(
    st.lists(st.tuples(texts, texts, texts, st.none() | st.floats(0, 1)), min_size=1, max_size=8)
)
def test_any_text_comes_back_and_none_is_a_formula(
    given_cells: list[tuple[str, str, str, float | None]],
) -> None:
    parts = [
        replace(PART, file=file, station=station, note=note, probability=probability)
        for file, station, note, probability in given_cells
    ]
    data = written(parts)
    by_csv = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    by_pandas = pd.read_csv(
        io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig", engine="c"
    )
    for index, part in enumerate(parts):
        for row in (by_csv[index], by_pandas.iloc[index]):
            assert row["file"] == safe_text(part.file)
            assert row["station"] == safe_text(part.station)
            assert row["note"] == safe_text(part.note or "")
            number = row["probability"]
            assert (float(number) if number else None) == part.probability
            assert not any(str(cell).startswith(tuple(DANGEROUS)) for cell in row)
            assert not str(row["note"]).startswith(tuple(DANGEROUS))


def test_the_summary_has_every_figure() -> None:
    file = io.BytesIO()
    write_summary(file, "summary.csv", REPORT, BERLIN)
    rows = {
        row["figure"]: row["value"]
        for row in csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))
    }
    assert rows["shift"] == "2026-10-24:night"
    assert (rows["begins"], rows["ends"]) == ("2026-10-24 22:00:00.000", "2026-10-25 06:00:00.000")
    assert (rows["inspected"], rows["flagged"], rows["awaiting"]) == ("10", "4", "1")
    assert (rows["latency_p50_ms"], rows["latency_p95_ms"]) == ("12.5", "30.25")
    # One of three audited: 95 % sure that at most 86.5 % are (Clopper and Pearson).
    assert float(rows["escape_bound"]) == pytest.approx(0.864650, abs=1e-6)
    assert rows["signals"] == "0"


def test_a_shift_without_audit_or_baseline_says_so() -> None:
    quiet = Report(SHIFT, "line 1", replace(FIGURES, audited=0, audit_escapes=0), (), None)
    rows = {str(name): (value, meaning) for name, value, meaning in summary_rows(quiet, BERLIN)}
    assert rows["escape_bound"][0] is None
    assert rows["signals"] == (None, "no baseline is set")
    assert rows["station"][0] == "line 1"


def test_the_manifest_names_what_was_reported() -> None:
    file = io.BytesIO()
    facts = write_parts(file, "parts.csv", [PART], BERLIN)
    made = datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
    content = json.loads(manifest(REPORT, BERLIN, [facts], made))
    assert content["time_zone"] == "Europe/Berlin"
    assert content["filters"] == {"station": None}
    assert (content["begins"], content["ends"]) == (
        "2026-10-24T20:00:00+00:00",
        "2026-10-25T05:00:00+00:00",
    )
    assert content["models"][0] == {
        "sha256": "a" * 64,
        "name": "best",
        "threshold": 0.5,
        "parts": 10,
    }
    assert content["files"] == [
        {
            "name": "parts.csv",
            "rows": 1,
            "bytes": len(file.getvalue()),
            "sha256": hashlib.sha256(file.getvalue()).hexdigest(),
        }
    ]


def test_a_file_is_named_after_its_shift() -> None:
    odd = Shift(SHIFT.day, "night / C:", SHIFT.begins, SHIFT.ends)
    assert file_stem(odd) == "shift-2026-10-24-night---C-"
