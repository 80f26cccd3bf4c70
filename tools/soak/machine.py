"""What a result must say of where it was measured, and how it is written."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def resident_megabytes() -> float:
    """Memory that this process holds now; Linux only."""
    return _status("VmRSS")


def peak_megabytes() -> float:
    """The most memory that this process held since :func:`forget_peak`; Linux only."""
    return _status("VmHWM")


def forget_peak() -> None:
    """Let the peak begin at what is held now (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def write_result(found: dict[str, Any], path: Path | None) -> None:
    """Say what was found, with the day and the machine in general terms, and keep it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = json.dumps(
        {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": {
                "processors": os.cpu_count(),
                "memory_gib": round(memory),
                "system": platform.system(),
                "python": platform.python_version(),
                "sqlite": sqlite3.sqlite_version,
            },
            **found,
        },
        indent=2,
    )
    sys.stdout.write(lines + "\n")
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines + "\n", encoding="utf-8")


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status does not tell {name}")
