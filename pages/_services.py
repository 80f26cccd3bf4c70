"""What every page works with, opened once for all sessions; and errors shown, not thrown."""

from __future__ import annotations

import gc
import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy import Engine as Database

import db
from core.batches import BatchWorker
from core.engine import Engine, load_engine
from core.errors import (
    ModelUnavailable,
    NotAllowed,
    QualityControlError,
    SettingsError,
    StoreUnavailable,
)
from core.logs import configure
from core.model_card import ModelCard
from core.patience import BUSY
from core.settings import Settings, read_settings
from core.sign_in import check_sign_in
from core.spool import spool_name, sweep

Result = TypeVar("Result")
FRAME = Path(__file__).parents[1] / "streamlit_app.py"
_FRAMED = "framed"


@dataclass(frozen=True, slots=True)
class Services:
    """The open resources; ``engine`` and ``model`` are None where nothing can be inspected."""

    settings: Settings
    database: Database
    worker: BatchWorker
    engine: Engine | None
    model: db.Model | None
    fault: str
    """Why nothing can be inspected and what to do; empty otherwise."""


def start() -> Services:
    """What a page begins with; raises SettingsError, StoreError, or NotAllowed before sign-in.

    Until a first session has run the frame, Streamlit runs the page that an address names
    without it; then this runs the frame instead, which comes back to the page.
    """
    if not st.session_state.pop(_FRAMED, False):
        runpy.run_path(str(FRAME), run_name="__main__")
        st.stop()
    if sign_in_configured() and verified_email() is None:
        raise NotAllowed("This page is for people who are signed in. Open the first page.")
    return open_services()


def framed() -> None:
    """Said by the frame, before it runs a page."""
    st.session_state[_FRAMED] = True


def given_settings() -> Settings:
    """The settings as the environment and the secrets give them, without engineers' changes."""
    return _settings()


def sign_in_configured() -> bool:
    """Whether the secrets say how to sign in; then nobody works under a typed name.

    Raises SettingsError where they say it incompletely: then nobody is let in at all.
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
    with db.reading(database) as connection:
        settings = db.settings_in_force(connection, given)
    try:
        engine = _engine(settings.threads)
    except ModelUnavailable as error:
        return Services(settings, database, worker, None, None, str(error))
    try:
        model = _registered(database, settings.database_url, engine.card)
    except StoreUnavailable as error:
        # A database that can only be read is looked at all the same.
        return Services(settings, database, worker, None, None, str(error))
    return Services(settings, database, worker, engine, model, "")


def forget() -> None:
    """Let go of everything that the caches know of the database's contents."""
    _registered.clear()
    st.cache_data.clear()


def keep(services: Services, work: Callable[[Connection], Result]) -> Result:
    """Do ``work`` in a transaction that a person waits for, and return what it returns.

    Where others keep the database busy it says so and tries again; raises StoreBusy in the
    end, and StoreUnavailable.
    """
    return db.write(services.database, work, say_busy)


def say_busy() -> None:
    st.toast(BUSY, icon=":material/hourglass_top:")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show what went wrong, and what to do, in the place of what is drawn inside."""
    try:
        yield
    except QualityControlError as error:
        st.error(_plain(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")


def _plain(message: str) -> str:
    """The message with nothing in it that would be read as Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|<>~$:" else sign for sign in message)


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
    return db.connect(url)


@st.cache_resource(show_spinner="Loading the model ...")
def _engine(threads: int) -> Engine:
    engine = load_engine(threads=threads or None)
    # Streamlit collects garbage after every run of a page, also between a click and the page that
    # it asks for: without what is here to stay that takes no time, with it 60 ms.
    gc.collect()
    gc.freeze()
    return engine


@st.cache_resource(show_spinner=False, hash_funcs={ModelCard: lambda card: card.identity})
def _registered(_database: Database, url: str, card: ModelCard) -> db.Model:
    with db.reading(_database) as connection:
        known = db.model_by_sha256(connection, card.identity)
    return known or db.write(
        _database,
        partial(
            db.register_model,
            sha256=card.identity,
            name=card.name,
            card=card.model_dump(mode="json"),
            threshold=card.threshold.probability,
            changed_by="model card",
        ),
    )


@st.cache_resource(show_spinner=False)
def _worker(_database: Database, settings: Settings) -> BatchWorker:
    def is_unfinished(name: str) -> bool:
        number = name.partition("-")[0]
        with db.reading(_database) as connection:
            batch = db.batch_by_id(connection, int(number)) if number.isdecimal() else None
        # A folder that this database knows nothing of may wait for another database.
        return (
            batch is None
            or batch.finished_at is None
            or spool_name(batch.id, batch.created_at) != name
        )

    sweep(settings.spool_folder, keep=is_unfinished)
    return BatchWorker()
