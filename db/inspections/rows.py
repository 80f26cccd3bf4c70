"""Between dataclasses of ``core.inspection.pipeline`` and rows of the tables, both ways."""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Any

import numpy as np
from sqlalchemy import Row, RowMapping

from core.inspection.frame import Frame
from core.inspection.records import Inspection, Rejection, StageTimes, Verdict
from db.schema import inspection, model, photograph, rejection

LONGEST_NAME = 512
"""Characters kept of a file's name; PostgreSQL refuses an index entry above 2,704 bytes."""

INSPECTION_COLUMNS = (
    inspection.c.id,
    inspection.c.batch_id,
    inspection.c.station,
    inspection.c.file,
    inspection.c.photograph_sha256,
    inspection.c.verdict,
    inspection.c.probability,
    inspection.c.log_odds,
    inspection.c.threshold,
    inspection.c.evidence,
    inspection.c.evidence_rows,
    inspection.c.evidence_columns,
    inspection.c.reason,
    inspection.c.decode_ms,
    inspection.c.gate_ms,
    inspection.c.inference_ms,
    inspection.c.store_ms,
    inspection.c.inspected_at,
    inspection.c.frame_left,
    inspection.c.frame_top,
    inspection.c.frame_side,
    inspection.c.views,
    inspection.c.doubt,
    photograph.c.width,
    photograph.c.height,
    photograph.c.format,
    model.c.sha256.label("model_sha256"),
)
"""What :func:`inspection_from` reads; select it from :data:`INSPECTION_FROM`."""

INSPECTION_FROM = inspection.join(photograph).join(model)


def stored_name(name: str) -> str:
    """A file's name as both databases can keep it: without NUL, valid UTF-8, of bounded length.

    A longer name keeps its end, where the file is named; the cut is marked with "…" and eight
    characters that tell it from another name with this end.
    """
    clean = name.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if len(clean) <= LONGEST_NAME:
        return clean
    mark = f"…{sha256(clean.encode('utf-8')).hexdigest()[:8]}…"
    return mark + clean[len(mark) - LONGEST_NAME :]


def number_or_none(value: float) -> float | None:
    """The number, or None for NaN, which SQLite would empty and PostgreSQL would keep."""
    return None if math.isnan(value) else value


def inspection_values(
    item: Inspection, file: str, model_id: int, batch_id: int, station: str
) -> dict[str, Any]:
    """Column values of one inspection; a score that is not a number becomes empty."""
    rows, columns = item.evidence.shape
    return {
        "photograph_sha256": item.sha256,
        "model_id": model_id,
        "batch_id": batch_id,
        "station": station,
        "file": file,
        "inspected_at": item.inspected_at,
        "verdict": item.verdict.value,
        "reason": item.reason,
        "probability": number_or_none(item.probability),
        "log_odds": number_or_none(item.log_odds),
        "threshold": item.threshold,
        "evidence": np.ascontiguousarray(item.evidence, dtype="<f2").tobytes(),
        "evidence_rows": rows,
        "evidence_columns": columns,
        "decode_ms": item.times.decode_ms,
        "gate_ms": item.times.gate_ms,
        "inference_ms": item.times.inference_ms,
        "frame_left": item.frame.left if item.frame else None,
        "frame_top": item.frame.top if item.frame else None,
        "frame_side": item.frame.side if item.frame else None,
        "views": item.views,
        "doubt": item.doubt,
    }


def photograph_values(item: Inspection, data: bytes) -> dict[str, Any]:
    """Column values of the photograph that ``item`` was made from."""
    return {
        "sha256": item.sha256,
        "byte_count": len(data),
        "width": item.width,
        "height": item.height,
        "format": item.format,
        "stored_at": item.inspected_at,
        "data": data,
    }


def rejection_values(item: Rejection, file: str, batch_id: int) -> dict[str, Any]:
    """Column values of one rejected file."""
    return {
        "batch_id": batch_id,
        "file": file,
        "sha256": item.sha256,
        "byte_count": item.byte_count,
        "reason": item.reason,
        "rejected_at": item.rejected_at,
    }


def inspection_from(row: Row[*tuple[Any, ...]]) -> Inspection:
    """The inspection in a row of :data:`INSPECTION_COLUMNS`.

    The evidence is a read-only (rows, columns) float16 array, bit for bit what was stored.
    """
    fields = row._mapping
    grid = np.frombuffer(fields["evidence"], dtype="<f2").astype(np.float16, copy=False)
    return Inspection(
        file=fields["file"],
        sha256=fields["photograph_sha256"],
        verdict=Verdict(fields["verdict"]),
        probability=_number(fields["probability"]),
        log_odds=_number(fields["log_odds"]),
        threshold=fields["threshold"],
        model=fields["model_sha256"],
        evidence=grid.reshape(fields["evidence_rows"], fields["evidence_columns"]),
        reason=fields["reason"],
        width=fields["width"],
        height=fields["height"],
        format=fields["format"],
        times=StageTimes(fields["decode_ms"], fields["gate_ms"], fields["inference_ms"]),
        inspected_at=fields["inspected_at"],
        frame=_frame(fields),
        views=fields["views"],
        doubt=fields["doubt"],
    )


def rejection_from(row: Row[*tuple[Any, ...]]) -> Rejection:
    """The rejected file in a row of the table ``rejection``."""
    fields = row._mapping
    return Rejection(
        file=fields[rejection.c.file],
        sha256=fields[rejection.c.sha256],
        byte_count=fields[rejection.c.byte_count],
        reason=fields[rejection.c.reason],
        rejected_at=fields[rejection.c.rejected_at],
    )


def _frame(fields: RowMapping) -> Frame | None:
    if fields["frame_side"] is None:
        return None
    return Frame(fields["frame_left"], fields["frame_top"], fields["frame_side"])


def _number(value: float | None) -> float:
    return math.nan if value is None else value
