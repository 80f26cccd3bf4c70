"""Scores of inspected parts: those people settled, and those of the last days."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, case, select

from core.errors import ThresholdError
from core.inspection.records import Verdict
from core.thresholds.replay import InspectedParts, inspected_parts
from core.thresholds.scored_parts import ScoredParts, scored_parts
from db.review.decisions import final_verdict, settled
from db.schema import inspection

_SCORED = and_(
    inspection.c.verdict != Verdict.NOT_INSPECTABLE.value, inspection.c.log_odds.is_not(None)
)


def reviewed_scores(connection: Connection, model_id: int) -> ScoredParts:
    """Parts that this model scored and people found defective or OK.

    A photograph that several stations inspected is one casting. Raises ThresholdError where
    no threshold can be chosen on them, so also while there are none.
    """
    latest = settled()
    found = final_verdict(latest)
    rows = connection.execute(
        select(inspection.c.log_odds, found, inspection.c.photograph_sha256)
        .select_from(inspection.join(latest, latest.c.inspection_id == inspection.c.id))
        .where(
            inspection.c.model_id == model_id,
            _SCORED,
            found.in_([Verdict.DEFECTIVE.value, Verdict.OK.value]),
        )
        .order_by(inspection.c.id)
    ).all()
    if not rows:
        raise ThresholdError(
            "People have decided about no part of this model yet. Decide about parts on the "
            "Review page; they become evidence here."
        )
    log_odds, verdicts, photographs = zip(*rows, strict=True)
    return scored_parts(
        log_odds, [verdict == Verdict.DEFECTIVE.value for verdict in verdicts], photographs
    )


def parts_since(connection: Connection, model_id: int, since: datetime) -> InspectedParts:
    """Every part that this model gave a verdict on since then, and what people found."""
    latest = settled()
    found = case((latest.c.decision.is_not(None), final_verdict(latest)))
    rows = connection.execute(
        select(inspection.c.id, inspection.c.probability, inspection.c.verdict, found)
        .select_from(inspection.outerjoin(latest, latest.c.inspection_id == inspection.c.id))
        .where(inspection.c.inspected_at >= since, inspection.c.model_id == model_id, _SCORED)
    )
    return inspected_parts([tuple(row) for row in rows])
