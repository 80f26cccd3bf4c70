"""Roles: who has which, and what is refused to whom."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from core.errors import NotAllowed
from core.people import Person, Role, require
from db import people
from db.inspections.models import model_by_sha256
from db.people import give_role, roles
from db.session import reading, writing
from db.thresholds import change_threshold, threshold_changes
from tests.stored_parts import MODEL, open_store

ENGINEER = Person("Eve", "eve@plant.example", True, Role.ENGINEER)
REVIEWER = Person("Rob", "rob@plant.example", True, Role.REVIEWER)
VIEWER = Person("Vic", "vic@plant.example", True, Role.VIEWER)


def test_each_role_includes_those_before_it() -> None:
    assert [[role.includes(other) for other in Role] for role in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    require(ENGINEER, Role.REVIEWER)
    with pytest.raises(NotAllowed, match="Vic has the role viewer, and this takes a reviewer"):
        require(VIEWER, Role.REVIEWER)


def test_a_typed_name_is_never_the_signed_in_person_of_that_name() -> None:
    typed = Person("eve@plant.example", None, False, Role.ENGINEER)
    assert typed.key != ENGINEER.key
    assert typed.signature == "eve@plant.example (unverified)"
    assert ENGINEER.signature == "Eve <eve@plant.example>"


@pytest.mark.parametrize("person", [VIEWER, REVIEWER])
def test_only_an_engineer_changes_thresholds_and_roles(database: Engine, person: Person) -> None:
    open_store(database)
    with reading(database) as connection:
        model = model_by_sha256(connection, MODEL)
    assert model is not None
    with pytest.raises(NotAllowed), writing(database) as connection:
        change_threshold(connection, model.id, 0.1, "why not", person)
    with pytest.raises(NotAllowed), writing(database) as connection:
        give_role(connection, person, "new@plant.example", Role.VIEWER)
    with reading(database) as connection:
        assert len(threshold_changes(connection, model.id)) == 1
        assert roles(connection) == []


def test_the_latest_entry_is_the_role_in_force(database: Engine) -> None:
    def signed_in(email: str) -> Person:
        with reading(database) as connection:
            return people.signed_in(connection, "Ann", email, "First@Plant.example")

    assert signed_in("ann@plant.example").role is Role.VIEWER
    first = signed_in("first@plant.example")
    assert first.role is Role.ENGINEER
    for role in (Role.REVIEWER, Role.ENGINEER):
        with writing(database) as connection:
            give_role(connection, first, " ANN@plant.example", role)
        assert signed_in("Ann@Plant.Example") == Person("Ann", "ann@plant.example", True, role)
    with writing(database) as connection:
        give_role(connection, signed_in("ann@plant.example"), first.email or "", Role.VIEWER)
    assert signed_in("first@plant.example").role is Role.VIEWER
    with reading(database) as connection:
        assert [(entry.email, entry.role) for entry in roles(connection)] == [
            ("ann@plant.example", Role.ENGINEER),
            ("first@plant.example", Role.VIEWER),
        ]


def test_an_engineer_always_remains(database: Engine) -> None:
    with pytest.raises(NotAllowed, match="own role"), writing(database) as connection:
        give_role(connection, ENGINEER, "Eve@plant.example", Role.VIEWER)


@pytest.mark.parametrize("email", ["", "ann", "ann @plant.example"])
def test_what_is_no_address_gets_no_role(database: Engine, email: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail"), writing(database) as connection:
        give_role(connection, ENGINEER, email, Role.VIEWER)


@pytest.mark.parametrize(
    "statement", ["UPDATE person_role SET role = 'engineer'", "DELETE FROM person_role"]
)
def test_the_log_of_roles_cannot_be_changed(database: Engine, statement: str) -> None:
    with writing(database) as connection:
        give_role(connection, ENGINEER, "ann@plant.example", Role.VIEWER)
    with (
        pytest.raises(IntegrityError, match="never changed or deleted"),
        writing(database) as connection,
    ):
        connection.execute(text(statement))
