"""The one way of a photograph: bytes -> decode -> gate -> engine -> Inspection -> store.

Upload page, command line and every other source call :func:`inspect_photographs`; there is
no second way. Reading and decoding run ahead of inference, storing runs behind it, and a
micro-batch is on disk in one transaction before its outcomes are yielded: what a caller has
seen is kept. Stopping at any point loses nothing, and doing it again adds nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.engine import MICRO_BATCH, Engine
from core.errors import ImageRejected
from core.evidence import stored_map
from core.gate import Measures, fault, measure
from core.images import PartImage, decode, sha256_of
from core.metrics import probabilities

AHEAD = 2
"""Micro-batches decoded before they are needed."""


class Verdict(StrEnum):
    """What the model says of a part."""

    DEFECTIVE = "defective"
    OK = "ok"
    NOT_INSPECTABLE = "not_inspectable"


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file as it arrived: its name (never trusted as a path) and its bytes."""

    name: str
    data: bytes
    fault: str = ""
    """Why its source could not read it; such a photograph is rejected with this reason."""


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds one part spent in each stage; inference is its share of the micro-batch."""

    decode_ms: float
    gate_ms: float
    inference_ms: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """One verdict with everything that explains it."""

    file: str
    sha256: str
    verdict: Verdict
    probability: float
    log_odds: float
    threshold: float
    model: str
    """sha256 of the model's weights."""
    evidence: NDArray[np.float16]
    """(rows, columns), log-odds per cell of the last feature map."""
    reason: str
    """Empty, or for ``not_inspectable`` what to do."""
    width: int
    height: int
    format: str
    times: StageTimes
    inspected_at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file that could not be inspected, and why."""

    file: str
    sha256: str
    byte_count: int
    reason: str
    rejected_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photograph."""

    photograph: Photograph
    result: Inspection | Rejection
    already_inspected: bool = False
    """True when the store held this photograph's verdict before; none was added."""


class InspectionStore(Protocol):
    """Where outcomes are kept; bound to one batch, one station and one model."""

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        """Stored inspections of these photographs by this model at this station, by sha256."""

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        """Store all of them in one transaction.

        Returns, by sha256, the inspections that another writer stored first; for those no
        verdict was added.
        """


@dataclass(frozen=True, slots=True)
class _Prepared:
    photograph: Photograph
    sha256: str
    image: PartImage | None = None
    measures: Measures | None = None
    decode_ms: float = 0.0
    gate_ms: float = 0.0
    outcome: Outcome | None = None
    """Known already: rejected, or inspected before."""


def inspect_photographs(
    photographs: Iterable[Photograph],
    engine: Engine,
    threshold: float,
    store: InspectionStore,
    micro_batch: int = MICRO_BATCH,
) -> Iterator[Outcome]:
    """Inspect and store every photograph; yields one outcome each, in their order.

    ``threshold`` is the probability from which a part is called defective. ``photographs``
    is read in a thread of its own. A file that cannot be inspected is a Rejection and stops
    nothing; StoreError stops the batch with everything yielded so far stored.
    """
    source = iter(photographs)

    def prepare_next() -> list[_Prepared]:
        return _prepare(list(islice(source, micro_batch)), store)

    with (
        ThreadPoolExecutor(1, "decode") as decoding,
        ThreadPoolExecutor(1, "store") as storing,
    ):
        ahead = deque(decoding.submit(prepare_next) for _ in range(AHEAD))
        behind: Future[list[Outcome]] | None = None
        while prepared := ahead.popleft().result():
            ahead.append(decoding.submit(prepare_next))
            with _noted([part.photograph for part in prepared]):
                outcomes = _infer(prepared, engine, threshold)
            if behind is not None:
                yield from behind.result()
            behind = storing.submit(_store, outcomes, store)
        if behind is not None:
            yield from behind.result()


def verdict_of(probability: float, threshold: float, reason: str = "") -> Verdict:
    """Defective from the threshold on, OK below it; with a gate's ``reason`` neither."""
    if reason:
        return Verdict.NOT_INSPECTABLE
    return Verdict.DEFECTIVE if probability >= threshold else Verdict.OK


def _prepare(photographs: Sequence[Photograph], store: InspectionStore) -> list[_Prepared]:
    sha256s = [sha256_of(photograph.data) for photograph in photographs]
    known = store.find(sha256s) if photographs else {}
    first: dict[str, _Prepared] = {}
    prepared = []
    for photograph, sha256 in zip(photographs, sha256s, strict=True):
        if photograph.fault:
            prepared.append(_rejected(photograph, sha256, photograph.fault))
        elif sha256 in known:
            found = replace(known[sha256], file=photograph.name)
            outcome = Outcome(photograph, found, already_inspected=True)
            prepared.append(_Prepared(photograph, sha256, outcome=outcome))
        elif sha256 in first:
            prepared.append(_copy_of(first[sha256], photograph))
        else:
            first[sha256] = _decode(photograph, sha256)
            prepared.append(first[sha256])
    return prepared


def _copy_of(first: _Prepared, photograph: Photograph) -> _Prepared:
    """The same bytes a second time in one micro-batch: rejected alike, or inspected once."""
    if first.outcome is None:
        return _Prepared(photograph, first.sha256)
    rejection = replace(first.outcome.result, file=photograph.name)
    return _Prepared(photograph, first.sha256, outcome=Outcome(photograph, rejection))


def _decode(photograph: Photograph, sha256: str) -> _Prepared:
    start = perf_counter()
    try:
        image = decode(photograph.data)
    except ImageRejected as rejected:
        return _rejected(photograph, sha256, rejected.reason)
    decoded = perf_counter()
    measures = measure(image.pixels)
    return _Prepared(
        photograph,
        sha256,
        image,
        measures,
        decode_ms=(decoded - start) * 1e3,
        gate_ms=(perf_counter() - decoded) * 1e3,
    )


def _rejected(photograph: Photograph, sha256: str, reason: str) -> _Prepared:
    now = datetime.now(UTC)
    rejection = Rejection(photograph.name, sha256, len(photograph.data), reason, now)
    return _Prepared(photograph, sha256, outcome=Outcome(photograph, rejection))


def _infer(prepared: Sequence[_Prepared], engine: Engine, threshold: float) -> list[Outcome]:
    images = [
        (part, part.image, part.measures)
        for part in prepared
        if part.image is not None and part.measures is not None
    ]
    inspections: dict[str, Inspection] = {}
    if images:
        start = perf_counter()
        inference = engine.infer(np.stack([image.pixels for _, image, _ in images]))
        inference_ms = (perf_counter() - start) * 1e3 / len(images)
        now = datetime.now(UTC)
        chances = probabilities(inference.log_odds)
        for index, (part, image, measures) in enumerate(images):
            probability = float(chances[index])
            reason = fault(measures, float(inference.strangeness[index]), engine.card.gate)
            inspections[part.sha256] = Inspection(
                file=part.photograph.name,
                sha256=part.sha256,
                verdict=verdict_of(probability, threshold, reason),
                probability=probability,
                log_odds=float(inference.log_odds[index]),
                threshold=threshold,
                model=engine.card.identity,
                evidence=stored_map(inference.evidence[index]),
                reason=reason,
                width=image.width,
                height=image.height,
                format=image.format,
                times=StageTimes(part.decode_ms, part.gate_ms, inference_ms),
                inspected_at=now,
            )
    return [
        part.outcome or _inspected(part.photograph, inspections[part.sha256], part.image is None)
        for part in prepared
    ]


def _inspected(photograph: Photograph, inspection: Inspection, copy: bool) -> Outcome:
    return Outcome(photograph, replace(inspection, file=photograph.name), already_inspected=copy)


@contextmanager
def _noted(photographs: Sequence[Photograph]) -> Iterator[None]:
    """Note on an error at which files it was met."""
    try:
        yield
    except Exception as error:
        names = [photograph.name for photograph in photographs]
        error.add_note(f"at {names[0]!r} to {names[-1]!r}, {len(names)} files")
        raise


def _store(outcomes: Sequence[Outcome], store: InspectionStore) -> list[Outcome]:
    with _noted([outcome.photograph for outcome in outcomes]):
        stored_first = store.record(outcomes)
    return [
        replace(
            outcome,
            result=replace(stored_first[outcome.result.sha256], file=outcome.photograph.name),
            already_inspected=True,
        )
        if outcome.result.sha256 in stored_first and not outcome.already_inspected
        else outcome
        for outcome in outcomes
    ]
