"""Counting what people decided: the production by group, pairs of reviewers, label suspects."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from core.inspection.records import Verdict
from core.review.decisions import BORDERLINE, Decision
from core.review.estimates import Group, Production, contradiction
from db.review.decisions import decisive, final_verdict, settled
from db.schema import disposition, inspection, review_item, second_review
from db.selection import Selection, conditions


@dataclass(frozen=True, slots=True)
class Suspect:
    """A part on which the model and people disagree."""

    inspection_id: int
    file: str
    verdict: Verdict
    decision: Decision
    name: str
    """Who decided."""
    contradiction: float
    """Log-odds; see :func:`core.review.estimates.contradiction`."""


def production(connection: Connection, selection: Selection) -> Production:
    """The parts with a verdict, and what people found, by the rule they are looked at."""
    latest = settled()
    item = review_item.c
    kinds = (
        select(
            (inspection.c.verdict == Verdict.DEFECTIVE.value).label("flagged"),
            (item.distance < BORDERLINE).label("close"),
            item.audit_rate.is_not(None).label("audited"),
            latest.c.decision,
        )
        .select_from(
            inspection.outerjoin(review_item).outerjoin(
                latest, latest.c.inspection_id == inspection.c.id
            )
        )
        .where(
            inspection.c.verdict.in_([Verdict.DEFECTIVE.value, Verdict.OK.value]),
            *conditions(selection),
        )
        .subquery()
    )
    rows = connection.execute(select(kinds, func.count()).group_by(*kinds.c))
    counts: dict[str, Counter[str]] = {
        name: Counter() for name in ("flagged", "borderline", "passed", "audited")
    }
    for flagged, close, audited, decision, number in rows:
        found = {"parts": number, decision or "": number}
        if flagged:
            counts["flagged"].update(found)
        else:
            counts["borderline" if close else "passed"].update(found)
            if audited:
                counts["audited"].update(found)
            elif not close and decision is not None:
                # Somebody chose to look at it: it stands for no part but itself.
                counts["passed"][decision] -= number
    return Production(
        **{
            name: Group(
                counted["parts"], counted[Decision.DEFECTIVE.value], counted[Decision.OK.value]
            )
            for name, counted in counts.items()
        }
    )


def second_opinions(
    connection: Connection, selection: Selection
) -> list[tuple[Decision, Decision]]:
    """What two people decided of each part of the second review, the first one's first."""
    rows = connection.execute(
        select(disposition.c.inspection_id, disposition.c.person_key, disposition.c.decision)
        .select_from(
            disposition.join(
                second_review, second_review.c.inspection_id == disposition.c.inspection_id
            ).join(inspection, inspection.c.id == disposition.c.inspection_id)
        )
        .where(decisive(), *conditions(selection))
        .order_by(disposition.c.id)
    )
    by_part: dict[int, dict[str, Decision]] = {}
    for part, person, decision in rows:
        by_part.setdefault(part, {})[person] = Decision(decision)
    opinions = [list(people.values()) for people in by_part.values()]
    return [(found[0], found[1]) for found in opinions if len(found) > 1]


def suspects(connection: Connection, selection: Selection, limit: int = 12) -> list[Suspect]:
    """The parts on which model and people contradict each other most, worst first."""
    latest = settled()
    rows = connection.execute(
        select(
            inspection.c.id,
            inspection.c.file,
            inspection.c.verdict,
            inspection.c.log_odds,
            inspection.c.threshold,
            latest.c.decision,
            latest.c.name,
        )
        .select_from(inspection.join(latest, latest.c.inspection_id == inspection.c.id))
        .where(
            inspection.c.verdict.in_([Verdict.DEFECTIVE.value, Verdict.OK.value]),
            latest.c.decision.in_([Decision.DEFECTIVE.value, Decision.OK.value]),
            final_verdict(latest) != inspection.c.verdict,
            *conditions(selection),
        )
    )
    found = []
    for number, file, verdict, log_odds, threshold, said, name in rows:
        decision = Decision(said)
        by = contradiction(decision, log_odds, threshold)
        if by is not None:
            found.append(Suspect(number, file, Verdict(verdict), decision, name, by))
    return heapq.nlargest(limit, found, key=lambda suspect: suspect.contradiction)
