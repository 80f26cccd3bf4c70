"""Eight people review at once, each in another process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import Engine, select

from core.inspection.records import Verdict
from db.review.decisions import dispositions_of
from db.schema import disposition
from db.session import reading
from tests.conftest import ROOT
from tests.stored_parts import open_store, outcome

REVIEWERS, EACH = 8, 50


@pytest.mark.slow
def test_eight_reviewers_decide_fifty_parts_each_and_none_is_lost(
    database_url: str, database: Engine
) -> None:
    store = open_store(database)
    parts = [
        outcome(n, verdict=Verdict.DEFECTIVE, probability=0.9, log_odds=1 + n % 7)
        for n in range(REVIEWERS * EACH)
    ]
    for start in range(0, len(parts), 100):
        store.record(parts[start : start + 100])
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.reviewers", database_url, name, str(EACH)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in "abcdefgh"
    ]
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * REVIEWERS, [
        errors for _, errors in ended
    ]
    said = [line.split() for output, _ in ended for line in output.splitlines()]
    with reading(database) as connection:
        stored = connection.execute(
            select(disposition.c.id, disposition.c.inspection_id, disposition.c.name)
        ).all()
    assert len(said) == len(stored) == REVIEWERS * EACH
    assert {(int(number), int(part)) for number, part, _ in said} == {
        (row.id, row.inspection_id) for row in stored
    }
    # No part came to two people.
    assert len({row.inspection_id for row in stored}) == REVIEWERS * EACH
    assert {others for _, _, others in said} == {"0"}
    assert {name: sum(row.name == name for row in stored) for name in "abcdefgh"} == dict.fromkeys(
        "abcdefgh", EACH
    )


def test_two_people_who_decide_one_part_at_once_are_both_kept_and_the_second_is_told(
    database_url: str, database: Engine
) -> None:
    open_store(database).record([outcome(1, verdict=Verdict.DEFECTIVE, probability=0.9)])
    program = (
        "import sys\n"
        "from core.review.decisions import Decision\n"
        "from core.people import Person, Role\n"
        "from db.review.decisions import decide\n"
        "from db.session import connect, writing\n"
        "engine = connect(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "with writing(engine) as connection:\n"
        "    person = Person(sys.argv[2], None, False, Role.REVIEWER)\n"
        "    print(len(decide(connection, person, 1, Decision.OK).others))\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url, name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("Ann", "Ben")
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    told = [process.communicate("\n")[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(told) == ["0", "1"]
    with reading(database) as connection:
        assert len(dispositions_of(connection, 1)) == 2
