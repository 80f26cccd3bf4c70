"""Another threshold on parts that were inspected: more, fewer, and what people had found."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.thresholds.replay import inspected_parts, replay

ROWS = [
    (1, 0.9, "defective", None),
    (2, 0.6, "defective", "ok"),
    (3, 0.55, "defective", "defective"),
    (4, 0.4, "ok", "ok"),
    (5, 0.3, "ok", "defective"),
    (6, 0.35, "ok", "not_inspectable"),
    (7, 0.1, "ok", None),
]


def test_a_lower_threshold_flags_more():
    told = replay(inspected_parts(ROWS), 0.3)
    assert (told.parts, told.flagged) == (7, 3)
    # Those people found OK first: they would be false alarms.
    assert told.more.ids.tolist() == [4, 6, 5]
    assert (told.more.found_defective, told.more.found_ok, told.more.decided) == (1, 1, 2)
    assert told.fewer.ids.tolist() == []


def test_a_higher_threshold_flags_fewer():
    told = replay(inspected_parts(ROWS), 0.7)
    # Those people found defective first: they would escape.
    assert told.fewer.ids.tolist() == [3, 2]
    assert (told.fewer.found_defective, told.fewer.found_ok) == (1, 1)
    assert told.more.ids.tolist() == []


def test_without_parts_nothing_changes():
    told = replay(inspected_parts([]), 0.5)
    assert (told.parts, told.flagged, told.more.decided, told.fewer.decided) == (0, 0, 0, 0)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["ok", "defective"])), max_size=30),
    st.floats(0, 1),
)
def test_flagged_then_plus_more_less_fewer_is_flagged_now(scored, threshold):
    parts = inspected_parts(
        [(n, score, verdict, None) for n, (score, verdict) in enumerate(scored)]
    )
    told = replay(parts, threshold)
    now = int(np.sum(parts.probabilities >= threshold))
    assert told.flagged + len(told.more.ids) - len(told.fewer.ids) == now
