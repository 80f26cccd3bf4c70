"""Uploads and rendered samples: kept on disk, inspected in the background, resumed, discarded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import BytesIO

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from core.errors import QualityControlError, UploadRefused
from core.inspection import spool
from core.inspection.gate import measure
from core.inspection.part_finder import judged_pixels
from core.inspection.records import Outcome
from core.inspection.retry import RetryPolicy
from core.inspection.uploads import Limits, Upload, receive
from core.logs import fields
from core.model.engine import Engine
from core.people import Person, Role, require
from core.settings import Settings
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import Batch, batch_by_id, open_batch
from db.retention import purge_when_due
from db.session import reading, write
from services.application import Application
from services.inspection.batch_worker import BatchWorker, Job
from services.inspection.batches import run

SAMPLES = 12
"""As many as two cores inspect and a browser shows within a second of the first click."""
_SAMPLE_SEED = 2026

log = logging.getLogger(__name__)


def inspect_uploads(
    application: Application,
    worker: BatchWorker,
    uploads: Iterable[Upload],
    label: str,
    station: str,
    source: str = "upload",
    *,
    busy: Callable[[], object] = lambda: None,
) -> int:
    """Keep the uploads on disk, open a batch and submit it; returns its number.

    Raises ModelUnavailable, UploadRefused where the upload as a whole cannot be taken, and
    StoreError where the batch cannot be opened; then nothing is left behind.
    """
    _, model = application.ready()
    settings = application.settings
    root = settings.spool_folder
    received = receive(
        uploads, root, Limits(settings.max_upload_files, settings.max_upload_megabytes)
    )
    folder = received.folder

    def open_and_seal(connection: Connection) -> tuple[Batch, spool.Spool]:
        nonlocal folder
        total = len(received.files)
        batch = open_batch(connection, source, label.strip(), station, model.id, total)
        # Before the batch is committed: no batch may wait for photographs nobody kept.
        sealed = spool.seal(folder, received.files, root, _folder_name(batch))
        folder = sealed.folder
        return batch, sealed

    try:
        batch, sealed = write(application.database, open_and_seal, busy)
    except BaseException:
        spool.discard(folder)
        raise
    _submit(application, worker, batch, sealed)
    return batch.id


def inspect_samples(
    application: Application,
    worker: BatchWorker,
    *,
    busy: Callable[[], object] = lambda: None,
) -> int:
    """The rendered sample parts as a batch, inspected like any upload; returns its number."""
    label, station = f"{SAMPLES} sample parts", application.settings.station
    return inspect_uploads(application, worker, _samples(), label, station, "samples", busy=busy)


def waiting_photographs(settings: Settings, batch: Batch) -> spool.Spool | None:
    """The batch's photographs on this machine; None where it has none (any more)."""
    return spool.find_spool(settings.spool_folder, _folder_name(batch))


def resume(application: Application, worker: BatchWorker, batch: Batch) -> None:
    """Continue a batch that broke off; raises UploadRefused where that is impossible."""
    found = waiting_photographs(application.settings, batch)
    if found is None:
        raise UploadRefused(
            "The photographs of this batch are no longer on this machine. Upload them again; "
            "those that were inspected are not repeated."
        )
    engine, _ = application.ready()
    if engine.card.identity != batch.model_sha256:
        raise UploadRefused(
            "This batch was started with another model. Discard it and upload the photographs "
            "again; one batch is never inspected by two models."
        )
    _submit(application, worker, batch, found)


def discard(settings: Settings, batch: Batch, person: Person | None) -> None:
    """Remove the photographs waiting for a batch; what was inspected stays.

    Raises NotAllowed for a viewer: it is the only thing here that cannot be undone.
    """
    if person is not None:
        require(person, Role.REVIEWER)
    spool.discard(settings.spool_folder / _folder_name(batch))


def sweep_spool(settings: Settings, database: Database) -> None:
    """Remove photographs of finished batches and leftovers of uploads that broke off."""

    def is_unfinished(name: str) -> bool:
        number = name.partition("-")[0]
        with reading(database) as connection:
            batch = batch_by_id(connection, int(number)) if number.isdecimal() else None
        # A folder that this database does not know may belong to another database.
        return batch is None or batch.finished_at is None or _folder_name(batch) != name

    spool.sweep(settings.spool_folder, keep=is_unfinished)


def _folder_name(batch: Batch) -> str:
    return spool.spool_name(batch.id, batch.created_at)


def _submit(
    application: Application, worker: BatchWorker, batch: Batch, sealed: spool.Spool
) -> None:
    def outcomes(retry: RetryPolicy) -> Iterator[Outcome]:
        photographs = spool.photographs(sealed, lambda: not retry.stop.is_set())
        if (yield from run(application, batch, photographs, retry)):
            spool.discard(sealed.folder)
            # Beside the next batch: the first purge of a long production takes minutes.
            threading.Thread(target=_purge, args=(application,), name="purge", daemon=True).start()

    worker.submit(Job(batch.id, batch.total, outcomes))


def _purge(application: Application) -> None:
    days = application.settings.retention_days
    try:
        done = purge_when_due(application.database, days, "retention")
    except QualityControlError as error:
        log.error("purge broke off: %s", error)
        return
    if done is not None:
        log.info("photographs purged", extra=fields(photographs=done.photographs, entry=done.id))


@cache
def _rendered_samples() -> tuple[tuple[str, bytes], ...]:
    """Names and JPEG files of the sample parts; takes 0.2 s the first time."""
    return tuple((part.name, encode_jpeg(part)) for part in sample_parts(SAMPLES, _SAMPLE_SEED))


def warm_up(engine: Engine) -> None:
    """Render the samples and inspect one: the first calls of gate and engine are the slowest."""
    pixels = judged_pixels(_rendered_samples()[0][1])
    measure(pixels)
    for alone in (True, False):
        engine.infer(pixels[None], alone)


def _samples() -> Iterator[Upload]:
    for name, data in _rendered_samples():
        file = BytesIO(data)
        file.name = name
        yield file
