"""The figures of a week, on small made-up weeks of 2021 and on generated ones."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.deadline import Lateness
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.zone import at
from bot.rules.reports.counting import first_moment, weekly, within
from bot.rules.reports.figures import CauseCount, Stages
from bot.rules.reports.late import LateReason
from storage.records import MessageKind, Request, RequestKind, Telling, Ticket, TicketFacts, TicketState
from tests.cast import rows
from tests.cast.rows import sh
from tests.rules.calendar.oracle import WORKING

CALENDAR = WORKING.calendar
W34, W35 = Week.parse("2021-W34"), Week.parse("2021-W35")  # 23–29 August, 30 August – 5 September
MONDAY_AFTER = at(date(2021, 9, 6), time(8))


def ticket(received: datetime, done: datetime | None = None, **given: Any) -> Ticket:
    """A ticket due within one working day, unless `due` names another day, or None for an unpublished one."""
    return rows.ticket(received, given.pop("due", CALENDAR.next_working_day(received)), done, **given)


def facts(*tickets: Ticket, told: bool = True) -> list[TicketFacts]:
    """Tickets whose unit was told at once."""
    return [
        TicketFacts(ticket=one, unit="三明市水利局", told=(telling(one, one.received_at),) if told else ())
        for one in tickets
    ]


def telling(ticket: Ticket, moment: datetime, kind: MessageKind = MessageKind.ASSIGNED, **given: Any) -> Telling:
    """甲 is told."""
    return Telling(ticket_id=ticket.id, person_id=1, person="甲", kind=kind, step="receipt", at=moment, **given)


def water() -> Ticket:
    """The case of 2021: received 23 August, due on the 24th, answered on 2 September."""
    return ticket(sh(8, 23), sh(9, 2, 16))


def test_the_case_of_2021_is_overdue_in_its_week_and_finished_late_in_the_next() -> None:
    first = weekly(facts(water()), W34, sh(8, 30, 8), WORKING)
    assert [one.lateness for one in first.overdue] == [Lateness(workdays=3, days=5)]
    assert first.finished_late == ()
    assert (first.counts.received, first.counts.missed, first.counts.overdue) == (1, 1, 1)

    second = weekly(facts(water()), W35, MONDAY_AFTER, WORKING)
    assert second.overdue == ()
    assert [one.lateness for one in second.finished_late] == [Lateness(workdays=7, days=9)]
    assert (second.counts.received, second.counts.late, second.counts.missed) == (0, 1, 0)
    assert second.previous == first.counts


def test_a_past_week_is_told_as_it_stood_then() -> None:
    case = water()
    early = weekly(facts(case), W34, sh(8, 30, 8), WORKING)
    later = weekly(facts(case), W34, sh(12, 1), WORKING)
    assert early == later
    assert early.overdue[0].facts.ticket.state == TicketState.NEW
    assert early.overdue[0].facts.ticket.completed_at is None


def test_a_running_week_stands_as_of_now() -> None:
    due_today = ticket(sh(8, 24))
    before = weekly(facts(due_today), W34, sh(8, 25, 23, 59), WORKING)
    after = weekly(facts(due_today), W34, sh(8, 26, 0, 0), WORKING)
    assert (before.overdue, after.overdue[0].lateness) == ((), Lateness(workdays=1, days=1))
    assert [one.ticket for one in before.due_soon] == [due_today]
    assert after.due_soon == ()


def test_a_week_that_has_not_begun_is_refused() -> None:
    with pytest.raises(ValueError, match="2021-W36还没有开始"):
        weekly([], Week.parse("2021-W36"), sh(9, 5), WORKING)


def test_the_longest_overdue_comes_first_and_the_finished_by_receipt() -> None:
    fresh, old = ticket(sh(9, 1)), ticket(sh(8, 17))
    done = [ticket(sh(8, 26), sh(8, 31)), ticket(sh(8, 18), sh(9, 1)), ticket(sh(8, 20), sh(8, 30))]
    figures = weekly(facts(fresh, old, *done), W35, MONDAY_AFTER, WORKING)
    assert [one.facts.ticket for one in figures.overdue] == [old, fresh]
    assert [one.facts.ticket for one in figures.finished_late] == [done[1], done[2], done[0]]


def test_a_share_needs_five_judged_tickets() -> None:
    in_time = [ticket(sh(8, 30), sh(8, 31)) for _ in range(3)]
    missed = ticket(sh(8, 31))
    four = weekly(facts(*in_time, missed), W35, MONDAY_AFTER, WORKING).counts
    assert (four.judged, four.on_time, four.on_time_rate) == (4, 3, None)
    five = weekly(facts(*in_time, missed, ticket(sh(9, 1), sh(9, 2))), W35, MONDAY_AFTER, WORKING)
    assert (five.counts.judged, five.counts.on_time_rate) == (5, 0.8)
    assert five.rate_change is None


def test_the_change_of_the_share_is_against_the_week_before() -> None:
    before = [ticket(sh(8, 23), sh(8, 24)) for _ in range(4)] + [ticket(sh(8, 23), sh(8, 26))]
    now = [ticket(sh(8, 30), sh(8, 31)) for _ in range(5)]
    figures = weekly(facts(*before, *now), W35, MONDAY_AFTER, WORKING)
    assert (figures.previous.on_time_rate, figures.counts.on_time_rate) == (0.8, 1.0)
    assert figures.rate_change == pytest.approx(0.2)


def test_what_is_due_next_week_is_listed_by_due_day() -> None:
    friday, monday = ticket(sh(9, 3)), ticket(sh(9, 2), due=date(2021, 9, 6))
    far, done = ticket(sh(9, 1), due=date(2021, 9, 13)), ticket(sh(9, 3), sh(9, 3, 15))
    late_in_week = ticket(sh(9, 1), due=date(2021, 9, 10))
    figures = weekly(facts(late_in_week, monday, friday, far, done), W35, MONDAY_AFTER, WORKING)
    assert [one.ticket for one in figures.due_soon] == [monday, friday, late_in_week]


def test_what_is_due_on_a_make_up_sunday_is_neither_lost_nor_late() -> None:
    sunday = ticket(sh(9, 24), due=date(2021, 9, 26))
    figures = weekly(facts(sunday), Week.parse("2021-W38"), sh(9, 27, 8), WORKING)
    assert (figures.overdue, [one.ticket for one in figures.due_soon]) == ((), [sunday])
    following = weekly(facts(sunday), Week.parse("2021-W39"), sh(9, 27, 8), WORKING)
    assert following.overdue[0].lateness == Lateness(workdays=1, days=1)
    assert following.counts.missed == 1


def test_a_ticket_without_a_published_schedule_is_apart_and_never_judged() -> None:
    open_one, done = ticket(sh(8, 30), due=None), ticket(sh(8, 30), sh(9, 3), due=None)
    figures = weekly(facts(open_one, done), W35, MONDAY_AFTER, WORKING)
    assert [one.ticket for one in figures.unpublished] == [open_one]
    assert (figures.overdue, figures.finished_late, figures.counts.judged) == ((), (), 0)
    assert figures.counts.received == 2


def test_a_false_alarm_makes_nobody_late() -> None:
    void = ticket(sh(8, 30), state=TicketState.VOID, closed_at=sh(9, 3))
    figures = weekly(facts(void), W35, MONDAY_AFTER, WORKING)
    assert (figures.overdue, figures.counts.judged) == ((), 0)
    assert (figures.counts.received, figures.counts.void) == (1, 1)


def test_causes_count_received_and_late_by_problem_class() -> None:
    typo, stale = {"problem_class": "错别字"}, {"problem_class": " 更新不及时 "}
    all_of_them = [
        ticket(sh(8, 30), sh(8, 31), **typo),
        ticket(sh(8, 30), sh(8, 31), **typo),
        ticket(sh(8, 23), **stale),
        ticket(sh(8, 31), sh(9, 3)),
        ticket(sh(8, 24), sh(8, 25), problem_class="死链"),
    ]
    figures = weekly(facts(*all_of_them), W35, MONDAY_AFTER, WORKING)
    assert figures.causes == (
        CauseCount(name="", received=1, overdue=0, finished_late=1),
        CauseCount(name="更新不及时", received=0, overdue=1, finished_late=0),
        CauseCount(name="错别字", received=2, overdue=0, finished_late=0),
    )


def test_only_what_was_told_by_then_is_told() -> None:
    def told(moment: datetime) -> Telling:
        return Telling(ticket_id=1, person_id=1, person="甲", kind=MessageKind.ASSIGNED, step="receipt", at=moment)

    one = TicketFacts(ticket=water(), unit="三明市水利局", told=(told(sh(8, 23)), told(sh(8, 30, 8))))
    assert [t.at for t in weekly([one], W34, sh(8, 30, 9), WORKING).overdue[0].facts.told] == [sh(8, 23)]


def test_only_the_units_asked_for() -> None:
    mine, other, unmatched = ticket(sh(8, 30)), ticket(sh(8, 30), unit_id=9), ticket(sh(8, 30), unit_id=None)
    assert [one.ticket for one in within(facts(mine, other, unmatched), frozenset({rows.WATER}))] == [mine]


def test_what_was_late_before_its_unit_was_told_is_counted_apart() -> None:
    held, missed = ticket(sh(8, 30)), ticket(sh(8, 30), sh(9, 2))
    late_told = ticket(sh(8, 30), created_at=sh(9, 1))
    told = [TicketFacts(ticket=late_told, unit="三明市水利局", told=(telling(late_told, sh(9, 1)),))]
    never = facts(ticket(sh(8, 31), sh(9, 3)), told=False)
    figures = weekly([*facts(held, missed), *told, *never], W35, MONDAY_AFTER, WORKING)
    assert (figures.counts.overdue, figures.counts.late, figures.counts.missed, figures.counts.untold) == (1, 1, 2, 2)
    assert figures.counts.judged == 2
    assert [one.facts.ticket for one in figures.untold] == [late_told, never[0].ticket]
    assert [one.facts.ticket for one in (*figures.overdue, *figures.finished_late)] == [held, missed]


def test_an_early_week_does_not_know_what_was_told_later() -> None:
    late = ticket(sh(8, 24))
    one = TicketFacts(ticket=late, unit="三明市水利局", told=(telling(late, sh(9, 1)),))
    early = weekly([one], W34, MONDAY_AFTER, WORKING)
    assert [found.told_at for found in early.untold] == [None]
    assert [found.told_at for found in weekly([one], W35, MONDAY_AFTER, WORKING).untold] == [sh(9, 1)]


def test_a_decision_of_later_is_still_waited_for() -> None:
    asked = Request(
        id=1,
        ticket_id=1,
        kind=RequestKind.EXTENSION,
        asked_by=1,
        asked_at=sh(8, 25),
        decided_by=2,
        decided_at=sh(8, 31),
        granted=False,
    )
    [one] = facts(ticket(sh(8, 24)))
    early = weekly([replace(one, requests=(asked,))], W34, MONDAY_AFTER, WORKING)
    assert early.overdue[0].reason == LateReason.EXTENSION
    later = weekly([replace(one, requests=(asked,))], W35, MONDAY_AFTER, WORKING)
    assert later.overdue[0].reason == LateReason.NOT_TAKEN
    undecided = replace(asked, asked_at=sh(8, 28))
    before = weekly([replace(one, requests=(undecided,))], W34, sh(8, 26), WORKING)
    assert before.overdue[0].reason == LateReason.NOT_TAKEN


def test_the_time_before_entry_is_told_apart_from_the_time_of_the_unit() -> None:
    entered_late = ticket(sh(8, 30), sh(9, 1, 11), due=date(2021, 9, 3), created_at=sh(8, 31))  # 7 h, then 7 h
    at_once = ticket(sh(8, 31), sh(8, 31, 16))  # 0 h, then 3 h
    before_entry = ticket(sh(9, 1), sh(9, 1, 11), created_at=sh(9, 2))  # 7 h, then nothing
    stages = weekly(facts(entered_late, at_once, before_entry), W35, MONDAY_AFTER, WORKING).stages
    assert stages == Stages(answered=3, to_entry=timedelta(hours=7), to_answer=timedelta(hours=3))
    assert weekly([], W35, MONDAY_AFTER, WORKING).stages == Stages(answered=0)


def test_working_time_of_an_unpublished_year_is_not_made_up() -> None:
    late = rows.ticket(at(date(2026, 12, 31), time(9)), None, at(date(2027, 1, 4), time(9)))
    stages = weekly(facts(late), Week.parse("2027-W01"), at(date(2027, 1, 12), time(9)), WORKING).stages
    assert stages == Stages(answered=1)


def test_units_stand_in_the_order_of_the_register() -> None:
    mine, other, nobodys = ticket(sh(8, 30)), ticket(sh(9, 1), unit_id=9), ticket(sh(8, 30), unit_id=None)
    quiet = ticket(sh(8, 20), sh(8, 23), unit_id=7)
    names = {rows.WATER: "市水利局", 9: "安监局", None: "", 7: "静默局"}
    found = [replace(one, unit=names[one.ticket.unit_id]) for one in facts(nobodys, other, mine, quiet)]
    figures = weekly(found, W35, MONDAY_AFTER, WORKING)
    assert [(one.name, one.counts.received) for one in figures.units] == [("市水利局", 1), ("安监局", 1), ("", 1)]


def test_the_trend_is_the_last_eight_weeks() -> None:
    figures = weekly(facts(water()), W35, MONDAY_AFTER, WORKING)
    assert [one.week.number for one in figures.trend] == list(range(28, 36))
    assert figures.trend[-1].counts == figures.counts
    assert figures.trend[-2].counts == figures.previous
    assert first_moment(W35) == figures.trend[0].week.starts_at


@st.composite
def weeks_of_tickets(draw: st.DrawFn) -> Sequence[TicketFacts]:
    start = sh(8, 16, 0)
    found = []
    for _ in range(draw(st.integers(0, 12))):
        received = start + timedelta(hours=draw(st.integers(0, 24 * 21)))
        wait = draw(st.none() | st.integers(0, 24 * 14))
        answered = None if wait is None else received + timedelta(hours=wait)
        one = ticket(received, answered, unit_id=draw(st.sampled_from([rows.WATER, 9, None])))
        told = draw(st.none() | st.integers(0, 72))
        heard = () if told is None else (telling(one, received + timedelta(hours=told)),)
        found.append(TicketFacts(ticket=one, unit=str(one.unit_id), told=heard))
    return found


@given(weeks_of_tickets(), st.integers(0, 24 * 21))
def test_every_ticket_is_judged_once_and_stands_in_one_list(tickets: Sequence[TicketFacts], ahead: int) -> None:
    now = sh(8, 16, 0) + timedelta(hours=ahead)
    labels = [f"2021-W{number}" for number in (33, 34, 35, 36)]
    begun = [week for week in map(Week.parse, labels) if week.starts_at <= now]
    figures_of = [weekly(tickets, week, now, WORKING) for week in begun]
    for figures in figures_of:
        lists = (figures.overdue, figures.finished_late, figures.untold)
        late = [row.facts.ticket.id for listed in lists for row in listed]
        seen = [*late, *(one.ticket.id for one in figures.due_soon)]
        assert len(seen) == len(set(seen))
        assert len(figures.overdue) == figures.counts.overdue
        assert len(figures.finished_late) == figures.counts.late
        assert sum(cause.late for cause in figures.causes) == len(figures.overdue) + len(figures.finished_late)
        assert sum(cause.received for cause in figures.causes) == figures.counts.received
        for field in fields(figures.counts):
            by_unit = sum(getattr(unit.counts, field.name) for unit in figures.units)
            assert by_unit == getattr(figures.counts, field.name)
        assert sum(unit.due_soon for unit in figures.units) == len(figures.due_soon)
    for earlier, later in pairwise(figures_of):
        assert later.trend[:-1] == earlier.trend[1:]
    known = [one.ticket for one in tickets if one.ticket.received_at <= now and one.ticket.due_at]
    judged = [one for one in known if one.due_at and min(one.due_at, one.completed_at or one.due_at) <= now]
    assert sum(figures.counts.judged + figures.counts.untold for figures in figures_of) == len(judged)
    assert sum(figures.counts.received for figures in figures_of) == len(known)


@pytest.mark.parametrize(
    "label", ["2021-W35", "2021w35", " 2021-W35 ", "\uff12\uff10\uff12\uff11\uff0d\uff37\uff13\uff15"]
)
def test_a_week_is_read_forgivingly(label: str) -> None:
    week = Week.parse(label)
    assert (week.label, week.monday, week.sunday) == ("2021-W35", date(2021, 8, 30), date(2021, 9, 5))


@pytest.mark.parametrize("label", ["", "35", "2021-35", "2021-W53", "2021-W00", "0001-W01", "9999-W52", "2021-W355"])
def test_what_is_no_week_is_refused_in_chinese(label: str) -> None:
    with pytest.raises(ValueError, match=r"请写成 2021-W35|没有第\d+周"):
        Week.parse(label)


def test_a_week_begins_at_midnight_in_shanghai() -> None:
    sunday_evening = datetime(2021, 8, 29, 15, 59, 59, tzinfo=UTC)
    assert Week.of(sunday_evening) == W34
    assert Week.of(sunday_evening + timedelta(seconds=1)) == W35
    assert W35.starts_at == W34.ends_at == datetime(2021, 8, 29, 16, tzinfo=UTC)
    with pytest.raises(ValueError, match="naive"):
        Week.of(datetime(2021, 8, 30))


@given(st.dates(date(1950, 1, 1), date(2900, 1, 1)))
def test_weeks_follow_each_other_without_a_gap(day: date) -> None:
    week = Week.of(day)
    assert day in week.days
    assert Week.parse(week.label) == week
    assert week.previous().ends_at == week.starts_at
    assert week.following().previous() == week
