"""The Threshold page without a browser: evidence, advice, applying, going back, the address."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.shared.services as page_services
import pages.threshold.evidence as data
from core.errors import ModelMissing
from core.inspection.records import Verdict
from core.model.card import ModelCard
from core.model.metrics import probabilities
from core.review.decisions import Decision
from core.thresholds.held_out_scores import read_held_out_scores
from core.thresholds.recall_floor import curves, recall_floor
from core.thresholds.scored_parts import ScoredParts
from db.inspections.parts import gallery
from db.review.decisions import decide
from db.session import connect, reading, writing
from db.thresholds import ThresholdChange, threshold_changes
from tests.fakes import BrightnessEngine
from tests.held_out import write_held_out
from tests.opened_page import OpenApp, batch_of, photographs, press
from tests.stored_parts import ENGINEER

MANY, FEW = 500, 60


@pytest.fixture
def app(open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app at the page, with a model whose held-out scores are of many castings."""
    use_scores(tmp_path, monkeypatch, MANY)
    return open_app("threshold", engine=None)


def use_scores(folder: Path, monkeypatch: pytest.MonkeyPatch, castings: int) -> None:
    described = write_held_out(folder, castings, evidence_scale=0.1)
    monkeypatch.setattr(page_services, "load_engine", lambda **_: BrightnessEngine(described))

    def read(card: ModelCard) -> ScoredParts:
        return read_held_out_scores(card, folder)

    monkeypatch.setattr(data, "read_held_out_scores", read)


def evidence(tmp_path: Path) -> ScoredParts:
    return read_held_out_scores(page_services.start().engine.card, tmp_path)  # type: ignore[union-attr]


def said(app: AppTest) -> str:
    """Everything that is written on the page."""
    kinds = (app.markdown, app.caption, app.text, app.warning, app.success, app.error, app.info)
    return "\n".join(item.value for kind in kinds for item in kind).replace("\\", "")


def log(url: str) -> list[ThresholdChange]:
    engine = connect(url)
    with reading(engine) as connection:
        entries = threshold_changes(connection, 1)
    engine.dispose()
    return entries


def introduce(app: AppTest) -> None:
    next(item for item in app.text_input if item.label == "Your name").input("Eva Engineer")
    press(app, "Continue")


def move(app: AppTest, log_odds: float) -> AppTest:
    """As the browser tells it once the slider is at rest."""
    app.session_state["at"] = log_odds
    return app.run()


def test_the_address_keeps_the_view(app: AppTest) -> None:
    app.query_params.update({"at": "1.5", "defective": "5", "shift": "2000", "recall": "0.95"})
    app.run()
    assert not app.exception
    assert app.session_state["at"] == 1.5
    assert "at least 95.0 % of new defective castings" in said(app)
    move(app, 2.0)
    assert app.query_params["at"] == "2.00"


@pytest.mark.parametrize(
    "address", [{"at": "x"}, {"at": "1e9"}, {"recall": "2"}, {"evidence": "<b>"}, {"shift": "-1"}]
)
def test_an_address_that_names_nothing_shows_the_usual(
    app: AppTest, address: dict[str, str]
) -> None:
    app.query_params.update(address)
    app.run()
    assert not app.exception
    assert app.session_state["at"] == 0.0


def test_the_guarantee_is_taken_applied_with_a_reason_and_taken_back(
    app: AppTest, sqlite_url: str, tmp_path: Path
) -> None:
    app.run()
    floor = recall_floor(evidence(tmp_path), 0.99, 0.95)
    app.button(key="take-guaranteed").click().run()
    chosen = float(probabilities(app.session_state["at"]))
    # Rounded down to what the slider shows: it never misses a part more.
    assert floor.threshold * 0.98 < chosen <= floor.threshold
    press(app, "Apply ...")
    introduce(app)
    assert "recall 0.99 guaranteed with 0.95 confidence" in said(app)
    press(app, "Apply for new inspections")
    assert "Say why" in said(app)
    app.text_area[0].input("two escapes on Monday")
    press(app, "Apply for new inspections")
    assert not app.exception
    first, entry = log(sqlite_url)
    assert (entry.previous, entry.threshold) == (0.5, chosen)
    assert (entry.reason, entry.changed_by) == (
        "two escapes on Monday",
        "Eva Engineer (unverified)",
    )
    assert entry.basis is not None
    assert entry.basis.parts == 4 * MANY
    assert entry.basis.rule == "recall 0.99 guaranteed with 0.95 confidence"
    assert entry.basis.confusion == curves(evidence(tmp_path)).matrix(chosen)
    assert "two escapes on Monday" in said(app)

    press(app, "Restore ...")
    app.text_area[0].input("too many false alarms")
    press(app, "Apply for new inspections")
    assert [entry.threshold for entry in log(sqlite_url)] == [0.5, chosen, 0.5]
    assert first.threshold == 0.5


def test_too_few_castings_guarantee_nothing(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_scores(tmp_path / "few", monkeypatch, FEW)
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "299 are needed" in said(app)
    assert "take-guaranteed" not in [button.key for button in app.button]
    assert "no guarantee" in said(app)


def test_without_held_out_scores_it_says_what_to_do(app: AppTest, tmp_path: Path) -> None:
    (tmp_path / "final_best_model.scores.csv").unlink()
    app.run()
    assert not app.exception
    assert "choose the threshold on reviewed parts" in said(app)
    assert "at" not in app.session_state
    assert "Threshold of the model card" in said(app)


def test_without_a_model_it_says_so(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise ModelMissing("There is no model card. Restore the models folder.")

    st.cache_resource.clear()
    monkeypatch.setattr(page_services, "load_engine", missing)
    app.run()
    assert not app.exception
    assert "no model to choose a threshold for" in said(app)


def test_a_viewer_cannot_apply(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNVERIFIED_ROLE", "viewer")
    st.cache_resource.clear()
    app.session_state["typed name"] = "Vic"
    app.query_params["at"] = "1.5"
    app.run()
    (button,) = [item for item in app.button if item.label == "Apply ..."]
    assert button.disabled


def test_reviewed_parts_are_evidence_and_the_replay_shows_what_would_change(
    app: AppTest, sqlite_url: str
) -> None:
    app.query_params["evidence"] = "reviewed"
    app.run()
    assert "Review page" in said(app)
    batch = batch_of(sqlite_url, photographs(30))
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        parts = gallery(connection, batch.id, limit=30)
    # The gallery begins with the most probably defective; nobody decides about the last part.
    with writing(engine) as connection:
        for place, part in enumerate(parts[:-1]):
            decision, kind = (Decision.DEFECTIVE, "crack") if place < 15 else (Decision.OK, "")
            decide(connection, ENGINEER, part.id, decision, kind, review_rate=0)
    engine.dispose()
    app.run()
    assert not app.exception
    assert "misses are under-counted" in said(app)
    changed = [
        place
        for place, part in enumerate(parts)
        if part.inspection.verdict is Verdict.DEFECTIVE and part.inspection.log_odds < 2
    ]
    assert len(changed) > 5
    move(app, 2.0)
    escapes = sum(place < 15 for place in changed)
    assert (
        f"**{len(changed)} fewer** ({len(changed)} of them reviewed: "
        f"{escapes} defective, {len(changed) - escapes} OK)"
    ) in said(app)
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert len(app.image) == len(changed)
