"""Every setting, typed, from one place.

Inputs are environment variables, a ``.env`` file and, on Streamlit Cloud, ``st.secrets``,
which the app hands in. Names are the fields' in capitals: ``DATABASE_URL``, ``STATION``.

What belongs to the plant and not to the machine (:data:`CHANGEABLE`) engineers change on the
Settings page. The database keeps those changes (:mod:`db.settings`) and they win over the
inputs: :func:`changed` applies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import SettingsError
from core.logs import Level
from core.people import Role
from core.process.shifts import DEFAULT_SHIFTS, DEFAULT_TIME_ZONE, Calendar, read_calendar
from core.review.decisions import AUDIT_RATE, DEFECT_TYPES, REVIEW_RATE, read_names

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Settings(BaseSettings):
    """The program's settings; each field's description is its documentation."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        "sqlite:///data/qc.db",
        repr=False,  # it may hold a password
        description="Where everything is kept: an SQLite file, or postgresql://... for several "
        "machines.",
    )
    spool_folder: Path = Field(
        Path("data/spool"),
        description="Uploaded photographs wait here until they are inspected.",
    )
    station: Name = Field("station 1", description="The station verdicts are recorded for.")
    stations: str = Field(
        "station 1",
        description="The plant's stations, offered when photographs are uploaded.",
    )
    threads: int = Field(
        0, ge=0, le=64, description="Threads of one forward pass; 0 takes the processors there are."
    )
    max_upload_files: int = Field(
        5000, ge=1, description="Photographs in one upload, those inside archives counted."
    )
    max_upload_megabytes: int = Field(
        2000, ge=1, description="Megabytes in one upload, archives counted unpacked."
    )
    first_engineer: str = Field(
        "nobody",
        description="E-mail address of a person who is an engineer before any role is given.",
    )
    unverified_role: Role = Field(
        Role.ENGINEER,
        description="Role of a typed name where no sign-in is configured.",
    )
    audit_rate: float = Field(
        AUDIT_RATE,
        gt=0,
        le=1,
        description="Chance of a part called OK to be drawn for the audit sample.",
    )
    review_rate: float = Field(
        REVIEW_RATE,
        ge=0,
        le=1,
        description="Chance of a decided part to be drawn for a blind second review.",
    )
    defect_types: str = Field(
        DEFECT_TYPES,
        pattern=r"[^\s,]",
        description="What a defect can be; the last is the usual one.",
    )
    plant_time_zone: str = Field(
        DEFAULT_TIME_ZONE,
        description="The plant's time zone, as the IANA database names it: Europe/Berlin.",
    )
    shifts: str = Field(
        DEFAULT_SHIFTS,
        description="The plant's shifts by its clock; together they cover the day exactly once.",
    )

    log_level: Level = Field(
        Level.INFO,
        description="How much is logged: DEBUG has a line a part, INFO a line a batch.",
    )
    takt_seconds: float = Field(
        1.0,
        gt=0,
        le=86_400,
        description="Takt time: the seconds in which the line makes one part.",
    )
    retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which photographs are kept, 0 for good; verdicts and heatmaps "
        "always are.",
    )

    @property
    def station_names(self) -> tuple[str, ...]:
        """Every station: this machine's own first, then the plant's others in their order."""
        return tuple(dict.fromkeys((self.station, *read_names(self.stations))))

    @property
    def calendar(self) -> Calendar:
        """The plant's time zone and shifts."""
        return read_calendar(self.plant_time_zone, self.shifts)

    @model_validator(mode="after")
    def _calendar_can_be_read(self) -> Self:
        read_calendar(self.plant_time_zone, self.shifts)
        return self


CHANGEABLE = (
    "stations",
    "plant_time_zone",
    "shifts",
    "takt_seconds",
    "defect_types",
    "audit_rate",
    "review_rate",
    "retention_days",
)
"""Settings that engineers may change on the Settings page, in the order it shows them."""


def read_settings(secrets: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force; ``secrets`` win over the environment.

    Raises SettingsError naming each setting that is wrong.
    """
    given = {
        name: value
        for name in Settings.model_fields
        for key, value in (secrets or {}).items()
        if key.lower() == name
    }
    return _checked(given)


def changed(settings: Settings, changes: Mapping[str, str]) -> Settings:
    """The settings with these values, by name, in the place of their own.

    Raises SettingsError naming each value that cannot be used, and for a setting that is not
    :data:`CHANGEABLE`.
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise SettingsError(f"{name.upper()} is not changed here, but where the app runs.")
    return _checked(settings.model_dump() | dict(changes)) if changes else settings


def _checked(given: Mapping[str, Any]) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors()
        )
        raise SettingsError(f"A setting cannot be used. {faults}") from error
