"""The open application: settings, database, engine and model, for pages and command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine as Database

from core.errors import ModelUnavailable, StoreUnavailable
from core.model.card import ModelCard
from core.model.engine import Engine, EngineKind, load_engine
from core.settings import Settings, read_settings
from db.inspections.models import Model, model_by_sha256, register_model
from db.session import connect, reading, write
from db.settings import settings_in_force


@dataclass(frozen=True, slots=True)
class Application:
    """What every use case works with; ``engine`` and ``model`` are None where nothing can be
    inspected."""

    settings: Settings
    """Those in force: engineers' changes included."""
    database: Database
    engine: Engine | None
    model: Model | None
    fault: str
    """Why nothing can be inspected and what to do; empty otherwise."""

    def ready(self) -> tuple[Engine, Model]:
        """What to inspect with; raises ModelUnavailable where nothing can be inspected."""
        if self.engine is None or self.model is None:
            raise ModelUnavailable(self.fault)
        return self.engine, self.model


@contextmanager
def opened(
    changed_by: str | None, database_url: str | None = None, kind: EngineKind = EngineKind.ONNX
) -> Iterator[Application]:
    """Open everything for one command and close it at the end.

    ``changed_by`` registers the model; for None it is left out, and nothing is written. Raises
    SettingsError, ModelUnavailable or StoreError.
    """
    given = read_settings()
    engine = load_engine(kind, threads=given.threads or None)
    database = connect(database_url or given.database_url)
    try:
        with reading(database) as connection:
            settings = settings_in_force(connection, given)
        model = None if changed_by is None else registered_model(database, engine.card, changed_by)
        yield Application(settings, database, engine, model, "")
    finally:
        database.dispose()


def assembled(
    given: Settings,
    database: Database,
    load: Callable[[int], Engine],
    register: Callable[[ModelCard], Model],
) -> Application:
    """The application of a server that keeps database, engine and model open.

    A model that is missing or altered, or a database that can only be read, is a ``fault`` and
    stops nothing else: stored verdicts can be looked at. Raises StoreError.
    """
    with reading(database) as connection:
        settings = settings_in_force(connection, given)
    try:
        engine = load(settings.threads)
        return Application(settings, database, engine, register(engine.card), "")
    except (ModelUnavailable, StoreUnavailable) as error:
        return Application(settings, database, None, None, str(error))


def registered_model(database: Database, card: ModelCard, changed_by: str) -> Model:
    """The card's model, registered with the card's threshold if it is new here."""
    with reading(database) as connection:
        known = model_by_sha256(connection, card.identity)
    return known or write(
        database,
        lambda connection: register_model(
            connection,
            card.identity,
            card.name,
            card.model_dump(mode="json"),
            card.threshold.probability,
            changed_by,
        ),
    )
