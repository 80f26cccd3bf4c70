"""Galleries, summaries and lists of batches, and the plans behind them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from core.inspection.records import Verdict
from db.inspections.batches import (
    Batch,
    BatchSummary,
    batch_by_id,
    batch_summary,
    finish_batch,
    open_batch,
    recent_batches,
    rejections,
    unfinished_batches,
)
from db.inspections.models import register_model
from db.inspections.parts import (
    Part,
    Sort,
    data_version,
    gallery,
    gallery_size,
    part_by_id,
    photograph_bytes,
)
from db.session import reading, writing
from db.thresholds import change_threshold
from tests.query_plans import plans
from tests.stored_parts import ENGINEER, MODEL, open_store, outcome, rejected

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def batch(database: Engine) -> Batch:
    """Eight parts in two micro-batches, the last without a score, and a rejected file."""
    store = open_store(database, total=9)
    chances = [0.2, 0.9, 0.7, 0.1, 0.7, 0.95, 0.4]
    given = [
        outcome(
            number,
            file=f"{name}.png",
            probability=chance,
            inspected_at=MONDAY + timedelta(seconds=number),
        )
        for number, (name, chance) in enumerate(zip("dbacgfe", chances, strict=True))
    ]
    blind = outcome(
        7,
        file="h.png",
        verdict=Verdict.NOT_INSPECTABLE,
        probability=math.nan,
        log_odds=math.nan,
        inspected_at=MONDAY + timedelta(seconds=7),
    )
    store.record(given[:4])
    store.record([*given[4:], blind, rejected(1)])
    other = open_store(database)
    other.record([outcome(8, file="other.png", probability=0.99, inspected_at=MONDAY)])
    return store.batch


def names(parts: list[Part]) -> str:
    return "".join(part.file.removesuffix(".png") for part in parts)


@pytest.mark.parametrize(
    ("sort", "verdict", "expected"),
    [
        (Sort.PROBABILITY, None, "fbagedch"),
        (Sort.PROBABILITY, Verdict.DEFECTIVE, "fbag"),
        (Sort.PROBABILITY, Verdict.OK, "edc"),
        (Sort.PROBABILITY, Verdict.NOT_INSPECTABLE, "h"),
        (Sort.LEAST_PROBABLE, None, "hcdegabf"),
        (Sort.LEAST_PROBABLE, Verdict.OK, "cde"),
        (Sort.TIME, None, "hefgcabd"),
        (Sort.TIME, Verdict.OK, "ecd"),
        (Sort.ORDER, None, "dbacgfeh"),
        (Sort.ORDER, Verdict.DEFECTIVE, "bagf"),
        (Sort.FILE, None, "abcdefgh"),
        (Sort.FILE, Verdict.DEFECTIVE, "abfg"),
    ],
)
def test_gallery_of_a_batch(
    database: Engine, batch: Batch, sort: Sort, verdict: Verdict | None, expected: str
) -> None:
    with reading(database) as connection:
        assert names(gallery(connection, batch.id, verdict, sort)) == expected
        assert gallery_size(connection, batch.id, verdict) == len(expected)
        pages = [
            names(gallery(connection, batch.id, verdict, sort, offset, 3))
            for offset in range(0, 12, 3)
        ]
    assert "".join(pages) == expected
    assert pages[0] == expected[:3]


@pytest.mark.parametrize(
    ("sort", "verdict", "expected"),
    [
        (Sort.PROBABILITY, None, "otherfbagedch"),
        (Sort.PROBABILITY, Verdict.OK, "edc"),
        (Sort.LEAST_PROBABLE, None, "hcdegabfother"),
        (Sort.TIME, None, "hefgcabotherd"),
        (Sort.ORDER, None, "dotherbacgfeh"),
        (Sort.TIME, Verdict.DEFECTIVE, "fgabother"),
        (Sort.FILE, None, "abcdefghother"),
        (Sort.FILE, Verdict.DEFECTIVE, "abfgother"),
    ],
)
@pytest.mark.usefixtures("batch")
def test_gallery_of_all_parts(
    database: Engine, sort: Sort, verdict: Verdict | None, expected: str
) -> None:
    with reading(database) as connection:
        found = names(gallery(connection, None, verdict, sort))
        assert gallery_size(connection, None, verdict) == len(expected.replace("other", "o"))
    # "d" and "other" were inspected at the same moment: the later stored comes first.
    assert found == expected


def test_a_part_is_found_by_its_number(database: Engine, batch: Batch) -> None:
    with reading(database) as connection:
        listed = gallery(connection, batch.id)[0]
        found = part_by_id(connection, listed.id)
        assert part_by_id(connection, 99_999) is None
        assert photograph_bytes(connection, "0" * 64) is None
    assert found is not None
    assert (found.id, found.file, found.batch_id) == (listed.id, "f.png", batch.id)
    assert found.inspection.evidence.tolist() == listed.inspection.evidence.tolist()
    assert found.inspection.model == MODEL


def test_summary_of_a_batch(database: Engine, batch: Batch) -> None:
    with reading(database) as connection:
        assert batch_summary(connection, 99_999) is None
        summary = batch_summary(connection, batch.id)
    assert summary == BatchSummary(
        total=9,
        inspected=8,
        defective=4,
        ok=3,
        not_inspectable=1,
        rejected=1,
        already_inspected=0,
        first_at=MONDAY,
        last_at=MONDAY + timedelta(seconds=7),
    )


def test_batches_are_unfinished_until_they_are_finished(database: Engine, batch: Batch) -> None:
    with reading(database) as connection:
        before = unfinished_batches(connection)
    assert [item.finished_at for item in before] == [None, None]
    with writing(database) as connection:
        finish_batch(connection, batch.id)
    with reading(database) as connection:
        finished = batch_by_id(connection, batch.id)
        assert batch.id not in [item.id for item in unfinished_batches(connection)]
        assert [item.id for item in recent_batches(connection, 1)] == [before[0].id]
        assert recent_batches(connection)[1] == finished
        assert batch_by_id(connection, 99_999) is None
    assert finished is not None
    assert finished.finished_at is not None
    with writing(database) as connection:
        finish_batch(connection, batch.id)
    with reading(database) as connection:
        assert batch_by_id(connection, batch.id) == finished


def test_the_data_version_changes_with_everything_that_is_stored(database: Engine) -> None:
    store = open_store(database)
    model_id = store.batch.model_id
    changes: list[Callable[[Connection], object]] = [
        lambda connection: change_threshold(connection, model_id, 0.4, "test", ENGINEER),
        lambda connection: open_batch(connection, "upload", "", "", model_id, 1),
        lambda connection: finish_batch(connection, store.batch.id),
        lambda connection: register_model(connection, "d" * 64, "new", {}, 0.5, "tests"),
    ]
    versions = []

    def note() -> None:
        with reading(database) as connection:
            versions.append(data_version(connection))
            assert data_version(connection) == versions[-1]

    note()
    for change in changes:
        with writing(database) as connection:
            change(connection)
        note()
    for given in (outcome(1), outcome(1, file="copy.png"), rejected(1)):
        store.record([given])
        note()
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("verdict", [None, Verdict.OK])
@pytest.mark.parametrize("of_a_batch", [True, False])
def test_a_gallery_page_is_cut_out_of_an_index(
    database: Engine, batch: Batch, sort: Sort, verdict: Verdict | None, of_a_batch: bool
) -> None:
    with reading(database) as connection, plans(connection) as found:
        gallery(connection, batch.id if of_a_batch else None, verdict, sort)
    (plan,) = found
    index = {
        (Sort.PROBABILITY, True): "ix_batch_part_probability",
        (Sort.PROBABILITY, False): "ix_inspection_probability",
        (Sort.TIME, True): "ix_batch_part_batch_id_id_verdict",
        (Sort.TIME, False): "ix_inspection_trend",
        (Sort.FILE, True): "uq_batch_part",
        (Sort.FILE, False): "ix_inspection_file_verdict",
    }[{Sort.LEAST_PROBABLE: Sort.PROBABILITY, Sort.ORDER: Sort.TIME}.get(sort, sort), of_a_batch]
    if database.dialect.name == "sqlite":
        index = index.replace("uq_batch_part", "sqlite_autoindex_batch_part_1")
        # The rows of the page are sorted once more after the join; the whole list never is.
        cut = plan[: plan.index("SCAN page")]
        assert not re.search(r"SCAN \w+$|FOR ORDER BY", cut, re.MULTILINE), plan
    assert index in plan, plan
    assert "Seq Scan on inspection" not in plan


@pytest.mark.parametrize(
    "query",
    [
        lambda connection, batch: batch_summary(connection, batch.id),
        lambda connection, batch: gallery_size(connection, batch.id, Verdict.OK),
        lambda connection, batch: gallery_size(connection, None, Verdict.OK),
        lambda connection, batch: part_by_id(connection, 1),
        lambda connection, batch: rejections(connection, batch.id),
        lambda connection, batch: unfinished_batches(connection),
        lambda connection, batch: recent_batches(connection),
        lambda connection, batch: data_version(connection),
    ],
)
def test_no_query_reads_a_whole_table(
    database: Engine, batch: Batch, query: Callable[[Connection, Batch], object]
) -> None:
    with reading(database) as connection, plans(connection) as found:
        query(connection, batch)
    assert found
    for plan in found:
        large = r"(inspection|batch_part|photograph|rejection)"
        assert not re.search(rf"SCAN {large}(?! USING)|Seq Scan on {large}", plan), plan
