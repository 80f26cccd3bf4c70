"""Settings of the plant, changed by engineers; every change is logged with its reason."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from core.people import Person, Role
from core.process.shifts import DEFAULT_SHIFTS
from core.settings import CHANGEABLE, Settings
from db.session import reading, shown_address
from db.settings import setting_changes
from pages.shared.layout import head
from pages.shared.people import person_or_question
from pages.shared.services import Services, given_settings, say_busy, shown_errors, start
from pages.shared.text import count, moment_text, plain
from services.settings import change_settings

NAMES = {
    "stations": "Stations",
    "plant_time_zone": "Time zone",
    "shifts": "Shifts",
    "takt_seconds": "Takt time",
    "defect_types": "Defect types",
    "audit_rate": "Audit rate",
    "review_rate": "Second reviews",
    "retention_days": "Keep photographs for",
}
_LONGEST = 300


def page() -> None:
    services = start()
    head("Settings", "Plant settings. Changes take effect immediately, for everyone")
    person = person_or_question(services, "Every change is recorded with your name and the reason.")
    if person is None:
        return
    if person.role.includes(Role.ENGINEER):
        _form(services, person)
    else:
        st.info(
            f"You are a {person.role}. Only engineers change settings; see the log below.",
            icon=":material/lock:",
        )
        _table(services)
    _log(services)
    _machine(services)


def _form(services: Services, person: Person) -> None:
    now = services.settings
    # Another form for other settings, so that a field shows what is in force.
    key = str(hash(now))
    with st.form(f"settings {key}"):
        left, right = st.columns(2, gap="medium")
        values: dict[str, str] = {}
        with left:
            st.subheader("Line", anchor=False)
            values["stations"] = st.text_input(
                "Stations",
                now.stations,
                max_chars=_LONGEST,
                help="Separated by commas. One is chosen for each upload; this machine's own "
                f"({plain(now.station)}) is always included.",
            )
            values["shifts"] = st.text_input(
                "Shifts",
                now.shifts,
                max_chars=_LONGEST,
                help=f"They must cover the whole day without overlap: {DEFAULT_SHIFTS}",
            )
            zones = sorted(available_timezones() | {now.plant_time_zone})
            values["plant_time_zone"] = st.selectbox(
                "Time zone", zones, index=zones.index(now.plant_time_zone)
            )
            takt = st.number_input(
                "Takt time (seconds a part)",
                min_value=0.01,
                max_value=86_400.0,
                value=now.takt_seconds,
                step=0.1,
            )
            values["takt_seconds"] = str(takt)
        with right:
            st.subheader("Review", anchor=False)
            values["defect_types"] = st.text_input(
                "Defect types",
                now.defect_types,
                max_chars=_LONGEST,
                help="Separated by commas, for the keys 1 to 9; the key D gives the last.",
            )
            values["audit_rate"] = _percent(
                "Audit rate (% of the parts called OK)",
                now.audit_rate,
                0.1,
                "Drawn at random as parts are stored. Only audited parts can show what escapes.",
            )
            values["review_rate"] = _percent(
                "Second reviews (% of the decided parts)",
                now.review_rate,
                0.0,
                "Drawn at random and decided blind by a second person.",
            )
            days = st.number_input(
                "Keep photographs for (days; 0 = forever)",
                min_value=0,
                max_value=36_500,
                value=now.retention_days,
                help="Verdicts, heatmaps and decisions are always kept.",
            )
            values["retention_days"] = str(days)
        reason = st.text_input(
            "Reason", max_chars=_LONGEST, placeholder="Recorded in the log below"
        )
        if st.form_submit_button("Save settings", type="primary", icon=":material/check:"):
            _keep(services, person, _different(now, values), reason)


def _percent(name: str, share: float, lowest: float, meaning: str) -> str:
    """A number of per cent, as text of a share."""
    percent: float = st.number_input(
        name,
        min_value=lowest,
        max_value=100.0,
        value=round(100 * share, 4),
        step=0.5,
        help=meaning,
    )
    return repr(round(percent / 100, 6))


def _different(now: Settings, values: dict[str, str]) -> dict[str, str]:
    """Only what was touched: another engineer may have changed the rest meanwhile."""
    return {name: value for name, value in values.items() if value != str(getattr(now, name))}


def _keep(services: Services, person: Person, values: dict[str, str], reason: str) -> None:
    with shown_errors(retry=False):
        change_settings(services.database, person, given_settings(), values, reason, busy=say_busy)
        st.toast("Settings saved.", icon=":material/check:")
        st.rerun()


def _table(services: Services) -> None:
    st.table(
        {
            "Setting": [NAMES[name] for name in CHANGEABLE],
            "In force": [shown(name, getattr(services.settings, name)) for name in CHANGEABLE],
        },
        hide_index=True,
    )


def shown(name: str, value: object) -> str:
    """A setting's value as people read it, with its unit."""
    if name in ("audit_rate", "review_rate"):
        return f"{100 * float(str(value)):g} %"
    if name == "retention_days":
        days = int(str(value))
        return f"{count(days)} days" if days else "forever"
    return f"{value} s" if name == "takt_seconds" else str(value)


def _log(services: Services) -> None:
    st.subheader("Log of changes", anchor=False)
    with reading(services.database) as connection:
        entries = setting_changes(connection)
    if not entries:
        st.caption("No changes yet: all settings come from the environment in which the app runs.")
        return
    zone = services.settings.calendar
    st.dataframe(
        {
            "When": [moment_text(entry.changed_at, zone) for entry in entries],
            "Who": [entry.changed_by for entry in entries],
            "Setting": [NAMES.get(entry.name, entry.name) for entry in entries],
            "From": [shown(entry.name, entry.previous) for entry in entries],
            "To": [
                "from the environment" if entry.value is None else shown(entry.name, entry.value)
                for entry in entries
            ],
            "Why": [entry.reason for entry in entries],
        },
        hide_index=True,
    )


def _machine(services: Services) -> None:
    now = services.settings
    rows = {
        "Database": shown_address(services.database),
        "This machine's station": now.station,
        "Folder for waiting uploads": str(now.spool_folder),
        "Threads": str(now.threads or "one per processor"),
        "Photographs in one upload": count(now.max_upload_files),
        "Megabytes in one upload": count(now.max_upload_megabytes),
        "Role of typed names": str(now.unverified_role),
    }
    with st.expander("Server settings (read-only)", icon=":material/dns:"):
        st.caption(
            "Environment variables, a .env file or the secrets of the host; the README lists them. "
            "They change after a restart."
        )
        st.table({"Setting": list(rows), "In force": list(rows.values())}, hide_index=True)


page()
