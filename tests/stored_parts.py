"""Made-up outcomes, and the programs that tests run in other processes."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
from sqlalchemy import Engine

from core.inspection.records import Inspection, Outcome, Photograph, Rejection, StageTimes, Verdict
from core.people import Person, Role
from db.inspections.batches import open_batch
from db.inspections.models import register_model
from db.inspections.store import BatchStore
from db.session import connect, writing

MODEL = "a" * 64
ENGINEER = Person("Ben", "ben@plant.example", True, Role.ENGINEER)


def outcome(
    number: int,
    *,
    file: str | None = None,
    verdict: Verdict | None = None,
    probability: float | None = None,
    log_odds: float = 0.25,
    model: str = MODEL,
    inspected_at: datetime | None = None,
) -> Outcome:
    """The inspection of part ``number``, the same bytes and scores every time."""
    random = np.random.default_rng(number)
    data = random.bytes(3_000)
    chance = float(random.random()) if probability is None else probability
    name = f"part_{number:04}.png" if file is None else file
    return Outcome(
        Photograph(name, data),
        Inspection(
            file=name,
            sha256=sha256(data).hexdigest(),
            verdict=verdict or (Verdict.DEFECTIVE if chance >= 0.5 else Verdict.OK),
            probability=chance,
            log_odds=log_odds,
            threshold=0.5,
            model=model,
            evidence=random.normal(size=(10, 12)).astype(np.float16),
            reason="",
            width=300,
            height=280,
            format="PNG",
            times=StageTimes(1.5, 0.25, 7.25),
            inspected_at=inspected_at or datetime.now(UTC),
        ),
    )


def outcome_of(name: str, data: bytes, *, log_odds: float) -> Outcome:
    """The inspection of a real picture, scored as told."""
    made = outcome(0, file=name, probability=1 / (1 + math.exp(-log_odds)), log_odds=log_odds)
    assert isinstance(made.result, Inspection)
    item = replace(made.result, sha256=sha256(data).hexdigest(), format="JPEG")
    return Outcome(Photograph(name, data), item)


def rejected(number: int, reason: str = "Not a picture. Send a JPEG.") -> Outcome:
    """File ``number`` as one that cannot be read."""
    data = f"no picture {number}".encode()
    name = f"broken_{number}.txt"
    return Outcome(
        Photograph(name, data),
        Rejection(name, sha256(data).hexdigest(), len(data), reason, datetime.now(UTC)),
    )


def open_store(engine: Engine, station: str = "line 1", total: int = 0) -> BatchStore:
    """A new batch's store; registers the model where needed."""
    with writing(engine) as connection:
        model = register_model(
            connection, MODEL, "test", {"recall": 0.99, "evidence_scale": 1.0}, 0.5, "tests"
        )
        batch = open_batch(connection, "upload", "a folder", station, model.id, total)
    return BatchStore(engine, batch)


def record_all(url: str, numbers: Sequence[int], micro_batch: int) -> None:
    """Record these parts in a new batch, and say so on standard output after each step."""
    engine = connect(url)
    store = open_store(engine)
    for start in range(0, len(numbers), micro_batch):
        step = numbers[start : start + micro_batch]
        store.record([outcome(number) for number in step])
        sys.stdout.write("".join(f"{number}\n" for number in step) + "stored\n")
        sys.stdout.flush()
    engine.dispose()


if __name__ == "__main__":
    # url, micro-batch, seed of the order, number of parts
    address, size, seed, count = sys.argv[1], *map(int, sys.argv[2:])
    order = np.random.default_rng(seed).permutation(count).tolist()
    record_all(address, order, size)
