"""Batches that are killed at any moment with SIGKILL, checked, and resumed.

    python -m tools.soak.killed --rounds 100 --json tools/soak/results/killed.json

Each round: a process inspects a batch from the spool and tells each part after it was
acknowledged as stored; it is killed at a random moment. Then every part it told must be there
with its photograph, its map and the verdict that was told, and the database must be whole. A
second process resumes the batch, and every part must be there once. What is not so is counted,
and then the exit code is 1. With ``--database-url`` on
another database than an SQLite file in a scratch folder.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine, func, select

from core.inspection import spool
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import Rejection
from core.synthetic.samples import encode_jpeg, sample_parts
from db import schema
from db.inspections.batches import batch_by_id, batch_summary, finish_batch, open_batch
from db.inspections.models import register_model
from db.inspections.parts import photograph_bytes
from db.inspections.store import BatchStore
from db.schema import review_item
from db.session import connect, reading, writing
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine
from tools.soak.machine import write_result

PARTS = 64
ENGINE = BrightnessEngine()
SEEN = ("rounds", "killed_in_the_middle", "acknowledged", "found_after_the_kill")
WRONG = (
    "lost",
    "changed",
    "not_whole",
    "listed_twice",
    "not_completed",
    "damaged_databases",
)


def inspect_batch(url: str, folder: Path, batch_id: int) -> None:
    """What the killed process does; a line of sha256 and verdict for each part, then "finished"."""
    engine = connect(url)
    with reading(engine) as connection:
        batch = batch_by_id(connection, batch_id)
    if batch is None:
        raise LookupError(batch_id)
    sealed = spool.find_spool(folder, spool.spool_name(batch.id, batch.created_at))
    if sealed is None:
        raise LookupError(folder)
    store = BatchStore(engine, batch, audit_rate=1.0)
    for outcome in inspect_photographs(spool.photographs(sealed), ENGINE, 0.5, store, 4):
        item = outcome.result
        word = "rejected" if isinstance(item, Rejection) else item.verdict.value
        sys.stdout.write(f"{item.sha256} {word}\n")
        sys.stdout.flush()
    with writing(engine) as connection:
        finish_batch(connection, batch_id)
    sys.stdout.write("finished\n")
    engine.dispose()


def start(url: str, folder: Path, batch_id: int) -> subprocess.Popen[str]:
    """A process that inspects the batch."""
    return subprocess.Popen(
        [sys.executable, "-m", "tools.soak.killed", "--child", url, str(folder), str(batch_id)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def waiting_batch(engine: Engine, folder: Path, mark: str) -> int:
    """A batch of PARTS photographs nobody else has, on disk and not begun."""
    photograph = encode_jpeg(next(iter(sample_parts(1, 4))))
    with writing(engine) as connection:
        model = register_model(connection, ENGINE.card.identity, "test", {}, 0.5, "soak")
        batch = open_batch(connection, "soak", mark, "line 1", model.id, PARTS)
    incoming = spool.new_folder(folder)
    files = []
    for number in range(PARTS):
        data = photograph + f"{mark} {number}".encode()  # after its end; a decoder stops before
        (incoming / f"{number:06}").write_bytes(data)
        name = f"part {number}.jpg"
        files.append(spool.SpooledFile(name, f"{number:06}", sha256(data).hexdigest()))
    name = spool.spool_name(batch.id, batch.created_at)
    spool.seal(incoming, files, folder, name)
    return batch.id


def run_round(engine: Engine, url: str, folder: Path, seed: int) -> Counter[str]:
    """Kill, check, resume, check; counts what was seen, and what is :data:`WRONG`."""
    chance = random.Random(seed)
    batch_id = waiting_batch(engine, folder, f"round {seed} {time.time_ns()}")
    process = start(url, folder, batch_id)
    told: dict[str, str] = {}
    enough = chance.randrange(PARTS + 1)
    assert process.stdout is not None
    while len(told) < enough and (line := process.stdout.readline()):
        sha, word = line.split()
        told[sha] = word
    time.sleep(chance.random() * 0.03)
    process.kill()
    rest, errors = process.communicate()
    assert not errors, errors
    lines = rest.splitlines()
    for line in lines[: len(lines) if rest.endswith("\n") else -1]:
        if line != "finished":
            sha, word = line.split()
            told[sha] = word
    seen = Counter(rounds=1, acknowledged=len(told))
    stored = check(engine, batch_id, seen)
    seen["found_after_the_kill"] = len(stored)
    seen["killed_in_the_middle"] = len(stored) < PARTS
    seen["lost"] = sum(stored.get(sha) != word for sha, word in told.items())

    resumed = start(url, folder, batch_id)
    output, errors = resumed.communicate()
    assert resumed.returncode == 0, errors
    assert output.endswith("finished\n")
    whole = check(engine, batch_id, seen)
    seen["changed"] = sum(whole.get(sha) != word for sha, word in stored.items())
    with reading(engine) as connection:
        summary = batch_summary(connection, batch_id)
        batch = batch_by_id(connection, batch_id)
    assert summary is not None
    assert batch is not None
    seen["not_completed"] = batch.finished_at is None or len(whole) != PARTS
    seen["listed_twice"] = summary.inspected - PARTS
    return seen


def check(engine: Engine, batch_id: int, seen: Counter[str]) -> dict[str, str]:
    """Verdicts of the batch by sha256; counts what is not whole."""
    item = schema.inspection.c
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            intact = connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            pointless = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            seen["damaged_databases"] += not intact or bool(pointless)
        rows = connection.execute(
            select(
                item.id, item.photograph_sha256, item.verdict, item.evidence, item.store_ms
            ).where(item.batch_id == batch_id)
        ).all()
        numbers = [row.id for row in rows]
        for row in rows:
            data = photograph_bytes(connection, row.photograph_sha256) or b""
            whole = sha256(data).hexdigest() == row.photograph_sha256
            seen["not_whole"] += not whole or len(row.evidence) != 200 or row.store_ms is None
        for table in (schema.batch_part, review_item):
            listed = select(func.count()).where(table.c.inspection_id.in_(numbers))
            seen["not_whole"] += connection.scalar(listed) != len(rows)
    return {row.photograph_sha256: row.verdict for row in rows}


def main() -> None:
    """Run the rounds and write what was seen."""
    if sys.argv[1:2] == ["--child"]:
        inspect_batch(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        url = chosen.database_url or f"sqlite:///{scratch}/qc.db"
        engine = connect(url)
        seen: Counter[str] = Counter()
        for seed in range(chosen.rounds):
            seen.update(run_round(engine, url, Path(scratch) / "spool", seed))
        database = engine.dialect.name
        engine.dispose()
    write_result(
        {
            "database": database,
            "parts_in_a_batch": PARTS,
            **{name: seen[name] for name in (*SEEN, *WRONG)},
        },
        chosen.json,
    )
    sys.exit(any(seen[name] for name in WRONG))


if __name__ == "__main__":
    main()
