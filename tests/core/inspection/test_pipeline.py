"""The one way of a photograph: order, rejection, idempotency, micro-batches, interruption."""

import io
import itertools
import threading

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageRejected, StoreBusy
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import Inspection, Photograph, Rejection, Verdict
from tests.fakes import BrightnessEngine, MemoryStore


def photograph(name: str, brightness: int, mark: int = 0) -> Photograph:
    pixels = np.full((300, 300), brightness, dtype=np.uint8)
    pixels[0, 0] = mark
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Photograph(name, buffer.getvalue())


def many(count: int) -> list[Photograph]:
    return [photograph(f"{n}.png", 100 + n % 60, n) for n in range(count)]


def run(photographs, threshold=0.5, engine=None, store=None, micro_batch=8):
    engine = engine or BrightnessEngine()
    store = MemoryStore() if store is None else store
    return list(inspect_photographs(photographs, engine, threshold, store, micro_batch))


def test_verdict_probability_and_evidence_belong_together():
    dark, bright = run([photograph("dark", 100), photograph("bright", 150)])
    assert dark.result.verdict is Verdict.OK
    assert bright.result.verdict is Verdict.DEFECTIVE
    for outcome in (dark, bright):
        result = outcome.result
        assert result.probability == pytest.approx(1 / (1 + np.exp(-result.log_odds)))
        assert result.evidence.astype(float).sum() == pytest.approx(result.log_odds, abs=1e-4)
        assert result.evidence.dtype == np.float16
        assert result.inspected_at.tzinfo is not None


def test_a_part_exactly_at_the_threshold_is_defective():
    (probe,) = run([photograph("a", 130)])
    (at,) = run([photograph("a", 130)], threshold=probe.result.probability)
    (above,) = run([photograph("a", 130)], threshold=np.nextafter(probe.result.probability, 1))
    assert at.result.verdict is Verdict.DEFECTIVE
    assert above.result.verdict is Verdict.OK


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 50])
@pytest.mark.parametrize("micro_batch", [1, 8])
def test_outcomes_come_in_order_and_in_micro_batches(count, micro_batch):
    engine, store = BrightnessEngine(), MemoryStore()
    outcomes = run(many(count), engine=engine, store=store, micro_batch=micro_batch)
    assert [outcome.result.file for outcome in outcomes] == [f"{n}.png" for n in range(count)]
    assert engine.batches == [1] * count
    assert [outcome for group in store.transactions for outcome in group] == outcomes
    assert all(len(group) <= micro_batch for group in store.transactions)


def test_a_bad_file_is_rejected_alone():
    broken = Photograph("broken.jpg", b"nothing")
    unread = Photograph("unread.jpg", b"", fault="The file cannot be read.")
    outcomes = run([photograph("a", 90), broken, unread, photograph("b", 160)])
    kinds = [type(outcome.result) for outcome in outcomes]
    assert kinds == [Inspection, Rejection, Rejection, Inspection]
    assert outcomes[1].result.byte_count == 7
    assert outcomes[2].result.reason == "The file cannot be read."


def test_a_second_run_infers_and_adds_nothing():
    store, again = MemoryStore(), BrightnessEngine()
    run(many(20), store=store)
    outcomes = run(
        [Photograph("renamed " + p.name, p.data) for p in many(20)], engine=again, store=store
    )
    assert again.batches == []
    assert all(outcome.already_inspected for outcome in outcomes)
    assert outcomes[3].result.file == "renamed 3.png"


def test_an_older_verdict_keeps_its_threshold():
    store = MemoryStore()
    run([photograph("a", 130)], threshold=0.9, store=store)
    (outcome,) = run([photograph("a", 130)], threshold=0.1, store=store)
    assert outcome.result.threshold == 0.9


def test_copies_are_inspected_once_within_and_across_micro_batches():
    one, bad = photograph("one", 140), Photograph("bad", b"x")
    copies = [one, Photograph("copy", one.data), bad, Photograph("bad copy", bad.data)] * 4
    engine, store = BrightnessEngine(), MemoryStore()
    outcomes = run(copies, engine=engine, store=store, micro_batch=4)
    assert len(store.verdicts) == 1
    inspected = [o for o in outcomes if isinstance(o.result, Inspection)]
    assert [o.already_inspected for o in inspected] == [False] + [True] * 7
    assert [o.result.file for o in outcomes[:4]] == ["one", "copy", "bad", "bad copy"]


def test_what_was_yielded_is_stored_when_the_caller_stops():
    for stop_after in (1, 9, 17):
        store = MemoryStore()
        outcomes = inspect_photographs(many(40), BrightnessEngine(), 0.5, store, 8)
        seen = list(itertools.islice(outcomes, stop_after))
        outcomes.close()
        assert {outcome.result.sha256 for outcome in seen} <= set(store.verdicts)
        rest = run(many(40), store=store)
        assert len(rest) == len(store.verdicts) == 40


def test_a_failing_store_stops_the_batch_with_its_own_error():
    class Busy(MemoryStore):
        def record(self, outcomes):
            if self.transactions:
                raise StoreBusy("The database is busy.")
            return super().record(outcomes)

    store = Busy()
    outcomes = inspect_photographs(many(40), BrightnessEngine(), 0.5, store, 8)
    seen = []
    with pytest.raises(StoreBusy):
        seen.extend(outcomes)
    (stored,) = store.transactions
    assert 0 < len(stored) == len(store.verdicts) <= 8
    assert [outcome.photograph.name for outcome in seen] == [o.photograph.name for o in stored]


def test_one_that_comes_alone_is_stored_before_the_next_is_there():
    engine, store, seen = BrightnessEngine(), MemoryStore(), threading.Event()

    def camera():
        for part in many(3):
            yield part
            assert seen.wait(60), "the outcome waited for the next photograph"
            seen.clear()

    for outcome in inspect_photographs(camera(), engine, 0.5, store, 8):
        assert outcome.result.sha256 in store.verdicts
        seen.set()
    assert [len(group) for group in store.transactions] == [1, 1, 1]
    assert engine.alone == [True] * 3


def test_many_that_wait_share_transactions_and_the_processor():
    engine, gate = BrightnessEngine(), threading.Event()

    class Slow(MemoryStore):
        def record(self, outcomes):
            if not self.transactions:
                assert gate.wait(60)
            return super().record(outcomes)

    def waiting():
        for number, part in enumerate(many(40)):
            if number == 12:
                gate.set()
            yield part

    store = Slow()
    outcomes = run(waiting(), engine=engine, store=store, micro_batch=8)
    assert len(outcomes) == 40
    assert 1 < max(len(group) for group in store.transactions) <= 8
    assert not all(engine.alone)


def test_an_error_of_the_source_comes_after_what_was_before_it():
    def breaks():
        yield from many(11)
        raise ImageRejected("The camera is gone.")

    store, seen = MemoryStore(), []
    with pytest.raises(ImageRejected):
        seen.extend(inspect_photographs(breaks(), BrightnessEngine(), 0.5, store, 4))
    assert len(seen) == len(store.verdicts) == 11


def test_photographs_are_read_as_they_are_needed():
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield photograph(f"{read}", 120, read % 256)

    outcomes = inspect_photographs(endless(), BrightnessEngine(), 0.5, MemoryStore(), 4)
    next(outcomes)
    outcomes.close()
    assert read <= 4 * 6
