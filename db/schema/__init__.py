"""Every table as it is after the last migration.

An instant is ``timestamptz`` in PostgreSQL and whole microseconds since 1970 UTC in SQLite
(``datetime(inspected_at / 1000000, 'unixepoch')`` reads it by hand).
"""

from db.schema.inspections import (
    KEPT,
    batch,
    batch_part,
    inspection,
    model,
    photograph,
    purge,
    purged_photograph,
    rejection,
    threshold_change,
)
from db.schema.plant import demonstration, person_role, setting_change, watched_file, watcher
from db.schema.review import (
    UNDO,
    baseline,
    disposition,
    review_claim,
    review_item,
    second_review,
    signal_note,
)
from db.schema.types import Id, UtcDateTime, metadata

__all__ = [
    "KEPT",
    "UNDO",
    "Id",
    "UtcDateTime",
    "baseline",
    "batch",
    "batch_part",
    "demonstration",
    "disposition",
    "inspection",
    "metadata",
    "model",
    "person_role",
    "photograph",
    "purge",
    "purged_photograph",
    "rejection",
    "review_claim",
    "review_item",
    "second_review",
    "setting_change",
    "signal_note",
    "threshold_change",
    "watched_file",
    "watcher",
]
