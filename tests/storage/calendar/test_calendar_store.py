"""Revisions and local decisions: kept whole, in force only when settled, looked up as they were."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules.calendar.workdays import GovChina
from storage.calendar import calendar
from storage.calendar.schedules import base_schedules, revision_of
from storage.records import (
    Act,
    Notice,
    NoticeKind,
    OverlayDraft,
    OverlayKind,
    RevisionStatus,
)
from storage.sql.database import Database

T0 = datetime(2026, 11, 24, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def act(name: str, hours: float = 0) -> Act:
    return Act(name=name, at=T0 + hours * HOUR)


def year_2027(**given: object) -> Notice:
    values: dict[str, object] = {
        "year": 2027,
        "kind": NoticeKind.YEAR,
        "document": "试用的2027年安排",
        "off": {date(2027, 1, 1): "元旦"},
        "work": {date(2027, 1, 3): "元旦"},
    }
    return Notice(**(values | given))


def approved(database: Database, notice: Notice, hours: float = 1) -> int:
    with database.begin() as conn:
        number = calendar.propose(conn, notice, "原文", act("甲", hours - 0.5))
        calendar.touch(conn)
        calendar.settle(conn, number, RevisionStatus.APPROVED, act("乙", hours))
    return number


def in_force(database: Database, at: datetime | None = None) -> GovChina:
    with database.read() as conn:
        layers = calendar.layers(conn, at)
    return GovChina(layers.schedules, layers.name, layers.overlays)


def test_what_is_only_proposed_or_refused_changes_nothing(database: Database):
    with database.begin() as conn:
        before = calendar.version(conn)
        number = calendar.propose(conn, year_2027(), "原文", act("甲"))
        assert calendar.version(conn) == before
        assert calendar.layers(conn).name == revision_of(base_schedules())
        calendar.settle(conn, number, RevisionStatus.REFUSED, act("乙", 1))
        assert calendar.layers(conn).schedules == base_schedules()
        kept = calendar.revision(conn, number)
    assert kept is not None
    assert (kept.status, kept.notice, kept.raw) == (RevisionStatus.REFUSED, year_2027(), "原文")
    assert (kept.proposed.name, kept.settled and kept.settled.name) == ("甲", "乙")


def test_an_approved_year_is_published_for_everybody_who_looks_at_the_version(database: Database):
    with database.read() as conn:
        before = calendar.version(conn)
    assert not in_force(database).published(2027)
    number = approved(database, year_2027())
    with database.read() as conn:
        assert calendar.version(conn) != before
    found = in_force(database)
    assert found.is_working_day(date(2027, 1, 3))
    assert found.next_working_day(date(2026, 12, 31)) == date(2027, 1, 3)
    assert found.revision.startswith(f"r{number}-2027-")


def test_a_rolled_back_version_is_never_handed_out_again(database: Database):
    seen = set()
    for _ in range(3):
        with database.begin() as conn:
            calendar.touch(conn)
            seen.add(calendar.version(conn))
            conn.rollback()
    assert len(seen) == 3


def test_a_corrected_year_takes_the_place_of_the_first(database: Database):
    approved(database, year_2027(off={date(2027, 1, 1): "元旦", date(2027, 1, 4): "元旦"}))
    approved(database, year_2027(), hours=2)
    assert in_force(database).is_working_day(date(2027, 1, 4))


def test_an_amendment_changes_only_its_days_and_never_publishes_a_year(database: Database):
    amendment = year_2027(kind=NoticeKind.AMENDMENT, off={date(2027, 1, 5): "元旦"}, work={}, document="调整通知")
    approved(database, amendment)
    assert not in_force(database).published(2027)
    approved(database, year_2027(), hours=2)
    found = in_force(database)
    assert not found.is_working_day(date(2027, 1, 5))
    assert found.day(date(2027, 1, 5)).source == "调整通知"
    assert found.is_working_day(date(2027, 1, 3))


def test_of_two_documents_the_later_issued_one_counts_whenever_it_was_handed_in(database: Database):
    # The notice of 2019 made Saturday 2020-02-01 a working day; the extension of January 2020 took it away.
    first = Notice(
        year=2020,
        kind=NoticeKind.YEAR,
        document="国务院办公厅关于2020年部分节假日安排的通知",
        issued=date(2019, 11, 21),
        off={date(2020, 1, 24): "春节"},
        work={date(2020, 2, 1): "春节"},
    )
    approved(database, first)
    assert not in_force(database).is_working_day(date(2020, 2, 1))


def test_days_of_december_rest_on_the_notice_of_the_year_after(database: Database):
    approved(database, year_2027(work={date(2026, 12, 27): "元旦"}))
    found = in_force(database)
    assert found.is_working_day(date(2026, 12, 27))
    assert found.day(date(2026, 12, 27)).source == "试用的2027年安排"


def test_the_layers_can_be_looked_up_as_they_were(database: Database):
    number = approved(database, year_2027(), hours=2)
    with database.begin() as conn:
        calendar.touch(conn)
        calendar.settle(conn, number, RevisionStatus.WITHDRAWN, act("丙", 4))
    published = [in_force(database, T0 + hours * HOUR).published(2027) for hours in (1, 2, 3, 4, 5)]
    assert published == [False, True, True, False, False]
    assert not in_force(database).published(2027)
    with database.read() as conn:
        kept = calendar.revision(conn, number)
    assert kept is not None
    assert kept.settled is not None
    assert kept.withdrawn is not None
    assert (kept.settled.name, kept.withdrawn.name) == ("乙", "丙")


def test_a_local_decision_is_kept_with_its_scope_and_can_be_taken_back(database: Database):
    draft = OverlayDraft(
        kind=OverlayKind.CLOSURE,
        first=date(2026, 7, 10),
        last=date(2026, 7, 12),
        units=frozenset({3, 11}),
        why="台风停工",
        document="明防指〔2026〕3号",
    )
    with database.begin() as conn:
        calendar.touch(conn)
        number = calendar.add_overlay(conn, draft, act("丁"))
        everywhere = OverlayDraft(
            kind=OverlayKind.EXTRA_WORK, first=date(2026, 7, 18), last=date(2026, 7, 18), units=None, why="防汛"
        )
        calendar.add_overlay(conn, everywhere, act("丁"))
    with database.begin() as conn:
        [closure, extra] = calendar.layers(conn).overlays
        calendar.withdraw_overlay(conn, number, act("戊", 3))
        assert [one.id for one in calendar.layers(conn).overlays] == [extra.id]
        assert [one.id for one in calendar.layers(conn, T0 + HOUR).overlays] == [closure.id, extra.id]
        assert [one.withdrawn is not None for one in calendar.overlays(conn)] == [True, False]
    assert (closure.units, closure.source, extra.units) == (frozenset({3, 11}), "明防指〔2026〕3号", None)
    assert extra.source == "丁的决定（防汛）"


def test_a_decision_for_no_unit_is_refused_for_it_would_read_as_one_for_all(database: Database):
    draft = OverlayDraft(
        kind=OverlayKind.CLOSURE, first=date(2026, 7, 10), last=date(2026, 7, 10), units=frozenset(), why="台风"
    )
    with database.begin() as conn, pytest.raises(ValueError, match="no unit"):
        calendar.add_overlay(conn, draft, act("丁"))
