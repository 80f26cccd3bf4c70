"""Review and process control, beside the verdicts that they never change.

    inspection ──── review_item       parts that people are asked about; drawn when stored
      ├───────────< disposition       append-only: decisions, and undos of them
      ├──────────── second_review     decided parts drawn for a second person's blind decision
      └──────────── review_claim      who is looking at a part now; its rows are deleted
    model ──< baseline                an engineer's limits of a chart; the latest is in force
      └─────< signal_note             what caused a signal of it

All but ``review_claim`` are protected by triggers.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from db.schema.types import Id, UtcDateTime, metadata

UNDO = "undo"
"""The decision of a disposition that takes an earlier one back."""

review_item = Table(
    "review_item",
    metadata,
    Column("inspection_id", Id, ForeignKey("inspection.id"), primary_key=True, autoincrement=False),
    # Log-odds from the threshold, infinite where there is none: the order of the queue.
    Column("distance", Double, nullable=False),
    # Empty where the part was not drawn for the audit sample.
    Column("audit_rate", Double),
    CheckConstraint("distance >= 0", name="distance"),
    CheckConstraint("audit_rate > 0 AND audit_rate <= 1", name="audit_rate"),
    Index(None, "distance", "inspection_id"),
)

disposition = Table(
    "disposition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("inspection_id", Id, ForeignKey("inspection.id"), nullable=False),
    Column("decision", Text, nullable=False),
    Column("undoes", Id, ForeignKey("disposition.id")),
    Column("defect_type", Text, nullable=False),
    Column("note", Text, nullable=False),
    # The same for the same person; see core.people.Person.key.
    Column("person_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("verified", Boolean, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    CheckConstraint("decision IN ('defective', 'ok', 'retake', 'unsure', 'undo')", name="decision"),
    CheckConstraint("(decision = 'undo') = (undoes IS NOT NULL)", name="undoes"),
    CheckConstraint("(decision = 'defective') = (defect_type <> '')", name="defect_type"),
    UniqueConstraint("undoes"),
    Index(None, "inspection_id", "id"),
    Index(None, "person_key", "id"),
)

second_review = Table(
    "second_review",
    metadata,
    Column("inspection_id", Id, ForeignKey("inspection.id"), primary_key=True, autoincrement=False),
    Column("drawn_at", UtcDateTime, nullable=False),
)

review_claim = Table(
    "review_claim",
    metadata,
    Column("inspection_id", Id, ForeignKey("inspection.id"), primary_key=True, autoincrement=False),
    Column("person_key", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

baseline = Table(
    "baseline",
    metadata,
    Column("id", Id, primary_key=True),
    # Empty for the chart of all stations.
    Column("station", Text, nullable=False),
    Column("grain", Text, nullable=False),
    Column("model_id", Id, ForeignKey("model.id"), nullable=False),
    Column("threshold", Double, nullable=False),
    Column("begins", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("defective", Integer, nullable=False),
    Column("inspected", Integer, nullable=False),
    Column("subgroups", Integer, nullable=False),
    Column("sigma_z", Double, nullable=False),
    Column("chance", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    CheckConstraint("0 <= defective AND defective <= inspected AND inspected > 0", name="counts"),
    Index(None, "station", "grain", "model_id", "threshold", "id"),
)

signal_note = Table(
    "signal_note",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station", Text, nullable=False),
    Column("grain", Text, nullable=False),
    Column("model_id", Id, ForeignKey("model.id"), nullable=False),
    Column("threshold", Double, nullable=False),
    Column("rule", Text, nullable=False),
    # Begin of the subgroup at which the rule fired.
    Column("at", UtcDateTime, nullable=False),
    Column("cause", Text, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Index(None, "station", "grain", "at"),
)
