"""The report of a shift: one row a part, its figures, and a manifest that says what it is.

    with calendar and database open:
        facts = write_parts(file, parts, calendar)         # CSV, row by row, any number of parts
        write_summary(file, report, calendar)              # CSV
        manifest(report, calendar, [facts, ...], now)      # JSON that names the files' sha256

CSV is RFC 4180 in UTF-8 with a byte order mark, so that Excel reads it right; text that a
spreadsheet would run is neutralised, numbers stay numbers. Times are written twice: by the
plant's clock, which shows one hour twice in autumn, and in UTC, which does not.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from core.model.metrics import upper_bound
from core.process.csv_export import Cell, FileFacts, write_file
from core.process.shifts import Calendar, Shift

PART_COLUMNS = (
    "plant_time",
    "utc_time",
    "file",
    "station",
    "batch",
    "verdict",
    "probability",
    "threshold",
    "model",
    "disposition",
    "defect_type",
    "reviewer",
    "note",
    "reason",
    "inspection",
    "sha256",
)
SUMMARY_COLUMNS = ("figure", "value", "meaning")
ALL_STATIONS = "all stations"


@dataclass(frozen=True, slots=True)
class ReportedPart:
    """One inspection of the shift, with the last decision of a person about it."""

    inspection: int
    inspected_at: datetime
    file: str
    station: str
    batch: int
    verdict: str
    probability: float | None
    threshold: float
    model: str
    reason: str
    sha256: str
    disposition: str | None
    """None where nobody has decided: the verdict stands, provisionally."""
    defect_type: str | None
    reviewer: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class InForce:
    """A model and threshold that gave verdicts in the shift, and how many."""

    model: str
    name: str
    threshold: float
    parts: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one shift; ``inspected`` = flagged + passed + not_inspectable."""

    inspected: int
    flagged: int
    """Called defective by the model."""
    passed: int
    """Called OK by the model."""
    not_inspectable: int
    rejected: int
    """Files that could not be read."""
    confirmed: int
    """Flagged, and defective by a person's decision."""
    false_alarms: int
    """Flagged, and OK by a person's decision."""
    awaiting: int
    """Flagged, and nobody has decided, or wants another photograph first."""
    audited: int
    """Passed, drawn at random for an audit, and decided by a person."""
    audit_escapes: int
    """Of those audited, defective by a person's decision."""
    escapes: int
    """Passed, and defective by a person's decision, audited or not."""
    threshold_changes: int
    latency_p50_ms: float | None
    """From bytes to stored verdict; None without a part."""
    latency_p95_ms: float | None

    @property
    def escape_bound(self) -> float | None:
        """Upper bound (95 %) of the share of passed parts that are defective.

        Exact for parts audited at random; None where none was.
        """
        return upper_bound(self.audit_escapes, self.audited)


@dataclass(frozen=True, slots=True)
class Report:
    """A shift at one station or at all, as it stood at one moment."""

    shift: Shift
    station: str | None
    figures: Figures
    in_force: tuple[InForce, ...]
    signals: tuple[str, ...] | None
    """Signals of the control chart in the shift, in words; None where no chart has a baseline."""


def part_cells(parts: Iterable[ReportedPart], calendar: Calendar) -> Iterator[tuple[Cell, ...]]:
    """Each part in the order of PART_COLUMNS."""
    minutes: dict[int, tuple[str, str]] = {}
    for part in parts:
        moment = part.inspected_at
        # Written once a minute: writing both clocks of every part would take as long as the rest.
        minute = int(moment.timestamp()) // 60
        if minute not in minutes:
            minutes[minute] = (_clock(calendar.local(moment))[:16], _clock(moment)[:16])
        seconds = f":{moment.second:02}.{moment.microsecond // 1000:03}"
        plant, utc = minutes[minute]
        yield _cells(part, plant + seconds, utc + seconds)


def _cells(part: ReportedPart, plant_time: str, utc_time: str) -> tuple[Cell, ...]:
    return (
        plant_time,
        utc_time,
        part.file,
        part.station,
        part.batch,
        part.verdict,
        part.probability,
        part.threshold,
        part.model,
        part.disposition,
        part.defect_type,
        part.reviewer,
        part.note,
        part.reason,
        part.inspection,
        part.sha256,
    )


def write_parts(
    target: IO[bytes], name: str, parts: Iterable[ReportedPart], calendar: Calendar
) -> FileFacts:
    """Write the parts as CSV; nothing but the row at hand is held in memory."""
    return write_file(target, name, PART_COLUMNS, part_cells(parts, calendar))


def write_summary(target: IO[bytes], name: str, report: Report, calendar: Calendar) -> FileFacts:
    """Write the shift's figures as CSV."""
    return write_file(target, name, SUMMARY_COLUMNS, summary_rows(report, calendar))


def summary_rows(report: Report, calendar: Calendar) -> list[tuple[Cell, ...]]:
    """The shift's figures in the order of SUMMARY_COLUMNS."""
    figures, shift = report.figures, report.shift
    signals = report.signals
    return [
        ("shift", shift.key, "date and name; a night belongs to the day it starts"),
        ("begins", _clock(calendar.local(shift.begins)), f"plant time, {calendar.zone.key}"),
        ("ends", _clock(calendar.local(shift.ends)), f"plant time, {calendar.zone.key}"),
        ("station", report.station or ALL_STATIONS, ""),
        ("inspected", figures.inspected, "parts with a verdict"),
        ("flagged", figures.flagged, "parts that the model called defective"),
        ("passed", figures.passed, "parts that the model called OK"),
        ("not_inspectable", figures.not_inspectable, "parts that the model could not judge"),
        ("rejected_files", figures.rejected, "files that could not be read"),
        ("confirmed", figures.confirmed, "flagged, and defective by a person's decision"),
        ("false_alarms", figures.false_alarms, "flagged, and OK by a person's decision"),
        ("awaiting", figures.awaiting, "flagged, and no decision yet"),
        ("escapes", figures.escapes, "passed, and defective by a person's decision"),
        ("audited", figures.audited, "passed, drawn at random and decided by a person"),
        ("audit_escapes", figures.audit_escapes, "defective among those audited"),
        (
            "escape_bound",
            figures.escape_bound,
            "share of passed parts that is defective at most, 95 % sure; from the audit",
        ),
        (
            "signals",
            None if signals is None else len(signals),
            "no baseline is set" if signals is None else "; ".join(signals),
        ),
        ("threshold_changes", figures.threshold_changes, "during the shift"),
        ("latency_p50_ms", figures.latency_p50_ms, "from bytes to stored verdict, median"),
        ("latency_p95_ms", figures.latency_p95_ms, "95 of 100 parts were faster"),
    ]


def manifest(
    report: Report, calendar: Calendar, files: Sequence[FileFacts], made_at: datetime
) -> bytes:
    """What the report is, as JSON: filters, time zone, models in force, sha256 of each file."""
    shift = report.shift
    content: dict[str, Any] = {
        "report": "shift",
        "made_at": made_at.astimezone(UTC).isoformat(),
        "shift": shift.key,
        "begins": shift.begins.isoformat(),
        "ends": shift.ends.isoformat(),
        "time_zone": calendar.zone.key,
        "filters": {"station": report.station},
        "models": [
            {
                "sha256": used.model,
                "name": used.name,
                "threshold": used.threshold,
                "parts": used.parts,
            }
            for used in report.in_force
        ],
        "files": [
            {
                "name": facts.name,
                "rows": facts.rows,
                "bytes": facts.byte_count,
                "sha256": facts.sha256,
            }
            for facts in files
        ],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def write_bundle(
    target: IO[bytes],
    report: Report,
    parts: Iterable[ReportedPart],
    calendar: Calendar,
    made_at: datetime,
) -> None:
    """Write parts, summary and manifest as one ZIP archive."""
    stem = file_stem(report.shift)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"{stem}.csv", "w") as file:
            rows = write_parts(file, f"{stem}.csv", parts, calendar)
        with archive.open(f"{stem}.summary.csv", "w") as file:
            figures = write_summary(file, f"{stem}.summary.csv", report, calendar)
        archive.writestr(
            f"{stem}.manifest.json", manifest(report, calendar, [rows, figures], made_at)
        )


def file_stem(shift: Shift) -> str:
    """``shift-2026-11-23-night``: the beginning of the names of a shift's files."""
    name = "".join(sign if sign.isalnum() else "-" for sign in shift.name)
    return f"shift-{shift.day.isoformat()}-{name}"


def _clock(moment: datetime) -> str:
    # The offset is cut off: a spreadsheet takes a time with one for text.
    return moment.isoformat(" ", "milliseconds")[:23]
