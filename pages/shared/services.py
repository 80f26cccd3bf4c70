"""What every page works with, opened once for all sessions; and errors shown, not thrown."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

# Imported here for all sessions: Plotly fails while another session is still importing pandas.
import pandas as pd  # noqa: F401
import streamlit as st
from sqlalchemy import Engine as Database

from core.errors import NotAllowed, QualityControlError, SettingsError, StoreError
from core.inspection.retry import BUSY
from core.logs import configure
from core.model.card import ModelCard
from core.model.engine import Engine, load_engine
from core.settings import Settings, read_settings
from core.sign_in import check_sign_in
from db.inspections.models import Model
from db.session import connect
from pages.shared.text import plain
from services.application import Application, assembled, registered_model
from services.inspection.batch_worker import BatchWorker
from services.inspection.camera import finish_left_open
from services.inspection.uploads import sweep_spool


@dataclass(frozen=True, slots=True)
class Services(Application):
    """The application, and the worker that inspects its uploads."""

    worker: BatchWorker


def start() -> Services:
    """Called first by each page; raises SettingsError, StoreError, or NotAllowed before sign-in."""
    if sign_in_configured() and verified_email() is None:
        raise NotAllowed("This page is for people who are signed in. Open the first page.")
    return open_services()


def given_settings() -> Settings:
    """The settings as the environment and the secrets give them, without engineers' changes."""
    return _settings()


def sign_in_configured() -> bool:
    """Whether the secrets configure a sign-in; then nobody works under a typed name.

    Raises SettingsError for an incomplete configuration: then nobody can sign in.
    """
    if not st.secrets.load_if_toml_exists() or "auth" not in st.secrets:
        return False
    check_sign_in(st.secrets["auth"])
    return True


def verified_email() -> str | None:
    """The address that the sign-in vouches for; None before it, or where it vouches for none."""
    if not st.user.is_logged_in or st.user.get("email_verified") is False:
        return None
    return str(st.user.get("email") or "") or None


def open_services() -> Services:
    """Open what is not open yet; raises SettingsError or StoreError.

    A model that is missing or altered stops nothing else: stored verdicts can be looked at.
    """
    given = _settings()
    database = _database(given.database_url)
    worker = _worker(database, given)
    register = partial(_registered, database, given.database_url)
    opened = assembled(given, database, _engine, register)
    return Services(opened.settings, database, opened.engine, opened.model, opened.fault, worker)


def clear_cached_reads() -> None:
    """Clear everything the caches hold of the database's contents."""
    _registered.clear()
    st.cache_data.clear()


def say_busy() -> None:
    """Tell the person that the database is busy and it is tried again."""
    st.toast(BUSY, icon=":material/hourglass_top:")


@contextmanager
def shown_errors(retry: bool = True) -> Iterator[None]:
    """Show what went wrong, and what to do, in the place of what is drawn inside.

    ``retry`` offers to draw the page again: not after something a person asked for was refused.
    """
    try:
        yield
    except QualityControlError as error:
        st.error(plain(str(error)), icon=":material/error:")
        if retry:
            st.button("Try again", icon=":material/refresh:")


@st.cache_resource(show_spinner=False)
def _settings() -> Settings:
    # Asking for a secret where there is no secrets file is an error; this says whether one is.
    if st.secrets.load_if_toml_exists():
        return _in_force(read_settings(st.secrets))
    for path in st.get_option("secrets.files"):
        if Path(path).is_file():
            raise SettingsError(f"{Path(path).name} is not valid TOML. Correct or remove it.")
    return _in_force(read_settings())


def _in_force(settings: Settings) -> Settings:
    configure(settings.log_level)
    return settings


@st.cache_resource(show_spinner="Opening the database ...")
def _database(url: str) -> Database:
    return connect(url)


@st.cache_resource(show_spinner="Loading the model ...")
def _engine(threads: int) -> Engine:
    engine = load_engine(threads=threads or None)
    # Streamlit collects garbage after each run, also between a click and the page it asks for.
    # Measured with tools/screenshots/first_hour.py: without this each click takes 90 ms longer.
    gc.collect()
    gc.freeze()
    return engine


@st.cache_resource(show_spinner=False, hash_funcs={ModelCard: lambda card: card.identity})
def _registered(_database: Database, url: str, card: ModelCard) -> Model:
    return registered_model(_database, card, "model card")


@st.cache_resource(show_spinner=False)
def _worker(_database: Database, settings: Settings) -> BatchWorker:
    sweep_spool(settings, _database)
    with suppress(StoreError):  # a database that can only be read has none to finish
        finish_left_open(_database)
    return BatchWorker()
