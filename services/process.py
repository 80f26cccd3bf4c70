"""Process control: freeze the limits of a control chart, and note what caused a signal.

``busy`` is called each time the database was busy, before the transaction is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine as Database

from core.people import Person
from core.process.control_chart import Chart
from core.process.spc import Baseline, Rule
from db.process import control_chart
from db.session import write


def freeze_baseline(
    database: Database,
    person: Person,
    chart: Chart,
    begins: datetime,
    ends: datetime,
    baseline: Baseline,
    reason: str,
    *,
    busy: Callable[[], None],
) -> None:
    """Freeze a chart's limits from the subgroups of a period; earlier baselines stay stored.

    Raises NotAllowed unless the person is an engineer, ValueError without a reason.
    """
    write(
        database,
        lambda connection: control_chart.freeze_baseline(
            connection, person, chart, begins, ends, baseline, reason
        ),
        busy,
    )


def note_signal(
    database: Database,
    person: Person,
    chart: Chart,
    rule: Rule,
    at: datetime,
    cause: str,
    *,
    busy: Callable[[], None],
) -> None:
    """Note the assignable cause of the signal that ``rule`` gave at the subgroup ``at``.

    Raises NotAllowed for a viewer, ValueError without a cause.
    """
    write(
        database,
        lambda connection: control_chart.note_signal(connection, person, chart, rule, at, cause),
        busy,
    )
