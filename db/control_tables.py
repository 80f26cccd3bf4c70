"""The tables of process control; both are append-only.

model ──< baseline       an engineer's limits of a chart; the latest of a chart is in force
  └─────< signal_note    what caused a signal of it
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, Index, Integer, Table, Text

from db.schema import Id, UtcDateTime, metadata

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
