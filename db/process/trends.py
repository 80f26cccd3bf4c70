"""Counting inspections in the buckets of a trend, from indexes alone.

A million parts are counted in one walk along an index, bucket by bucket, without sorting.
People's decisions are few beside them and are read one by one. Where a bucket holds more
than one model or threshold, it alone is counted again by these.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    func,
    select,
)

from core.inspection.records import Verdict
from core.process.trends import Bucket, Cell
from core.review.decisions import FINAL, Decision
from db.inspections.parts import Part, parts_of
from db.review.decisions import settled
from db.schema import batch, inspection
from db.selection import Selection, conditions

_PART = inspection.c
_DEFECTIVE, _BLIND = Verdict.DEFECTIVE.value, Verdict.NOT_INSPECTABLE.value
_BOUNDS = (
    func.min(_PART.model_id),
    func.max(_PART.model_id),
    func.min(_PART.threshold),
    func.max(_PART.threshold),
)
_COUNTS = (
    func.min(_PART.inspected_at),
    func.count(),
    func.count().filter(_PART.verdict == _DEFECTIVE),
    func.count().filter(_PART.verdict == _BLIND),
    func.sum(_PART.probability),
    func.sum(_PART.probability * _PART.probability),
    func.count(_PART.probability),
)


def cells(connection: Connection, buckets: Sequence[Bucket], scope: Selection) -> list[Cell]:
    """Counts of each bucket by model and threshold, ordered by bucket and time.

    The buckets are all batches or all pieces of time, and those do not overlap.
    """
    if not buckets:
        return []
    counts: dict[_Key, tuple[Any, ...]] = {}
    for place, bucket in enumerate(buckets):
        # A question a bucket: asked for all at once, both databases sort every part.
        row = connection.execute(
            select(*_BOUNDS, *_COUNTS).where(*conditions(_of_bucket(bucket, scope)))
        ).one()
        model, other_model, threshold, other_threshold = row[:4]
        if model is None:
            continue
        if model == other_model and threshold == other_threshold:
            counts[place, model, threshold] = row[4:]
            continue
        pairs = (
            select(_PART.model_id, _PART.threshold, *_COUNTS)
            .where(*conditions(_of_bucket(bucket, scope)))
            .group_by(_PART.model_id, _PART.threshold)
        )
        for model, threshold, *rest in connection.execute(pairs):
            counts[place, model, threshold] = tuple(rest)
    decided = _decided(connection, buckets, scope)
    found = [_cell(key, row, decided.get(key, Counter())) for key, row in counts.items()]
    return sorted(found, key=lambda cell: (cell.bucket, cell.first_at, cell.model))


def batch_buckets(
    connection: Connection, begins: datetime, ends: datetime, station: str | None, limit: int = 400
) -> list[Bucket]:
    """The latest batches opened in the period, in the order of time."""
    query = (
        select(batch.c.id, batch.c.label, batch.c.source, batch.c.created_at)
        .where(batch.c.created_at >= begins, batch.c.created_at < ends)
        .order_by(batch.c.created_at.desc(), batch.c.id.desc())
        .limit(limit)
    )
    if station is not None:
        query = query.where(batch.c.station == station)
    rows = connection.execute(query).all()
    return [
        Bucket(f"{number} · {label or source}", created, created, number)
        for number, label, source, created in reversed(rows)
    ]


def defect_types(
    connection: Connection, begins: datetime, ends: datetime, scope: Selection
) -> list[tuple[str, int]]:
    """How many parts people found to have each type of defect, the most frequent first."""
    latest = settled()
    number = func.count()
    rows = connection.execute(
        select(latest.c.defect_type, number)
        .select_from(latest.join(inspection, _PART.id == latest.c.inspection_id))
        .where(
            latest.c.decision == Decision.DEFECTIVE.value,
            *conditions(replace(scope, since=begins, until=ends)),
        )
        .group_by(latest.c.defect_type)
        .order_by(number.desc(), latest.c.defect_type)
    )
    return [(name, count) for name, count in rows]


def latest_scores(
    connection: Connection, begins: datetime, ends: datetime, scope: Selection, limit: int = 20_000
) -> list[tuple[float, bool]]:
    """Log-odds of the period's latest parts, and whether the model called them defective."""
    query = (
        select(_PART.log_odds, _PART.verdict)
        .where(*conditions(replace(scope, since=begins, until=ends)))
        .order_by(_PART.inspected_at.desc())
        .limit(limit)
    )
    rows = connection.execute(query)
    return [(score, verdict == _DEFECTIVE) for score, verdict in rows if score is not None]


def bucket_parts(
    connection: Connection,
    bucket: Bucket,
    scope: Selection,
    verdict: Verdict | None = None,
    offset: int = 0,
    limit: int = 24,
) -> list[Part]:
    """A page of the parts behind a point, in the order of time."""
    page = (
        select(_PART.id)
        .where(*conditions(_of_bucket(bucket, scope, verdict)))
        .order_by(_PART.inspected_at, _PART.id)
        .offset(offset)
        .limit(limit)
    )
    return parts_of(connection, page, _PART.inspected_at, _PART.id)


def bucket_size(
    connection: Connection, bucket: Bucket, scope: Selection, verdict: Verdict | None = None
) -> int:
    """How many parts are behind a point."""
    query = select(func.count()).where(*conditions(_of_bucket(bucket, scope, verdict)))
    return connection.scalar(query) or 0


def _of_bucket(bucket: Bucket, scope: Selection, verdict: Verdict | None = None) -> Selection:
    if bucket.batch is None:
        return replace(scope, verdict=verdict, since=bucket.begins, until=bucket.ends)
    # A batch has one station.
    return replace(scope, verdict=verdict, batch_id=bucket.batch, station=None)


_Key = tuple[int, int, float]


def _decided(
    connection: Connection, buckets: Sequence[Bucket], scope: Selection
) -> dict[_Key, Counter[tuple[Verdict, Verdict]]]:
    """Settled parts of each cell by the model's verdict and the final one."""
    latest = settled()
    query = select(
        _PART.batch_id,
        _PART.inspected_at,
        _PART.model_id,
        _PART.threshold,
        _PART.verdict,
        latest.c.decision,
    ).select_from(latest.join(inspection, _PART.id == latest.c.inspection_id))
    by_batch = {bucket.batch: index for index, bucket in enumerate(buckets)}
    begins = [bucket.begins for bucket in buckets]
    in_batches = buckets[0].batch is not None
    if in_batches:
        query = query.where(_PART.batch_id.in_(by_batch), *conditions(replace(scope, station=None)))
    else:
        query = query.where(
            *conditions(replace(scope, since=buckets[0].begins, until=buckets[-1].ends))
        )
    found: dict[_Key, Counter[tuple[Verdict, Verdict]]] = {}
    for batch_id, moment, model, threshold, verdict, decision in connection.execute(query):
        index = by_batch[batch_id] if in_batches else bisect_right(begins, moment) - 1
        if in_batches or moment < buckets[index].ends:
            pair = (Verdict(verdict), FINAL[Decision(decision)])
            found.setdefault((index, model, threshold), Counter())[pair] += 1
    return found


def _cell(key: _Key, row: Any, decided: Counter[tuple[Verdict, Verdict]]) -> Cell:
    first_at, inspected, flagged, blind, probability_sum, squares, scored = row

    def changed(verdict: Verdict) -> int:
        """How many more parts have this final verdict than the model gave it."""
        gained = sum(n for (was, now), n in decided.items() if now is verdict and was is not now)
        lost = sum(n for (was, now), n in decided.items() if was is verdict and was is not now)
        return gained - lost

    return Cell(
        bucket=key[0],
        model=key[1],
        threshold=key[2],
        first_at=first_at,
        inspected=inspected,
        flagged=flagged,
        not_inspectable=blind,
        defective=flagged + changed(Verdict.DEFECTIVE),
        judged=inspected - blind - changed(Verdict.NOT_INSPECTABLE),
        undecided=flagged - sum(n for (was, _), n in decided.items() if was is Verdict.DEFECTIVE),
        probability_sum=probability_sum or 0.0,
        probability_squares=squares or 0.0,
        scored=scored,
    )
