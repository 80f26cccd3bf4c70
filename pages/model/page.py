"""Model: what it was trained on, how good it is on castings it has not seen, and its limits."""

from __future__ import annotations

import streamlit as st

from core.errors import ModelUnavailable, ThresholdError
from core.model.card import ModelCard, read_card
from core.model.metrics import CastingResult, Evaluation
from core.thresholds.held_out_scores import read_held_out_scores
from core.thresholds.recall_floor import Curves, curves
from pages.model.charts import learning_figure, precision_figure, reliability_figure, roc_figure
from pages.shared.charts import CONFIG
from pages.shared.layout import head
from pages.shared.services import start
from pages.shared.text import count, moment_text, percent, plain

# How many of the castings that the model gets wrong are listed.
WORST = 12

SPLITS = {
    "unseen": "Castings it has not seen",
    "official": "Official test split",
}

# A share in percent, as everywhere else.
SHARE = st.column_config.NumberColumn(format="%.1f %%")


def page() -> None:
    services = start()
    try:
        card = read_card()
    except ModelUnavailable as error:
        head("Model")
        st.error(plain(str(error)), icon=":material/error:")
        return
    trained = moment_text(card.trained_at, services.settings.calendar)
    head("Model", f"model {card.identity[:8]} · trained {trained}")
    _results(card)
    _held_out_curves(card)
    left, right = st.columns(2, gap="medium")
    with left:
        _learning(card)
    with right:
        _calibration(card)
    _looks(card)
    _robustness(card)
    _gate(card)
    _worst(card)
    _made_of(card)


def _results(card: ModelCard) -> None:
    st.subheader("Results", anchor=False)
    st.text(
        "A foundry only ever inspects castings the model has never seen: the first column is what "
        "to expect. The official split shows castings that were also trained on."
    )
    for column, (split, title) in zip(st.columns(2, gap="medium"), SPLITS.items(), strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{title}**")
            evaluation = card.evaluations.get(split)
            if evaluation is None:
                st.text("Not measured.")
            else:
                _evaluation(evaluation)
    if card.divisions:
        rows = [card.evaluations["unseen"], *card.divisions]
        spread = {
            name: [getattr(row, name) for row in rows]
            for name in ("auc", "recall", "specificity", "accuracy")
        }
        said = "; ".join(
            f"{name.upper() if name == 'auc' else name} {min(values):.4f} to {max(values):.4f}"
            for name, values in spread.items()
        )
        st.caption(plain(f"Across {len(rows)} cross-validation splits: {said}."))


def _looks(card: ModelCard) -> None:
    """One view and two looks side by side, on castings held out."""
    if not card.looks:
        return
    st.subheader("One view and a second look", anchor=False)
    st.text(
        "A photograph whose score lies near the threshold is judged again, by the mean of its four "
        "quarter turns. Specificity on castings held out, at two recalls:"
    )
    st.dataframe(
        [
            {
                "Division": row.fold_seed,
                "Judged by": "one view" if row.looks == 1 else "two looks",
                "Contradictory labels": "counted" if row.contradictory else "left out",
                "AUC": row.auc,
                "Recall 99 %": 100 * row.specificity[0],
                "Recall 99.5 %": 100 * row.specificity[1],
                "99 %, castings alike": 100 * row.specificity_by_casting[0],
                "99.5 %, castings alike": 100 * row.specificity_by_casting[1],
            }
            for row in card.looks
        ],
        column_config={"AUC": st.column_config.NumberColumn(format="%.4f")}
        | dict.fromkeys(
            ("Recall 99 %", "Recall 99.5 %", "99 %, castings alike", "99.5 %, castings alike"),
            SHARE,
        ),
        hide_index=True,
    )


def _evaluation(evaluation: Evaluation) -> None:
    with st.container(horizontal=True, gap="medium"):
        for name, value in (
            ("Recall", evaluation.recall),
            ("Specificity", evaluation.specificity),
            ("Precision", evaluation.precision),
            ("F1", evaluation.f1),
            ("Accuracy", evaluation.accuracy),
        ):
            st.metric(name, "unknown" if value is None else percent(value), width="content")
        if evaluation.auc is not None:
            st.metric("AUC", f"{evaluation.auc:.4f}", width="content")
    matrix = evaluation.confusion
    st.text(
        f"{count(evaluation.photographs)} photographs"
        + (f" of {evaluation.castings} castings" if evaluation.castings else "")
        + f", threshold {percent(evaluation.threshold)}: {count(matrix.caught)} defective caught, "
        f"{count(matrix.missed)} missed; {count(matrix.passed)} OK passed, "
        f"{count(matrix.false_alarms)} false alarms."
    )
    if evaluation.recall_lower_bound is not None and evaluation.bounds_counted_over == "castings":
        st.text(
            f"At least {percent(evaluation.recall_lower_bound)} of defective castings are caught "
            "in every photograph, with 95 % confidence."
        )


def _held_out_curves(card: ModelCard) -> None:
    try:
        found = _curves(card)
    except ThresholdError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Recall against false alarms**")
        st.plotly_chart(roc_figure(found, card.threshold.probability), config=CONFIG)
    with right:
        st.markdown("**Precision against recall**")
        st.plotly_chart(precision_figure(found, card.threshold.probability), config=CONFIG)
    st.caption(plain(f"Threshold {percent(card.threshold.probability)}: {card.threshold.rule}"))


@st.cache_data(
    show_spinner=False, max_entries=2, hash_funcs={ModelCard: lambda card: card.identity}
)
def _curves(card: ModelCard) -> Curves:
    return curves(read_held_out_scores(card))


def _learning(card: ModelCard) -> None:
    st.subheader("Learning", anchor=False)
    if card.curves:
        st.plotly_chart(learning_figure(card.curves), config=CONFIG)
    st.caption(plain(card.checkpoint))


def _calibration(card: ModelCard) -> None:
    of = card.calibration
    st.subheader("Are its probabilities right?", anchor=False)
    st.plotly_chart(reliability_figure(of), config=CONFIG)
    st.caption(
        plain(
            f"Expected calibration error {percent(of.error_after)} on castings held out "
            f"({percent(of.error_before)} before calibration with slope {of.slope:.2f} and "
            f"offset {of.offset:+.2f})."
        )
    )


def _robustness(card: ModelCard) -> None:
    st.subheader("What changes its verdicts", anchor=False)
    found = card.robustness
    if found is None:
        _not_measured()
        return
    st.dataframe(
        [
            {
                "Change": row.change,
                "Photographs": row.photographs,
                "AUC": row.auc,
                "Verdicts flipped": 100 * row.flipped,
                "Rejected by the gate": 100 * row.turned_away,
            }
            for row in found.changes
        ],
        column_config={
            "AUC": st.column_config.NumberColumn(format="%.4f"),
            "Verdicts flipped": SHARE,
            "Rejected by the gate": SHARE,
        },
        hide_index=True,
    )
    st.caption(
        plain(
            f"{count(found.changes[0].photographs)} photographs of castings held out. Background "
            f"alone tells defective from OK with AUC {found.background_auc:.2f}; of the model's "
            f"positive evidence {percent(found.evidence_on_part)} lies on the part (median over "
            "parts called defective)."
        )
    )


def _gate(card: ModelCard) -> None:
    st.subheader("What it refuses to judge", anchor=False)
    if not card.gate_report:
        _not_measured()
        return
    st.dataframe(
        [
            {
                "Pictures": row.pictures,
                "Number": row.number,
                "Rejected": 100 * row.turned_away / row.number if row.number else None,
            }
            for row in card.gate_report
        ],
        column_config={"Rejected": SHARE},
        hide_index=True,
    )


def _not_measured() -> None:
    st.text("Not measured yet; python -m core evaluate --split unseen does.")


def _worst(card: ModelCard) -> None:
    evaluation = card.evaluations.get("unseen")
    if evaluation is None:
        return
    wrong = [row for row in evaluation.by_casting if _wrong(row)]
    rows = sorted(wrong, key=_wrong, reverse=True)[:WORST]
    st.subheader("Castings it gets wrong", anchor=False)
    if not rows:
        st.text("None of the castings held out.")
        return
    st.dataframe(
        [
            {
                "Casting": row.casting,
                "Label": row.label,
                "Photographs": row.photographs,
                "Wrong": 100 * _wrong(row) / row.photographs,
            }
            for row in rows
        ],
        column_config={"Wrong": SHARE},
        hide_index=True,
    )


def _wrong(row: CastingResult) -> int:
    called = row.called_defective
    return called if row.label == "ok" else row.photographs - called


def _made_of(card: ModelCard) -> None:
    left, right = st.columns(2, gap="medium")
    data = card.data
    with left:
        st.subheader("Made of", anchor=False)
        st.text(f"{card.architecture}. Input {card.input}.")
        st.text(f"{data.name}. Licence: {data.licence}.")
        photographs = ", ".join(f"{count(n)} {name}" for name, n in data.photographs.items())
        castings = ", ".join(f"{count(n)} {name}" for name, n in data.castings.items())
        st.text(f"Photographs: {photographs}. Castings: {castings}.")
        st.text(f"Rendered parts: {count(data.rendered_parts)}. Left out: {data.left_out}.")
    with right:
        st.subheader("Known limits", anchor=False)
        for limit in card.limits:
            st.markdown(f"- {plain(limit)}")


page()
