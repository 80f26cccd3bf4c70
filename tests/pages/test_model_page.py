"""The Model page without a browser: every figure is the card's, and gaps are called gaps."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import core.model.card as card_module
from core.errors import ModelMissing
from core.model.card import ModelCard, read_card
from pages.shared.text import percent
from tests.opened_page import OpenApp, metrics


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The app with the shipped model, before a page was chosen."""
    return open_app(engine=None).run()


def written(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.text, app.info, app.error)
    return "\n".join(item.value for kind in kinds for item in kind).replace("\\", "")


def test_figures_are_the_cards(app: AppTest):
    app.switch_page("model/page.py").run()
    assert not app.exception
    card = read_card()
    unseen, official = card.evaluations["unseen"], card.evaluations["official"]
    shown = [metric.value for metric in app.metric if metric.label == "Recall"]
    assert shown == [percent(unseen.recall or 0), percent(official.recall or 0)]
    assert f"{unseen.confusion.false_alarms} false alarms" in written(app)
    for limit in card.limits:
        assert limit in written(app)
    assert metrics(app)


def test_what_was_not_measured_is_called_so(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    bare = read_card().model_copy(
        update={"evaluations": {}, "robustness": None, "gate_report": [], "divisions": []}
    )
    served(monkeypatch, bare)
    app.switch_page("model/page.py").run()
    assert not app.exception
    assert written(app).count("Not measured") == 4
    assert "no figures on unseen castings" in written(app)


def test_a_missing_card_is_said_and_nothing_else(app: AppTest, monkeypatch: pytest.MonkeyPatch):
    def none_there(*_: object) -> ModelCard:
        raise ModelMissing("There is no model card.")

    monkeypatch.setattr(card_module, "read_card", none_there)
    app.switch_page("model/page.py").run()
    assert not app.exception
    assert "There is no model card." in written(app)
    assert not app.metric


def served(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    # The page imports the name each time it runs, so replacing it in its module is enough.
    monkeypatch.setattr(card_module, "read_card", lambda *_: card)
