"""What the line does now: percentiles, steps of the history, and the verdict on the takt time."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.process.throughput import (
    HISTORY,
    STEP,
    WINDOW,
    History,
    TimedPart,
    latency_of,
    takt_status,
)

NOW = datetime(2026, 11, 24, 9, 0, 3, tzinfo=UTC)


def part(seconds_ago, inference=7.0):
    return TimedPart(NOW - timedelta(seconds=seconds_ago), (1.0, 0.5, inference, 1.5))


class Line:
    """A line whose parts are asked for; remembers which spans were."""

    def __init__(self, parts):
        self.parts = parts
        self.asked = []

    def __call__(self, begins, ends):
        self.asked.append((begins, ends))
        return [part for part in self.parts if begins <= part.inspected_at < ends]


def test_a_latency_is_the_sum_of_its_stages():
    latency = latency_of([part(1, inference) for inference in range(100)])
    sums = np.arange(100) + 3.0
    assert (latency.p50, latency.p95, latency.p99) == tuple(np.percentile(sums, (50, 95, 99)))
    assert latency.stages == (1.0, 0.5, 49.5, 1.5)
    assert latency_of([]) is None


def test_the_history_covers_fifteen_minutes_in_steps():
    buckets, _ = History().until(NOW, Line([part(0), part(1), part(890)]))
    assert len(buckets) == HISTORY / STEP
    assert [bucket.latency.parts for bucket in buckets if bucket.latency] == [1, 2]
    assert buckets[-1].parts_per_second == 0.2
    assert buckets[0].begins < NOW - timedelta(seconds=890) <= buckets[1].begins


def test_steps_that_are_over_are_not_asked_for_again():
    line, history = Line([part(seconds) for seconds in range(800)]), History()
    first, recent = history.until(NOW, line)
    again, same = history.until(NOW + timedelta(seconds=1), line)
    assert first == again
    assert line.asked[0][0] < NOW - timedelta(minutes=14)
    assert line.asked[1][0] >= NOW - timedelta(seconds=20)
    assert len(recent) == 60
    assert {part.inspected_at for part in same} == {
        part.inspected_at
        for part in line.parts
        if part.inspected_at > NOW + timedelta(seconds=1) - WINDOW
    }


def test_a_part_that_becomes_visible_late_is_counted():
    line, history = Line([]), History()
    history.until(NOW, line)  # the step before ended three seconds ago
    line.parts = [part(4)]
    buckets, _ = history.until(NOW + timedelta(seconds=1), line)
    assert sum(bucket.latency.parts for bucket in buckets if bucket.latency) == 1


@given(st.lists(st.floats(0, 1000), max_size=40), st.integers(0, 40))
def test_refreshing_shows_what_a_page_opened_now_shows(ages, before):
    line, history = Line([part(age) for age in ages]), History()
    history.until(NOW - timedelta(seconds=before), line)
    (buckets, recent), (fresh, same) = history.until(NOW, line), History().until(NOW, line)
    assert buckets == fresh
    assert sorted(part.inspected_at for part in recent) == sorted(p.inspected_at for p in same)


@pytest.mark.parametrize(
    ("inference", "takt", "good", "words"),
    [
        (7.0, 1.0, True, "1 % of the takt time of 1,000 ms"),
        (7.0, 30.0, True, "less than 1 %"),
        (7.0, 0.01, False, "stage inference"),
        (0.1, 0.003, False, "stage store"),
    ],
)
def test_the_takt_time_is_kept_or_not_with_the_reason(inference, takt, good, words):
    found = takt_status(latency_of([part(1, inference)]), takt)
    assert found.good is good
    assert words in found.reason


def test_nothing_inspected_is_neither_good_nor_bad():
    assert takt_status(None, 1.0).good is None
