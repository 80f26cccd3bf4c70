"""The parts behind one point of a trend."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.inspection.records import Verdict
from core.process.trends import Bucket, Point
from db.inspections.models import model_by_sha256
from db.process.trends import bucket_parts, bucket_size
from db.selection import Selection
from db.session import reading
from pages.shared import url_state
from pages.shared.charts import CONFIG, Figure
from pages.shared.part_card import card
from pages.shared.services import Services
from pages.shared.text import LOOKS, count, plain

PAGE = 24
POINT = "point"
ALL = "All"


def ask_point(points: Sequence[Point]) -> Bucket | None:
    """The point whose parts are open; also a list, for who cannot click on a chart."""
    by_key = {point.bucket.key: point.bucket for point in points}
    wanted = url_state.number(POINT)
    state = st.session_state
    if state.get("trend-point") not in by_key:
        state["trend-point"] = wanted if wanted in by_key else None
    chosen = st.selectbox(
        "Parts of",
        list(by_key),
        format_func=lambda key: by_key[key].label,
        index=None,
        placeholder="Click a point above, or choose one here, to see its parts",
        key="trend-point",
        width=460,
        label_visibility="collapsed",
    )
    url_state.keep(POINT, chosen)
    return by_key.get(chosen) if chosen is not None else None


def clickable(figure: Figure, key: str) -> None:
    """Draw a figure whose points open the parts behind them."""
    st.plotly_chart(
        figure,
        key=key,
        on_select=partial(_picked, key),
        selection_mode="points",
        config=CONFIG,
    )


def _picked(chart: str) -> None:
    """Open the point that was clicked in a chart; called before the page is drawn again.

    What can be clicked ends its ``customdata`` with the key of its bucket.
    """
    for point in st.session_state[chart].selection.points:
        if "customdata" in point:
            st.session_state["trend-point"] = point["customdata"][-1]


def parts_behind(services: Services, bucket: Bucket, scope: Selection) -> None:
    """The bucket's parts, page by page."""
    names = {ALL: ALL} | {verdict.value: look.word for verdict, look in LOOKS.items()}
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(plain(bucket.label), anchor=False, width="content")
        choice: str = st.segmented_control(
            "Show",
            list(names),
            format_func=names.__getitem__,
            default=ALL,
            required=True,
            key="trend-verdict",
            label_visibility="collapsed",
            width="content",
        )
    verdict = None if choice == ALL else Verdict(choice)
    with reading(services.database) as connection:
        size = bucket_size(connection, bucket, scope, verdict)
        pages = max(1, -(-size // PAGE))
        pager = f"trend-page-{bucket.key}-{choice}"
        page = max(1, min(pages, st.session_state.get(pager, 1)))
        parts = bucket_parts(connection, bucket, scope, verdict, (page - 1) * PAGE, PAGE)
        models = {part.inspection.model for part in parts}
        found = [model_by_sha256(connection, model) for model in models]
    scales = {model.sha256: float(model.card["evidence_scale"]) for model in found if model}
    st.caption(f"{count(size)} parts, oldest first")
    with st.grid(min_column_width=310, gap="small"):
        for part in parts:
            card(services, part, scales[part.inspection.model])
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.pagination(pages, key=pager)
