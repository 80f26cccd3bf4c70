"""Reviewed parts as ground truth: one row for each photograph that people decided about."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.review.decisions import Decision, ReviewedPart
from db.review.decisions import settled
from db.schema import inspection, photograph
from db.selection import Selection, conditions


def reviewed_parts(connection: Connection, selection: Selection) -> list[ReviewedPart]:
    """Photographs whose latest decision is "defective" or "ok", ordered by sha256.

    Where one photograph was inspected more than once, the latest decision about any of its
    inspections counts; where that is "retake", the photograph is left out.
    """
    latest = settled()
    rows = connection.execute(
        select(
            photograph.c.sha256,
            photograph.c.format,
            inspection.c.file,
            latest.c.decision,
            latest.c.defect_type,
            latest.c.note,
            latest.c.name,
            latest.c.verified,
            latest.c.decided_at,
        )
        .select_from(
            inspection.join(photograph).join(latest, latest.c.inspection_id == inspection.c.id)
        )
        .where(*conditions(selection))
        .order_by(latest.c.id)
    )
    by_photograph = {row.sha256: row for row in rows}
    return [
        ReviewedPart(
            sha256,
            row.format,
            row.file,
            row.decision == Decision.DEFECTIVE.value,
            row.defect_type,
            row.note,
            row.name,
            row.verified,
            row.decided_at,
        )
        for sha256, row in sorted(by_photograph.items())
        if row.decision in (Decision.DEFECTIVE.value, Decision.OK.value)
    ]
