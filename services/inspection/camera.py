"""A camera in the browser: each photograph is inspected, stored and its batch finished at once.

A shift's photographs of one station share a batch. It is finished after every photograph and
the next one extends it, so no camera batch waits for an end that nobody announces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from core.clock import now
from core.inspection.records import Outcome, Photograph
from core.inspection.retry import RetryPolicy
from db.inspections.batches import end_batch, latest_batch, open_batch, unfinished_batches
from db.session import write
from services.application import Application
from services.inspection.batches import run

SOURCE = "camera"


def inspect_photograph(
    application: Application,
    station: str,
    data: bytes,
    *,
    busy: Callable[[], object] = lambda: None,
) -> Outcome:
    """Inspect and store one photograph; raises ModelUnavailable or StoreError."""
    _, model = application.ready()
    at = now()
    shift = application.settings.calendar.shift_of(at)
    kind = (SOURCE, f"{SOURCE}, {shift.key}", station, model.id)
    batch = write(
        application.database,
        lambda connection: latest_batch(connection, *kind) or open_batch(connection, *kind, 0),
        busy,
    )
    photograph = Photograph(f"camera {at:%Y-%m-%d %H.%M.%S.%f}.jpg", data)
    finish = partial(write, application.database, partial(end_batch, batch_id=batch.id), busy)
    retry = RetryPolicy(lambda reason: busy() if reason else None)
    growing = replace(batch, total=0)  # nothing more is announced
    (outcome,) = run(application, growing, [photograph], retry, finish=finish)
    return outcome


def finish_left_open(database: Database) -> None:
    """Finish camera batches that a program left open when it was ended; done at start-up."""

    def finish(connection: Connection) -> None:
        for batch in unfinished_batches(connection):
            if batch.source == SOURCE:
                end_batch(connection, batch.id)

    write(database, finish)
