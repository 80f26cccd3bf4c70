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

from db.backup import Contents, back_up, restore
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
from db.control import (
    freeze_baseline,
    frozen_baselines,
    note_signal,
    shift_signals,
    signal_notes,
)
from db.demo import SOURCE as DEMONSTRATION
from db.demo import (
    Demonstration,
    begin_demonstration,
    clear_demonstration,
    demonstration_of,
)
from db.dispositions import (
    LONGEST_NOTE,
    Decided,
    Disposition,
    decide,
    dispositions_of,
    final_verdict,
    last_disposition,
    names_of,
    settled,
    undo,
)
from db.health import damage, may_write, server_time
from db.history import Earlier, history
from db.live import latest_parts, latest_verdicts, timed_parts
from db.models import (
    Model,
    known_models,
    model_by_sha256,
    register_model,
)
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
from db.queue import (
    Claimed,
    claim,
    claim_part,
    decided,
    decided_count,
    is_second_review,
    open_count,
    release,
    stations,
    waiting,
)
from db.retention import Purge, purge_photographs, purge_when_due, purgeable, purges
from db.review_figures import Suspect, production, second_opinions, suspects
from db.reviewed import reviewed_parts
from db.scores import parts_since, reviewed_scores
from db.selection import Selection as Filters
from db.selection import Selection as Scope
from db.session import (
    connect,
    file_of,
    newest_revision,
    reading,
    shown_address,
    write,
    writing,
)
from db.settings import (
    SettingChange,
    change_settings,
    setting_changes,
    settings_in_force,
)
from db.shift_reports import latest_inspection, shift_parts, shift_report
from db.store import BatchStore
from db.thresholds import (
    ThresholdChange,
    change_threshold,
    current_threshold,
    threshold_changes,
)
from db.trends import (
    batch_buckets,
    bucket_parts,
    bucket_size,
    cells,
    defect_types,
    latest_scores,
)
from db.watching import (
    Watcher,
    announce,
    finish_left_batches,
    known_files,
    remember_files,
    tell_watcher,
    watchers,
)

__all__ = [
    "DEMONSTRATION",
    "LONGEST_NOTE",
    "Batch",
    "BatchStore",
    "BatchSummary",
    "Claimed",
    "Contents",
    "Decided",
    "Demonstration",
    "Disposition",
    "Earlier",
    "Filters",
    "Model",
    "Part",
    "Purge",
    "RoleEntry",
    "Scope",
    "SettingChange",
    "Sort",
    "Suspect",
    "ThresholdChange",
    "Watcher",
    "announce",
    "back_up",
    "batch_buckets",
    "batch_by_id",
    "batch_summary",
    "begin_demonstration",
    "bucket_parts",
    "bucket_size",
    "cells",
    "change_settings",
    "change_threshold",
    "claim",
    "claim_part",
    "clear_demonstration",
    "connect",
    "current_threshold",
    "damage",
    "data_version",
    "decide",
    "decided",
    "decided_count",
    "defect_types",
    "demonstration_of",
    "dispositions_of",
    "file_of",
    "final_verdict",
    "finish_batch",
    "finish_left_batches",
    "freeze_baseline",
    "frozen_baselines",
    "gallery",
    "gallery_size",
    "give_role",
    "history",
    "is_second_review",
    "known_files",
    "known_models",
    "last_disposition",
    "latest_inspection",
    "latest_parts",
    "latest_scores",
    "latest_verdicts",
    "may_write",
    "model_by_sha256",
    "names_of",
    "newest_revision",
    "note_signal",
    "open_batch",
    "open_count",
    "part_by_id",
    "parts_since",
    "photograph_bytes",
    "production",
    "purge_photographs",
    "purge_when_due",
    "purgeable",
    "purges",
    "reading",
    "recent_batches",
    "register_model",
    "rejections",
    "release",
    "remember_files",
    "restore",
    "reviewed_parts",
    "reviewed_scores",
    "role_of",
    "roles",
    "second_opinions",
    "server_time",
    "setting_changes",
    "settings_in_force",
    "settled",
    "shift_parts",
    "shift_report",
    "shift_signals",
    "shown_address",
    "signal_notes",
    "signed_in",
    "stations",
    "suspects",
    "tell_watcher",
    "threshold_changes",
    "timed_parts",
    "undo",
    "unfinished_batches",
    "waiting",
    "watchers",
    "write",
    "writing",
]
