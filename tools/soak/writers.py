"""Many processes that write and read one database at the same time.

    python -m tools.soak.writers --json tools/soak/results/writers.json

Writers record different parts, one a transaction, as fast as they can; readers walk through
gallery, queue and figures meanwhile. Then the database is held for ten seconds while a batch
is inspected and a decision is given. ``--database-url`` names another database than an SQLite
file in a scratch folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, select

from core.errors import StoreBusy
from core.inspection.records import Photograph
from core.people import Person, Role
from core.review.decisions import Decision
from core.settings import read_settings
from core.synthetic.samples import encode_jpeg, sample_parts
from db import schema
from db.inspections.batches import batch_summary, recent_batches
from db.inspections.models import model_by_sha256
from db.inspections.parts import data_version, gallery, photograph_bytes
from db.inspections.store import BatchStore
from db.review import decisions
from db.review.decisions import dispositions_of
from db.review.queue import waiting
from db.selection import Selection
from db.session import connect, reading, write, writing
from services.application import Application
from services.inspection.batch_worker import BatchWorker, Job
from services.inspection.batches import run
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine, card
from tests.stored_parts import MODEL, open_store, outcome
from tools.soak.machine import write_result

ANN = Person("Ann", None, False, Role.REVIEWER)


def write_parts(url: str, first: int, count: int) -> None:
    """What a writer does: one batch; prints the milliseconds of each transaction."""
    engine = connect(url)
    store = open_store(engine, f"line {first}", count)
    parts = [outcome(first + number) for number in range(count)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    times, locked = [], 0
    for part in parts:
        began = time.perf_counter()
        try:
            store.record([part])
        except StoreBusy:
            locked += 1
        times.append((time.perf_counter() - began) * 1e3)
    sys.stdout.write(json.dumps({"times": times, "locked": locked}) + "\n")
    engine.dispose()


def _set_at_end_of_input(over: threading.Event) -> None:
    sys.stdin.readline()
    over.set()


def read_parts(url: str) -> None:
    """What a reader does until its input ends; tells the milliseconds of each transaction."""
    engine = connect(url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    over = threading.Event()
    threading.Thread(target=_set_at_end_of_input, args=(over,), daemon=True).start()
    times, locked = [], 0
    while not over.is_set():
        began = time.perf_counter()
        try:
            _read_once(engine)
        except StoreBusy:
            locked += 1
        times.append((time.perf_counter() - began) * 1e3)
        time.sleep(0.01)
    sys.stdout.write(json.dumps({"times": times, "locked": locked}) + "\n")
    engine.dispose()


def _read_once(engine: Engine) -> None:
    with reading(engine) as connection:
        parts = gallery(connection, limit=24)
        whole = [photograph_bytes(connection, part.inspection.sha256) for part in parts]
        if not all(whole):
            raise AssertionError("a verdict without its photograph")
        data_version(connection)
        waiting(connection, ANN, Selection())
        for batch in recent_batches(connection, 3):
            batch_summary(connection, batch.id)


def run_all(url: str, writers: int, parts: int, readers: int) -> dict[str, Any]:
    """Start all of them at one moment; raises AssertionError where one fails."""
    engine = connect(url)
    kinds = [["--writer", url, str(place * parts), str(parts)] for place in range(writers)]
    kinds += [["--reader", url]] * readers
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tools.soak.writers", *kind],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    began = time.perf_counter()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate() for process in started[:writers]]
    seconds = time.perf_counter() - began
    ended += [process.communicate("over\n") for process in started[writers:]]
    assert [process.returncode for process in started] == [0] * len(started), [
        errors for _, errors in ended if errors
    ]
    told = [json.loads(output) for output, _ in ended]
    written, read = (
        np.concatenate([item["times"] for item in some])
        for some in (told[:writers], told[writers:])
    )
    with reading(engine) as connection:
        rows = connection.scalar(select(func.count()).select_from(schema.inspection))
        photographs = connection.scalar(select(func.count()).select_from(schema.photograph))
    found = {
        "database": engine.dialect.name,
        "writers": writers,
        "readers": readers,
        "parts_each": parts,
        "rows": rows,
        "photographs": photographs,
        "lock_errors": sum(item["locked"] for item in told),
        "seconds": round(seconds, 2),
        **_quantiles("write", written),
        "reads": len(read),
        **_quantiles("read", read),
    }
    engine.dispose()
    return found


def held(url: str, seconds: float) -> dict[str, Any]:
    """A batch and a decision while another program holds the database for some time."""
    engine, other = connect(url), connect(url)
    taken = threading.Event()
    store = open_store(engine, "held", 8)
    with reading(engine) as connection:
        (part,) = gallery(connection, limit=1)

    def hold() -> None:
        with writing(other) as connection:
            if other.dialect.name == "postgresql":
                connection.exec_driver_sql(
                    "LOCK TABLE inspection, disposition IN ACCESS EXCLUSIVE MODE"
                )
            taken.set()
            time.sleep(seconds)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    began = time.perf_counter()
    said: list[str] = []
    worker = BatchWorker()
    worker.submit(_job(engine, store))
    decide = partial(decisions.decide, person=ANN, inspection_id=part.id, decision=Decision.OK)
    asked = threading.Thread(
        target=lambda: write(engine, decide, lambda: said.append("decision: busy, retrying"))
    )
    asked.start()
    while (progress := worker.progress(store.batch.id)) and progress.is_active:
        if progress.message and f"batch: {progress.message}" not in said:
            said.append(f"batch: {progress.message}")
        time.sleep(0.02)
    asked.join()
    holder.join()
    assert progress is not None
    with reading(engine) as connection:
        decided = [item.decision for item in dispositions_of(connection, part.id)]
    engine.dispose()
    other.dispose()
    return {
        "held_seconds": seconds,
        "said": said,
        "batch": progress.state.value,
        "batch_done": progress.done,
        "decisions_kept": len(decided),
        "done_after_seconds": round(time.perf_counter() - began, 1),
    }


def _job(engine: Engine, store: BatchStore) -> Job:
    files = [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(8, seed=77)]
    fake = BrightnessEngine(card(weights_sha256=MODEL))
    with reading(engine) as connection:
        model = model_by_sha256(connection, MODEL)
    application = Application(read_settings(), engine, fake, model, "")
    return Job(store.batch.id, 8, lambda retry: run(application, store.batch, files, retry))


def _quantiles(name: str, times: Any) -> dict[str, float]:
    return {
        f"{name}_ms_median": round(float(np.median(times)), 2),
        f"{name}_ms_p95": round(float(np.quantile(times, 0.95)), 2),
        f"{name}_ms_most": round(float(times.max()), 2),
    }


def main() -> None:
    """Run all of it and write what was seen."""
    if sys.argv[1:2] == ["--writer"]:
        write_parts(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--reader"]:
        read_parts(sys.argv[2])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--parts", type=int, default=100)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--held", type=float, default=10.0)
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        url = chosen.database_url or f"sqlite:///{scratch}/qc.db"
        found = run_all(url, chosen.writers, chosen.parts, chosen.readers)
        found["held"] = held(url, chosen.held)
    write_result(found, chosen.json)


if __name__ == "__main__":
    main()
