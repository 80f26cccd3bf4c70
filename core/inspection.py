"""The one way of a photograph: bytes -> decode -> gate -> engine -> Inspection -> store.

Upload page, command line and every other source call :func:`inspect_photographs`; there is
no second way. Reading runs ahead, photographs go side by side through as many lanes as the
engine has, storing runs behind, and a micro-batch is on disk in one transaction before its
outcomes are yielded: what a caller has seen is kept. Stopping at any point loses nothing, and
doing it again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.ahead import Ahead
from core.engine import MICRO_BATCH, Engine
from core.errors import ImageRejected
from core.evidence import stored_map
from core.gate import fault, measure
from core.images import decode, sha256_of
from core.metrics import probabilities


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
    """Milliseconds one part spent in each stage; waiting between stages is not counted."""

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


def inspect_photographs(
    photographs: Iterable[Photograph],
    engine: Engine,
    threshold: float,
    store: InspectionStore,
    micro_batch: int = MICRO_BATCH,
) -> Iterator[Outcome]:
    """Inspect and store every photograph; yields one outcome each, in their order.

    ``threshold`` is the probability from which a part is called defective. ``photographs``
    is read in a thread of its own; one that comes alone is inspected and stored at once, and
    of those that wait up to ``micro_batch`` share a transaction. A file that cannot be
    inspected is a Rejection and stops nothing; StoreError stops the batch with everything
    yielded so far stored.
    """
    with ExitStack() as stack:
        lanes = ThreadPoolExecutor(engine.lanes, "inspect")
        stack.callback(lanes.shutdown, cancel_futures=True)
        way = _Way(engine, threshold, store, micro_batch, lanes)
        read = stack.enter_context(Ahead(photographs, micro_batch, "read"))
        begun = stack.enter_context(Ahead(way.begin(read), micro_batch + engine.lanes, "find"))
        stored = stack.enter_context(Ahead(way.keep(begun), 1, "store"))
        # Whoever waits for another is let go before any of them is waited for.
        for ahead in (read, begun, stored):
            stack.callback(ahead.stop)
        while outcomes := stored.take(1):
            yield from outcomes[0]


def verdict_of(probability: float, threshold: float, reason: str = "") -> Verdict:
    """Defective from the threshold on, OK below it; with a gate's ``reason`` neither."""
    if reason:
        return Verdict.NOT_INSPECTABLE
    return Verdict.DEFECTIVE if probability >= threshold else Verdict.OK


@dataclass(frozen=True, slots=True)
class _Way:
    """What the stages of one batch share."""

    engine: Engine
    threshold: float
    store: InspectionStore
    micro_batch: int
    lanes: ThreadPoolExecutor
    under_way: set[str] = field(default_factory=set)
    """sha256 of photographs that are in a lane or wait for one."""

    def begin(self, read: Ahead[Photograph]) -> Iterator[Future[Outcome]]:
        """Hand every photograph that is new to a lane; their outcomes to come, in order."""
        while photographs := read.take(self.micro_batch):
            sha256s = [sha256_of(photograph.data) for photograph in photographs]
            known = self.store.find(sha256s)
            first: dict[str, Future[Outcome]] = {}
            for photograph, sha256 in zip(photographs, sha256s, strict=True):
                if photograph.fault:
                    yield _settled(_rejected(photograph, sha256, photograph.fault))
                elif sha256 in known:
                    found = replace(known[sha256], file=photograph.name)
                    yield _settled(Outcome(photograph, found, already_inspected=True))
                elif sha256 in first:
                    yield self.lanes.submit(_copied, photograph, first[sha256])
                else:
                    self.under_way.add(sha256)
                    first[sha256] = self.lanes.submit(self._through, photograph, sha256)
                    yield first[sha256]

    def keep(self, begun: Ahead[Future[Outcome]]) -> Iterator[list[Outcome]]:
        """Store outcomes as they come, those of one micro-batch in one transaction."""
        while futures := begun.take(self.micro_batch):
            yield _store([future.result() for future in futures], self.store)

    def _through(self, photograph: Photograph, sha256: str) -> Outcome:
        try:
            with _noted([photograph]):
                return self._inspect(photograph, sha256)
        finally:
            self.under_way.discard(sha256)

    def _inspect(self, photograph: Photograph, sha256: str) -> Outcome:
        start = perf_counter()
        try:
            image = decode(photograph.data)
        except ImageRejected as rejected:
            return _rejected(photograph, sha256, rejected.reason)
        decoded = perf_counter()
        measures = measure(image.pixels)
        measured = perf_counter()
        inference = self.engine.infer(image.pixels[None], alone=len(self.under_way) == 1)
        times = StageTimes(
            decode_ms=(decoded - start) * 1e3,
            gate_ms=(measured - decoded) * 1e3,
            inference_ms=(perf_counter() - measured) * 1e3,
        )
        card = self.engine.card
        probability = float(probabilities(inference.log_odds)[0])
        reason = fault(measures, float(inference.novelty[0]), card.gate)
        inspection = Inspection(
            file=photograph.name,
            sha256=sha256,
            verdict=verdict_of(probability, self.threshold, reason),
            probability=probability,
            log_odds=float(inference.log_odds[0]),
            threshold=self.threshold,
            model=card.identity,
            evidence=stored_map(inference.evidence[0]),
            reason=reason,
            width=image.width,
            height=image.height,
            format=image.format,
            times=times,
            inspected_at=datetime.now(UTC),
        )
        return Outcome(photograph, inspection)


def _settled(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def _copied(photograph: Photograph, first: Future[Outcome]) -> Outcome:
    """The same bytes a second time at once: rejected alike, or inspected once."""
    result = replace(first.result().result, file=photograph.name)
    return Outcome(photograph, result, already_inspected=isinstance(result, Inspection))


def _rejected(photograph: Photograph, sha256: str, reason: str) -> Outcome:
    now = datetime.now(UTC)
    rejection = Rejection(photograph.name, sha256, len(photograph.data), reason, now)
    return Outcome(photograph, rejection)


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
