"""Where photographs, verdicts and batches are kept: SQLite, or PostgreSQL by URL.

    engine = connect("sqlite:///data/qc.db")
    with writing(engine) as connection:
        model = register_model(connection, sha256, name, card, threshold, who)
        batch = open_batch(connection, "upload", "Monday", "line 1", model.id, total=620)
    outcomes = inspect_photographs(..., store=BatchStore(engine, batch))
    with reading(engine) as connection:
        parts = gallery(connection, batch.id, Verdict.DEFECTIVE, Sort.PROBABILITY)

Functions take a connection, so that a caller decides what belongs in one transaction;
only :class:`BatchStore` opens its own, one for each micro-batch.
"""

from db.batches import (
    Batch,
    BatchSummary,
    batch_by_id,
    batch_summary,
    finish_batch,
    open_batch,
    recent_batches,
    rejections,
    unfinished_batches,
)
from db.models import Model, model_by_sha256, register_model
from db.parts import (
    Part,
    Sort,
    data_version,
    gallery,
    gallery_size,
    part_by_id,
    photograph_bytes,
)
from db.people import RoleEntry, give_role, role_of, roles, signed_in
from db.session import connect, reading, writing
from db.store import BatchStore
from db.thresholds import (
    ThresholdChange,
    change_threshold,
    current_threshold,
    threshold_changes,
)

__all__ = [
    "Batch",
    "BatchStore",
    "BatchSummary",
    "Model",
    "Part",
    "RoleEntry",
    "Sort",
    "ThresholdChange",
    "batch_by_id",
    "batch_summary",
    "change_threshold",
    "connect",
    "current_threshold",
    "data_version",
    "finish_batch",
    "gallery",
    "gallery_size",
    "give_role",
    "model_by_sha256",
    "open_batch",
    "part_by_id",
    "photograph_bytes",
    "reading",
    "recent_batches",
    "register_model",
    "rejections",
    "role_of",
    "roles",
    "signed_in",
    "threshold_changes",
    "unfinished_batches",
    "writing",
]
