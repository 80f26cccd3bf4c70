"""Trends: how the share of defective parts, the volume and the model's scores go over time."""

from __future__ import annotations

import streamlit as st

from core.errors import ThresholdError
from core.model.card import ModelCard
from core.process.drift import (
    FEWEST,
    LARGE,
    SMALL,
    Level,
    Reference,
    counts_in,
    reference_of,
)
from core.thresholds.held_out_scores import read_held_out_scores
from db.process.trends import defect_types, latest_scores
from db.selection import Selection
from db.session import reading
from pages.shared.charts import CONFIG
from pages.shared.layout import head, inspect_first, nothing_here
from pages.shared.part_card import open_part
from pages.shared.services import Services, shown_errors, start
from pages.shared.text import count, percent, plain
from pages.trends.charts import (
    drift_figure,
    not_inspectable_figure,
    pareto_figure,
    rate_figure,
    score_figure,
)
from pages.trends.control import control
from pages.trends.parts import ask_point, clickable, parts_behind
from pages.trends.period import Counted, View, choose, counted

LEVELS = {
    Level.STABLE: "Scores are as they were.",
    Level.WATCH: "Scores have moved a little. Look at the latest parts and at the light.",
    Level.DRIFTED: "Scores have moved. Have parts reviewed before you trust the threshold.",
    Level.TOO_FEW: f"Fewer than {FEWEST} parts: chance alone could move this.",
}


def page() -> None:
    services = start()
    head("Trends")
    with shown_errors():
        view = choose(services)
        if view is None:
            inspect_first(
                "No part has been inspected yet",
                "Inspect photographs first; their trends are drawn here.",
            )
            return
        found = counted(services, view)
        if not found.points:
            text = "Choose other days, all stations or all models."
            with nothing_here("No part in this view", text):
                zone = plain(view.calendar.zone.key)
                st.caption(f"Days begin and end with the shifts of {zone}.")
            return
        _figures(found)
        _rates(services, view, found)
        control(services, view, found)
        left, right = st.columns(2, gap="medium")
        with left:
            st.subheader("Mean probability of a defect", anchor=False)
            clickable(score_figure(found.points, view.calendar), "score-chart")
            st.caption("The band is one standard deviation to either side.")
        with right:
            _drift(services, view)
        left, right = st.columns(2, gap="medium")
        with left:
            st.subheader("Not inspectable", anchor=False)
            clickable(not_inspectable_figure(found.points, view.calendar), "blind-chart")
        with right:
            _pareto(services, view)
        open_part(services)


def _figures(found: Counted) -> None:
    points = found.points
    inspected = sum(point.inspected for point in points)
    judged = sum(point.judged for point in points)
    defective = sum(point.defective for point in points)
    undecided = sum(point.undecided for point in points)
    blind = sum(point.not_inspectable for point in points)
    shown = [
        ("Inspected", count(inspected), "Parts with a verdict."),
        ("Defective", count(defective), "By people's decisions; by the model where there is none."),
        ("Defect rate", percent(defective / judged) if judged else "-", "Of the parts judged."),
        ("Not inspectable", percent(blind / inspected), "Of the parts inspected."),
        (
            "To decide",
            count(undecided),
            "Flagged, and nobody has decided: rates with such parts are provisional.",
        ),
    ]
    with st.grid(columns=5, min_column_width=130, gap="xsmall"):
        for name, value, meaning in shown:
            st.metric(name, value, border=True, help=meaning)


def _rates(services: Services, view: View, found: Counted) -> None:
    st.subheader("Defect rate and volume", anchor=False)
    clickable(rate_figure(found.points, view.calendar), "trend-chart")
    st.caption("A filled point: every flagged part is decided. An open one is provisional.")
    bucket = ask_point(found.points)
    if bucket is not None:
        parts_behind(services, bucket, view.scope)


def _pareto(services: Services, view: View) -> None:
    st.subheader("Defect types", anchor=False)
    with reading(services.database) as connection:
        types = defect_types(connection, view.begins, view.ends, view.scope)
    if not types:
        st.info(
            "No part of these days has a defect type yet. A reviewer gives one with each "
            "decision that a part is defective.",
            icon=":material/bar_chart:",
        )
        return
    st.plotly_chart(pareto_figure(types), config=CONFIG)


def _drift(services: Services, view: View) -> None:
    st.subheader("Score drift", anchor=False)
    if services.engine is None or services.model is None:
        st.info(f"There is no model to compare with. {plain(services.fault)}")
        return
    if view.scope.model_id not in (None, services.model.id):
        st.info("Held-out scores are those of the model in use. Choose it, or all models.")
        return
    try:
        reference = _reference(services.engine.card)
    except ThresholdError as error:
        st.info(f"There is nothing to compare scores with. {plain(str(error))}")
        return
    scope = Selection(view.scope.station, services.model.id)
    with reading(services.database) as connection:
        scores = latest_scores(connection, view.begins, view.ends, scope)
    if not scores:
        st.info("The model in use judged no part of these days.")
        return
    share = sum(defective for _, defective in scores) / len(scores)
    drift = reference.drift(counts_in(reference.edges, [score for score, _ in scores]), share)
    st.plotly_chart(drift_figure(drift, reference.edges), config=CONFIG)
    st.caption(
        f"Population stability index **{drift.index:.3f}** over the latest {count(drift.parts)} "
        f"parts. {LEVELS[drift.level]} Below {SMALL} is stable, from {LARGE} it is drift. The "
        "reference is the model's scores of castings held out of training, weighted to the "
        "same share of parts called defective."
    )


@st.cache_data(
    max_entries=4, show_spinner=False, hash_funcs={ModelCard: lambda card: card.identity}
)
def _reference(card: ModelCard) -> Reference:
    parts = read_held_out_scores(card)
    return reference_of(parts.log_odds[~parts.defective], parts.log_odds[parts.defective])


page()
