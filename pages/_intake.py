"""From an upload, the samples or a broken-off batch to a batch in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from io import BytesIO

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

import db
from core import spool
from core.batches import Job
from core.engine import Engine
from core.errors import QualityControlError, UploadRefused
from core.gate import measure
from core.images import decode
from core.inspection import Photograph
from core.intake import Limits, Upload, receive
from core.logs import fields
from core.people import Person, Role, require
from core.samples import encode_jpeg, sample_parts
from pages._services import Services, keep

log = logging.getLogger(__name__)

SAMPLES = 12
"""As many as two cores inspect and a browser shows within a second of the first click."""
SAMPLE_SEED = 2026


def begin(
    services: Services, uploads: Iterable[Upload], source: str, label: str, station: str
) -> int:
    """Keep the uploads on disk, open a batch and hand it to the worker; returns its number.

    Raises UploadRefused where the upload as a whole cannot be taken, StoreError where the
    batch cannot be opened; then nothing is left behind. Draws nothing, so that no click can
    interrupt it half-way.
    """
    settings = services.settings
    if services.model is None:
        raise UploadRefused(services.fault)
    received = receive(
        uploads,
        settings.spool_folder,
        Limits(settings.max_upload_files, settings.max_upload_megabytes),
    )
    model_id, folder = services.model.id, received.folder

    def open_and_seal(connection: Connection) -> tuple[db.Batch, spool.Spool]:
        nonlocal folder
        batch = db.open_batch(
            connection, source, label.strip(), station, model_id, len(received.files)
        )
        # Before the batch is committed: no batch may wait for photographs nobody kept.
        name = spool.spool_name(batch.id, batch.created_at)
        sealed = spool.seal(folder, received.files, settings.spool_folder, name)
        folder = sealed.folder
        return batch, sealed

    try:
        batch, sealed = keep(services, open_and_seal)
    except BaseException:
        spool.discard(folder)
        raise
    _submit(services, batch, sealed)
    return batch.id


def begin_samples(services: Services) -> int:
    """The rendered sample parts as a batch, on the way of every upload."""
    label = f"{SAMPLES} sample parts"
    return begin(services, _samples(), "samples", label, services.settings.station)


def waiting(services: Services, batch: db.Batch) -> spool.Spool | None:
    """The batch's photographs on this machine."""
    name = spool.spool_name(batch.id, batch.created_at)
    return spool.find_spool(services.settings.spool_folder, name)


def resume(services: Services, batch: db.Batch) -> None:
    """Go on with a batch that broke off; raises UploadRefused where that cannot be."""
    found = waiting(services, batch)
    if found is None:
        raise UploadRefused(
            "The photographs of this batch are no longer on this machine. Upload them again; "
            "those that were inspected are not repeated."
        )
    if services.engine is None:
        raise UploadRefused(services.fault)
    if services.engine.card.identity != batch.model_sha256:
        raise UploadRefused(
            "This batch was begun with another model. Discard it and upload the photographs "
            "again; one batch is never inspected by two models."
        )
    _submit(services, batch, found)


def discard(services: Services, batch: db.Batch, person: Person | None) -> None:
    """Remove the photographs that wait for a batch; what was inspected stays.

    Raises NotAllowed for a viewer: it is the one thing here that cannot be had back.
    """
    if person is not None:
        require(person, Role.REVIEWER)
    name = spool.spool_name(batch.id, batch.created_at)
    spool.discard(services.settings.spool_folder / name)


def _submit(services: Services, batch: db.Batch, sealed: spool.Spool) -> None:
    engine = services.engine
    if engine is None:
        raise UploadRefused(services.fault)

    def photographs(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        return spool.photographs(sealed, goes_on)

    services.worker.submit(
        Job(
            batch_id=batch.id,
            total=batch.total,
            photographs=photographs,
            engine=engine,
            store=db.BatchStore(services.database, batch, services.settings.audit_rate),
            threshold=partial(_threshold, services.database, batch.model_id),
            finish=partial(_finish, services, batch.id, sealed),
        )
    )


def _threshold(database: Database, model_id: int) -> float:
    with db.reading(database) as connection:
        return db.current_threshold(connection, model_id)


def _finish(services: Services, batch_id: int, sealed: spool.Spool) -> None:
    db.write(services.database, partial(db.finish_batch, batch_id=batch_id))
    spool.discard(sealed.folder)
    # Beside the next batch: the first purge of a long production takes minutes.
    threading.Thread(target=_purge, args=(services,), name="purge", daemon=True).start()


def _purge(services: Services) -> None:
    try:
        done = db.purge_when_due(services.database, services.settings.retention_days, "retention")
    except QualityControlError as error:
        log.error("purge broke off: %s", error)
        return
    if done is not None:
        log.info("photographs purged", extra=fields(photographs=done.photographs, entry=done.id))


@cache
def rendered_samples() -> tuple[tuple[str, bytes], ...]:
    """Names and JPEG files of the sample parts; takes a fifth of a second the first time."""
    return tuple((part.name, encode_jpeg(part)) for part in sample_parts(SAMPLES, SAMPLE_SEED))


def made_ready(engine: Engine) -> None:
    """Render the sample parts and try one: the first calls of gate and engine are the slowest."""
    pixels = decode(rendered_samples()[0][1]).pixels
    measure(pixels)
    for alone in (True, False):
        engine.infer(pixels[None], alone)


def _samples() -> Iterator[Upload]:
    for name, data in rendered_samples():
        file = BytesIO(data)
        file.name = name  # type: ignore[attr-defined]
        yield file  # type: ignore[misc]
