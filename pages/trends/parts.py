"""The parts behind one point of a trend."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.inspection.records import Verdict
from core.process.trends import Bucket, Point
from db.process.trends import bucket_parts, bucket_size
from db.selection import Selection
from db.session import reading
from pages.shared.charts import CONFIG, Figure
from pages.shared.gallery import PAGE, paged
from pages.shared.part_card import card
from pages.shared.pictures import evidence_scale
from pages.shared.services import Services
from pages.shared.text import LOOKS, count, plain
from pages.shared.url_state import choice

ALL = "All"
_POINT = "trend-point"


def ask_point(points: Sequence[Point]) -> Bucket | None:
    """The point whose parts are open; also a list, for those who cannot click on a chart."""
    by_key = {point.bucket.key: point.bucket for point in points}
    chosen = choice(
        st.selectbox,
        "Parts of",
        list(by_key),
        None,
        name="point",
        key=_POINT,
        format_func=lambda key: by_key[key].label,
        index=None,
        placeholder="Click a point above, or choose one here, to see its parts",
        width=460,
        label_visibility="collapsed",
    )
    return by_key[chosen] if chosen is not None else None


def clickable(figure: Figure, key: str) -> None:
    """Draw a figure whose points open the parts behind them."""
    st.plotly_chart(
        figure,
        key=key,
        on_select=partial(_open_point, key),
        selection_mode="points",
        config=CONFIG,
    )


def _open_point(chart: str) -> None:
    """Open the point that was clicked in a chart; called before the page is drawn again.

    What can be clicked ends its ``customdata`` with the key of its bucket.
    """
    for point in st.session_state[chart].selection.points:
        if "customdata" in point:
            st.session_state[_POINT] = point["customdata"][-1]


def parts_behind(services: Services, bucket: Bucket, scope: Selection) -> None:
    """The bucket's parts, page by page."""
    names = {ALL: ALL} | {verdict.value: look.word for verdict, look in LOOKS.items()}
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(plain(bucket.label), anchor=False, width="content")
        shown: str = st.segmented_control(
            "Show",
            list(names),
            format_func=names.__getitem__,
            default=ALL,
            required=True,
            key="trend-verdict",
            label_visibility="collapsed",
            width="content",
        )
    verdict = None if shown == ALL else Verdict(shown)
    with reading(services.database) as connection:
        size = bucket_size(connection, bucket, scope, verdict)
    st.caption(f"{count(size)} parts, oldest first")
    address = services.settings.database_url
    with paged(f"trend-page-{bucket.key}-{shown}", size) as first:
        with reading(services.database) as connection:
            parts = bucket_parts(connection, bucket, scope, verdict, first, PAGE)
        with st.grid(min_column_width=310, gap="small"):
            for part in parts:
                model = part.inspection.model
                card(services, part, evidence_scale(services.database, address, model))
