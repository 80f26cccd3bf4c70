"""Server time of the Live page's own refresh on many stored parts.

    python -m tools.benchmarks.live --parts 1000000 --json tools/benchmarks/results/live.json

The parts end now, at 20 a second in the last quarter of an hour, and a new one with a photograph
comes before every refresh. What is timed is the whole refresh inside a session of Streamlit:
queries, figures, pictures, and everything that is sent to the browser but the sending. The first
drawing also makes what later ones keep; a refresh is what happens every second after it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import Batch
from db.schema import inspection
from db.session import connect, writing
from tests.stored_parts import open_store, outcome_of
from tools.benchmarks.many_parts import fill
from tools.soak.machine import write_result

REFRESHES = 40
PER_SECOND = 20


def program(found: list[dict[str, float]]) -> None:
    """A page that draws the live view once and notes the time it took."""
    import time

    from pages.live.line_view import live_view
    from pages.shared.services import open_services

    services = open_services()
    wall, processor = time.perf_counter(), time.process_time()
    live_view(services, None)
    found.append(
        {
            "milliseconds": (time.perf_counter() - wall) * 1e3,
            "processor_milliseconds": (time.process_time() - processor) * 1e3,
        }
    )


def last_minutes(engine: Engine, batch: Batch) -> None:
    """Parts of the last fifteen minutes, with stage times and without photographs."""
    now, random = datetime.now(UTC), np.random.default_rng(1)
    count = 15 * 60 * PER_SECOND
    with writing(engine) as connection:
        sha = connection.scalar(
            inspection.select().with_only_columns(inspection.c.photograph_sha256)
        )
        rows = [
            {
                "photograph_sha256": sha,
                "model_id": batch.model_id,
                "batch_id": batch.id,
                "station": f"live {number}",
                "file": f"live {number}.jpg",
                "inspected_at": now - timedelta(seconds=number / PER_SECOND),
                "verdict": "ok",
                "reason": "",
                "probability": 0.1,
                "log_odds": -2.2,
                "threshold": 0.5,
                "evidence": bytes(200),
                "evidence_rows": 10,
                "evidence_columns": 10,
                "decode_ms": 0.3,
                "gate_ms": 0.3,
                "inference_ms": float(random.gamma(20, 0.4)),
                "store_ms": 0.5,
            }
            for number in range(count)
        ]
        for start in range(0, count, 1000):
            connection.execute(inspection.insert(), rows[start : start + 1000])


def main() -> None:
    """Fill, refresh, say, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/parts.db"
        os.environ |= {"DATABASE_URL": url, "SPOOL_FOLDER": f"{folder}/spool"}
        engine = connect(url)
        fill(engine, chosen.parts)
        store = open_store(engine, "line 1")
        last_minutes(engine, store.batch)
        photographs = [encode_jpeg(part) for part in sample_parts(6, seed=3)]
        times: list[dict[str, float]] = []
        app = AppTest.from_function(program, args=(times,), default_timeout=120)
        for number in range(REFRESHES + 1):
            new = photographs[number % 6] + str(number).encode()
            store.record([outcome_of(f"{number}.jpg", new, log_odds=-3.0)])
            app.run()
            if app.exception:
                raise RuntimeError(app.exception[0].value)
            time.sleep(0.05)
        engine.dispose()
    first, rest = times[0], times[1:]
    found: dict[str, Any] = {
        "parts": chosen.parts + 15 * 60 * PER_SECOND,
        "first_milliseconds": round(first["milliseconds"], 1),
        "refreshes": len(rest),
    }
    for name in ("milliseconds", "processor_milliseconds"):
        values = [one[name] for one in rest]
        found[f"refresh_{name}"] = {
            "median": round(statistics.median(values), 1),
            "p95": round(float(np.percentile(values, 95)), 1),
        }
    write_result(found, chosen.json)


if __name__ == "__main__":
    main()
