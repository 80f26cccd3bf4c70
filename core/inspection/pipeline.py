"""The inspection pipeline: bytes -> decode -> gate -> engine -> Inspection -> store.

Every source of photographs calls :func:`inspect_photographs`; there is no second way. Reading
runs ahead, photographs pass side by side through as many lanes as the engine has, and storing
runs behind. A micro-batch is on disk, in one transaction, before its outcomes are yielded, so
what a caller has seen is kept. Stopping at any point loses nothing, and repeating it adds
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter

from core.errors import ImageRejected
from core.inspection.frame import framed
from core.inspection.gate import measure, rejection_reason
from core.inspection.heatmap import stored_map
from core.inspection.images import decode
from core.inspection.part_finder import find_part_frame
from core.inspection.prefetcher import Prefetcher
from core.inspection.records import (
    Inspection,
    InspectionStore,
    Outcome,
    Photograph,
    Rejection,
    StageTimes,
    Verdict,
)
from core.model.engine import MICRO_BATCH, Engine
from core.model.metrics import probabilities
from core.model.second_look import judge


def inspect_photographs(
    photographs: Iterable[Photograph],
    engine: Engine,
    threshold: float,
    store: InspectionStore,
    micro_batch: int = MICRO_BATCH,
) -> Iterator[Outcome]:
    """Inspect and store every photograph; yields one outcome each, in order.

    A part is called defective from the probability ``threshold``. ``photographs`` is read in a
    separate thread; one that arrives alone is inspected and stored at once, and up to
    ``micro_batch`` that are waiting share a transaction. A file that cannot be inspected
    becomes a Rejection and stops nothing; StoreError stops the batch, with everything yielded
    so far stored.
    """
    with ExitStack() as stack:
        lanes = ThreadPoolExecutor(engine.lanes, "inspect")
        stack.callback(lanes.shutdown, cancel_futures=True)
        stages = _Stages(engine, threshold, store, micro_batch, lanes)
        read = stack.enter_context(Prefetcher(photographs, micro_batch, "read"))
        begun = stack.enter_context(
            Prefetcher(stages.submit(read), micro_batch + engine.lanes, "find")
        )
        stored = stack.enter_context(Prefetcher(stages.store_outcomes(begun), 1, "store"))
        # Stop all stages before joining any.
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
class _Stages:
    """The stages of one batch and what they share."""

    engine: Engine
    threshold: float
    store: InspectionStore
    micro_batch: int
    lanes: ThreadPoolExecutor
    in_progress: set[str] = field(default_factory=set)
    """sha256 of the photographs in a lane or waiting for one."""

    def submit(self, read: Prefetcher[Photograph]) -> Iterator[Future[Outcome]]:
        """Hand every new photograph to a lane; yields the future outcomes, in order."""
        while photographs := read.take(self.micro_batch):
            known = self.store.find([photograph.sha256 for photograph in photographs])
            first: dict[str, Future[Outcome]] = {}
            for photograph in photographs:
                sha256 = photograph.sha256
                if photograph.fault:
                    yield _settled(_rejected(photograph, photograph.fault))
                elif sha256 in known:
                    found = replace(known[sha256], file=photograph.name)
                    yield _settled(Outcome(photograph, found, already_inspected=True))
                elif sha256 in first:
                    yield self.lanes.submit(_copied, photograph, first[sha256])
                else:
                    self.in_progress.add(sha256)
                    first[sha256] = self.lanes.submit(self._inspect_in_lane, photograph)
                    yield first[sha256]

    def store_outcomes(self, begun: Prefetcher[Future[Outcome]]) -> Iterator[list[Outcome]]:
        """Store outcomes as they come, one transaction per micro-batch."""
        while futures := begun.take(self.micro_batch):
            yield _store([future.result() for future in futures], self.store)

    def _inspect_in_lane(self, photograph: Photograph) -> Outcome:
        try:
            with _noted([photograph]):
                return self._inspect(photograph)
        finally:
            self.in_progress.discard(photograph.sha256)

    def _inspect(self, photograph: Photograph) -> Outcome:
        start = perf_counter()
        try:
            picture = decode(photograph.data)
        except ImageRejected as rejected:
            return _rejected(photograph, rejected.reason)
        decoded = perf_counter()
        part = find_part_frame(picture)
        pixels = framed(picture.gray, part.frame, picture.width)
        measures = measure(pixels)
        measured = perf_counter()
        judged = judge(self.engine, pixels, self.threshold, alone=len(self.in_progress) == 1)
        times = StageTimes(
            decode_ms=(decoded - start) * 1e3,
            gate_ms=(measured - decoded) * 1e3,
            inference_ms=(perf_counter() - measured) * 1e3,
        )
        card = self.engine.card
        probability = float(probabilities(judged.log_odds))
        reason = part.reason or rejection_reason(measures, judged.novelty, card.gate)
        inspection = Inspection(
            file=photograph.name,
            sha256=photograph.sha256,
            verdict=verdict_of(probability, self.threshold, reason),
            probability=probability,
            log_odds=judged.log_odds,
            threshold=self.threshold,
            model=card.identity,
            evidence=stored_map(judged.evidence),
            reason=reason,
            width=picture.width,
            height=picture.height,
            format=picture.format,
            times=times,
            inspected_at=datetime.now(UTC),
            frame=part.frame,
            views=judged.views,
            doubt=judged.doubt,
        )
        return Outcome(photograph, inspection)


def _settled(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def _copied(photograph: Photograph, first: Future[Outcome]) -> Outcome:
    """The same bytes twice in one micro-batch: rejected alike, or inspected once."""
    result = replace(first.result().result, file=photograph.name)
    return Outcome(photograph, result, already_inspected=isinstance(result, Inspection))


def _rejected(photograph: Photograph, reason: str) -> Outcome:
    size, now = len(photograph.data), datetime.now(UTC)
    return Outcome(photograph, Rejection(photograph.name, photograph.sha256, size, reason, now))


@contextmanager
def _noted(photographs: Sequence[Photograph]) -> Iterator[None]:
    """Note on an error which files it happened at."""
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
