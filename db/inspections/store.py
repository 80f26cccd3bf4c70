"""Keeping what became of photographs: ``core.inspection.pipeline``'s store on a database.

:meth:`BatchStore.record` stores a micro-batch in one transaction, so a part whose outcome a
caller has seen is on disk, and a batch that was broken off lost nothing before that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, select

from core.inspection.records import Inspection, Outcome, Rejection
from core.logs import fields
from core.review.decisions import AUDIT_RATE, queued_inspection
from db.inspections.batches import Batch
from db.inspections.rows import (
    INSPECTION_COLUMNS,
    INSPECTION_FROM,
    inspection_from,
    inspection_values,
    number_or_none,
    photograph_values,
    rejection_values,
    stored_name,
)
from db.schema import batch_part, inspection, rejection, review_item
from db.session import reading, writing
from db.statements import insert_or_ignore, insert_photograph

log = logging.getLogger(__name__)

_CHUNK = 500
"""Photographs asked for in one query, well below the databases' limits on parameters."""

_KEYS: tuple[ColumnElement[bool], ...] = (
    inspection.c.photograph_sha256.in_(bindparam("sha256s", expanding=True)),
    inspection.c.model_id == bindparam("model_id"),
    inspection.c.station == bindparam("station"),
)
_FIND = select(*INSPECTION_COLUMNS).select_from(INSPECTION_FROM).where(*_KEYS)
_FIND_LINES = select(
    inspection.c.photograph_sha256,
    inspection.c.id,
    inspection.c.verdict,
    inspection.c.probability,
).where(*_KEYS)
_SET_STORE_TIME = (
    inspection.update()
    .where(inspection.c.id.in_(bindparam("ids", expanding=True)))
    .values(store_ms=bindparam("milliseconds"))
)


@dataclass(frozen=True, slots=True)
class _Line:
    """What a batch's list repeats of an inspection."""

    inspection_id: int
    verdict: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class BatchStore:
    """Fulfils ``InspectionStore`` for one batch, its station and its model.

    May be used from several threads; every call is one transaction.
    """

    engine: Engine
    batch: Batch
    audit_rate: float = AUDIT_RATE
    """Chance of a part called OK to be drawn for the audit sample as it is stored."""

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        """Stored inspections of these photographs by this model at this station, by sha256.

        Raises StoreUnavailable or StoreBusy.
        """
        with reading(self.engine) as connection:
            return self._find(connection, sha256s)

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        """Store all of them in one transaction, on disk when this returns.

        An outcome that is ``already_inspected`` adds a line to the batch's list and no
        verdict; handing in the same file of the same batch again changes nothing. Returns,
        by sha256, the inspections that another writer stored first.

        Raises ValueError for an inspection by another model; StoreUnavailable or StoreBusy,
        and then nothing was stored.
        """
        inspected: list[tuple[str, Outcome, Inspection]] = []
        rejected = []
        for outcome in outcomes:
            result = outcome.result
            file = stored_name(result.file)
            if isinstance(result, Rejection):
                rejected.append(rejection_values(result, file, self.batch.id))
            elif result.model != self.batch.model_sha256:
                raise ValueError(
                    f"batch {self.batch.id} belongs to model {self.batch.model_sha256}, "
                    f"the inspection of {file!r} to {result.model}"
                )
            else:
                inspected.append((file, outcome, result))

        stored_first: Mapping[str, Inspection] = {}
        with writing(self.engine) as connection:
            began = time.perf_counter()
            if rejected:
                connection.execute(insert_or_ignore(connection, rejection), rejected)
            if inspected:
                # Most are new: they are inserted without asking, and the row stored first is found.
                asked = [item.sha256 for _, seen, item in inspected if seen.already_inspected]
                known = self._lines(connection, asked)
                added = self._add(connection, inspected, known)
                late = {item.sha256 for _, _, item in inspected} - known.keys() - added.keys()
                known |= self._lines(connection, list(late))
                self._list(connection, inspected, known, added)
                unexpected = {
                    item.sha256
                    for _, outcome, item in inspected
                    if item.sha256 in known and not outcome.already_inspected
                }
                stored_first = self._find(connection, list(unexpected))
                if added:
                    ids = [line.inspection_id for line in added.values()]
                    elapsed = (time.perf_counter() - began) * 1e3 / len(outcomes)
                    connection.execute(_SET_STORE_TIME, {"ids": ids, "milliseconds": elapsed})
        if log.isEnabledFor(logging.DEBUG):
            for outcome in outcomes:
                log.debug("part stored", extra=_told(self.batch.id, outcome))
        return stored_first

    def _find(self, connection: Connection, sha256s: Sequence[str]) -> dict[str, Inspection]:
        return {
            row.photograph_sha256: inspection_from(row)
            for keys in self._keys(sha256s)
            for row in connection.execute(_FIND, keys)
        }

    def _lines(self, connection: Connection, sha256s: Sequence[str]) -> dict[str, _Line]:
        return {
            sha256: _Line(number, verdict, probability)
            for keys in self._keys(sha256s)
            for sha256, number, verdict, probability in connection.execute(_FIND_LINES, keys)
        }

    def _keys(self, sha256s: Sequence[str]) -> Iterator[dict[str, object]]:
        for start in range(0, len(sha256s), _CHUNK):
            yield {
                "sha256s": sha256s[start : start + _CHUNK],
                "model_id": self.batch.model_id,
                "station": self.batch.station,
            }

    def _add(
        self,
        connection: Connection,
        inspected: Sequence[tuple[str, Outcome, Inspection]],
        known: Mapping[str, _Line],
    ) -> dict[str, _Line]:
        """Insert the photographs and inspections that are not there; returns what it added."""
        new = {
            item.sha256: (file, outcome.photograph.data, item)
            for file, outcome, item in reversed(inspected)
            if item.sha256 not in known
        }
        if not new:
            return {}
        # In the same order in every process, so that no two of them wait for each other.
        ordered = [new[sha256] for sha256 in sorted(new)]
        connection.execute(
            insert_photograph(connection.dialect.name),
            [photograph_values(item, data) for _, data, item in ordered],
        )
        batch = self.batch
        inserted = connection.execute(
            insert_or_ignore(
                connection, inspection, inspection.c.photograph_sha256, inspection.c.id
            ),
            [
                inspection_values(item, file, batch.model_id, batch.id, batch.station)
                for file, _, item in ordered
            ],
        )
        rows = inserted.all()
        self._queue(connection, [(number, new[sha256][2]) for sha256, number in rows])
        return {
            sha256: _Line(
                number,
                new[sha256][2].verdict.value,
                number_or_none(new[sha256][2].probability),
            )
            for sha256, number in rows
        }

    def _queue(self, connection: Connection, added: Sequence[tuple[int, Inspection]]) -> None:
        """Queue parts for review, in the transaction that stores them: no draw without a part."""
        found = [(number, queued_inspection(item, self.audit_rate)) for number, item in added]
        values = [
            {"inspection_id": number, "distance": how.distance, "audit_rate": how.audit_rate}
            for number, how in found
            if how is not None
        ]
        if values:
            connection.execute(review_item.insert(), values)

    def _list(
        self,
        connection: Connection,
        inspected: Sequence[tuple[str, Outcome, Inspection]],
        known: Mapping[str, _Line],
        added: Mapping[str, _Line],
    ) -> None:
        lines = []
        listed: set[str] = set()
        for file, _, item in inspected:
            line = added.get(item.sha256) or known[item.sha256]
            lines.append(
                {
                    "batch_id": self.batch.id,
                    "inspection_id": line.inspection_id,
                    "file": file,
                    "verdict": line.verdict,
                    "probability": line.probability,
                    "already_inspected": item.sha256 in known or item.sha256 in listed,
                }
            )
            listed.add(item.sha256)
        connection.execute(insert_or_ignore(connection, batch_part), lines)


def _told(batch_id: int, outcome: Outcome) -> dict[str, dict[str, object]]:
    """What a line of the log tells of a part."""
    item = outcome.result
    told = {"batch": batch_id, "file": item.file, "sha256": item.sha256}
    if isinstance(item, Rejection):
        return fields(**told, verdict="rejected", reason=item.reason)
    return fields(
        **told,
        verdict=item.verdict.value,
        probability=number_or_none(item.probability),
        threshold=item.threshold,
        already_inspected=outcome.already_inspected,
        decode_ms=item.times.decode_ms,
        gate_ms=item.times.gate_ms,
        inference_ms=item.times.inference_ms,
    )
