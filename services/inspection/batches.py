"""Batches: opened, inspected and finished in one way, wherever the photographs come from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial

from sqlalchemy import Engine as Database

from core.inspection.pipeline import inspect_photographs
from core.inspection.records import InspectionStore, Outcome, Photograph
from core.inspection.retry import RetryingStore, RetryPolicy
from db.inspections.batches import Batch, finish_batch
from db.inspections.store import BatchStore
from db.session import reading, write
from db.thresholds import current_threshold
from services.application import Application


def run(
    application: Application,
    batch: Batch,
    photographs: Iterable[Photograph],
    retry: RetryPolicy,
    threshold: float | None = None,
    store: InspectionStore | None = None,
    finish: Callable[[], object] | None = None,
) -> Generator[Outcome, None, bool]:
    """Inspect and store the photographs of a batch; returns whether it is finished.

    The threshold is the one in force, the store the batch's own and ``finish`` notes the end
    of the batch, unless others are given. A batch that announced more photographs than came is
    left open, to be resumed. Raises ModelUnavailable, and StoreError after the last attempt.
    """
    engine, _ = application.ready()
    database = application.database
    if threshold is None:
        threshold = retry.call(partial(threshold_in_force, database, batch.model_id))
    store = store or BatchStore(database, batch, application.settings.audit_rate)
    done = 0
    for outcome in inspect_photographs(photographs, engine, threshold, RetryingStore(store, retry)):
        done += 1
        yield outcome
    if done < batch.total:
        return False
    end = finish or partial(write, database, partial(finish_batch, batch_id=batch.id))
    retry.call(end)
    return True


def threshold_in_force(database: Database, model_id: int) -> float:
    """The probability from which a part is called defective now."""
    with reading(database) as connection:
        return current_threshold(connection, model_id)
