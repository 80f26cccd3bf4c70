"""The Review page without a browser: deciding, undoing, filters, figures, and who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.people import Person, Role
from core.review.decisions import Decision
from core.synthetic.samples import encode_jpeg, sample_parts
from db.review.decisions import decide, dispositions_of
from db.review.queue import claim
from db.session import connect, reading, writing
from tests.opened_page import OpenApp, press
from tests.stored_parts import open_store, outcome_of

BEN = Person("Ben *x*", None, False, Role.REVIEWER)


@pytest.fixture
def stored(sqlite_url: str) -> Iterator[Engine]:
    """Six flagged parts; the first of them is the nearest to the threshold."""
    engine = connect(sqlite_url)
    store = open_store(engine)
    # One by one, so that their numbers are known.
    for place, part in enumerate(sample_parts(6, seed=6)):
        data = encode_jpeg(part)
        store.record([outcome_of(f"part {place} <b>.jpg", data, log_odds=1.0 + place)])
    yield engine
    engine.dispose()


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The Review page, with the name typed."""
    return open_app("review", name="Ann", REVIEW_RATE="0")


def texts(app: AppTest) -> str:
    return " | ".join(item.value.replace("\\", "") for item in [*app.caption, *app.text])


def dispositions(engine: Engine, part: int) -> list[tuple[str, Decision, str, str]]:
    with reading(engine) as connection:
        found = dispositions_of(connection, part)
    return [(item.name, item.decision, item.defect_type, item.note) for item in found]


def test_with_nothing_inspected_the_page_says_what_to_do(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "nothing to review yet" in app.subheader[0].value
    app.query_params["view"] = "figures"
    app.run()
    app.query_params["view"] = "gallery"
    assert not app.run().exception


def test_a_part_is_decided_noted_and_undone(app: AppTest, stored: Engine) -> None:
    app.run()
    assert not app.exception
    assert "part 0 <b>.jpg" in texts(app)
    app.text_input[0].set_value("left *rim*")
    press(app, "Crack")
    assert dispositions(stored, 1) == [("Ann", Decision.DEFECTIVE, "crack", "left *rim*")]
    assert "part 1 <b>.jpg" in texts(app)
    assert "part 0 <b>.jpg: Defective, crack" in texts(app)
    press(app, "Undo")
    assert dispositions(stored, 1) == []
    assert "part 0 <b>.jpg" in texts(app)
    press(app, "Next")
    press(app, "OK")
    press(app, "Back")
    assert "Ann (unverified) decided just now: OK" in texts(app)
    press(app, "Retake")
    assert [decision for _, decision, _, _ in dispositions(stored, 2)] == [
        Decision.OK,
        Decision.RETAKE,
    ]


def test_parts_that_were_passed_over_are_offered_again(app: AppTest, stored: Engine) -> None:
    app.run()
    for label in ("Next", "OK", "Next", "Unsure", "OK", "OK"):
        press(app, label)
    assert "No open parts" in app.subheader[0].value
    press(app, "Return to the 2 skipped parts")
    assert "part 0 <b>.jpg" in texts(app)
    press(app, "OK")
    assert "part 2 <b>.jpg" in texts(app)


def test_who_comes_second_is_told_and_both_are_kept(app: AppTest, stored: Engine) -> None:
    app.run()
    with writing(stored) as connection:
        decide(connection, BEN, 1, Decision.OK, review_rate=0)
    press(app, "Defective")
    assert "Ben *x* (unverified) decided this part too: OK" in app.toast[0].value.replace("\\", "")
    assert "*x*" not in app.toast[0].value
    assert len(dispositions(stored, 1)) == 2


def test_a_second_review_shows_nothing_of_the_first(app: AppTest, stored: Engine) -> None:
    with writing(stored) as connection:
        decide(connection, BEN, 1, Decision.OK, note="sound", review_rate=1)
        decide(connection, BEN, 2, Decision.OK, note="sound", review_rate=0)
    app.run()
    assert "part 0 <b>.jpg" in texts(app)
    assert "Ben" not in texts(app)
    press(app, "OK")
    assert not app.toast
    assert "part 2 <b>.jpg" in texts(app)


def test_another_persons_parts_are_left_to_them(app: AppTest, stored: Engine) -> None:
    with writing(stored) as connection:
        claim(connection, BEN, [1, 2])
    app.run()
    assert "part 2 <b>.jpg" in texts(app)
    app.query_params["part"] = "1"
    app.session_state["review session"] = None
    app.run()
    assert "Another person is looking at this part" in texts(app)


def test_the_address_says_which_parts(app: AppTest, stored: Engine) -> None:
    with writing(stored) as connection:
        for part in (1, 2, 3):
            kind = "crack" if part == 2 else ""
            said = Decision.DEFECTIVE if part == 2 else Decision.OK
            decide(connection, BEN, part, said, kind, review_rate=0)
    app.query_params.update({"show": "disagreement", "by": BEN.key, "part": "1"})
    app.run()
    assert not app.exception
    assert "part 0 <b>.jpg" in texts(app)
    press(app, "Next")
    assert "part 2 <b>.jpg" in texts(app)
    press(app, "Next")
    assert "No such part" in app.subheader[0].value


@pytest.mark.parametrize(
    "address",
    [{"verdict": "x"}, {"batch": "77"}, {"day": "yesterday"}, {"shift": "early"}, {"part": "99"}],
)
def test_an_address_that_names_nothing_shows_the_queue(
    app: AppTest, stored: Engine, address: dict[str, str]
) -> None:
    app.query_params.update(address)
    app.run()
    assert not app.exception
    assert "part 0 <b>.jpg" in texts(app)


def test_a_day_without_parts_is_empty_and_clearing_brings_them_back(
    app: AppTest, stored: Engine
) -> None:
    app.query_params.update({"day": "2020-02-29", "shift": "night"})
    app.run()
    assert "No open parts" in app.subheader[0].value
    press(app, "Clear all")
    app.run()
    assert "part 0 <b>.jpg" in texts(app)


def test_many_parts_are_decided_only_after_a_confirmation(app: AppTest, stored: Engine) -> None:
    app.query_params["view"] = "gallery"
    app.run()
    assert not app.exception
    for box in app.checkbox[:3]:
        box.check()
    app.run()
    press(app, "Defective ...")
    assert "**3 parts** will be recorded as **Defective**" in app.markdown[-1].value
    assert dispositions(stored, 1) == []


def test_the_figures_are_those_of_the_decisions(app: AppTest, stored: Engine) -> None:
    with writing(stored) as connection:
        decide(connection, BEN, 6, Decision.OK, review_rate=0)
        decide(connection, BEN, 1, Decision.DEFECTIVE, "crack", review_rate=0)
    app.query_params["view"] = "figures"
    app.run()
    assert not app.exception
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Flagged parts that are defective"] == "50.0 %"
    assert "is not known yet" in app.markdown[0].value
    assert "part 5 <b>.jpg" in texts(app)
    press(app, "Look")
    assert not app.exception
    assert "part 5 <b>.jpg" in texts(app)
    assert "Ben *x* (unverified) decided" in texts(app)


def test_a_viewer_sees_figures_and_no_decision(
    app: AppTest, stored: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNVERIFIED_ROLE", "viewer")
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "You have the role viewer" in app.info[0].value
    assert "OK" not in [button.label for button in app.button]
    app.query_params["view"] = "figures"
    assert not app.run().exception
