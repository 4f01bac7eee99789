"""Late tickets: by how much, since when their unit knew, and why as far as the record tells."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from bot.rules.calendar.deadline import Lateness
from bot.rules.calendar.zone import at
from bot.rules.reports.late import LateReason, how_late, late_tickets, told_at, untold
from storage.records import MessageKind, Request, RequestKind, Telling, Ticket, TicketFacts, TicketState
from tests.cast import rows
from tests.cast.rows import FOREST, WATER, sh
from tests.rules.calendar.oracle import CALENDAR

DUE = date(2021, 8, 24)
AS_OF = sh(8, 30, 0)


def ticket(answered: datetime | None = None, due: date = DUE, **given: Any) -> Ticket:
    return rows.ticket(given.pop("received", sh(8, 23)), due, answered, **given)


def telling(moment: datetime, kind: MessageKind = MessageKind.ASSIGNED, unit_id: int | None = None) -> Telling:
    return Telling(ticket_id=1, person_id=1, person="甲", kind=kind, step="receipt", at=moment, unit_id=unit_id)


def facts(one: Ticket, told: Sequence[Telling] = (telling(sh(8, 23)),), asked: Sequence[Request] = ()) -> TicketFacts:
    return TicketFacts(ticket=one, unit="市水利局", told=tuple(told), requests=tuple(asked))


@pytest.mark.parametrize(
    ("due", "answered", "expected"),
    [
        (date(2021, 8, 24), sh(8, 24, 23, 59), None),
        (date(2021, 8, 24), sh(8, 25, 0, 0), Lateness(workdays=1, days=1)),
        (date(2021, 8, 24), sh(9, 2, 16), Lateness(workdays=7, days=9)),
        (date(2021, 8, 27), sh(8, 28, 9), Lateness(workdays=0, days=1)),  # Saturday
        (date(2021, 9, 17), sh(9, 18, 9), Lateness(workdays=1, days=1)),  # a make-up Saturday
        (date(2021, 9, 30), sh(10, 8, 9), Lateness(workdays=1, days=8)),  # over National Day
    ],
)
def test_lateness_counts_working_days_after_the_due_day(
    due: date, answered: datetime, expected: Lateness | None
) -> None:
    assert how_late(ticket(answered, due), sh(12, 1), CALENDAR) == expected


def test_lateness_into_an_unpublished_year_tells_calendar_days_only() -> None:
    late = ticket(at(date(2027, 1, 4), time(9)), date(2026, 12, 31), received=at(date(2026, 12, 30), time(9)))
    assert how_late(late, late.received_at, CALENDAR) == Lateness(workdays=None, days=4)


def test_a_line_within_the_day_may_be_missed_by_less_than_a_day() -> None:
    hours = ticket(sh(8, 23, 15), date(2021, 8, 23), due_at=sh(8, 23, 12))
    assert how_late(hours, sh(9, 1), CALENDAR) == Lateness(workdays=0, days=0)


@pytest.mark.parametrize(
    ("told", "first", "before"),
    [
        ([], None, True),
        ([telling(sh(8, 24, 23, 59))], sh(8, 24, 23, 59), False),
        ([telling(sh(8, 25, 0))], sh(8, 25, 0), True),
        # The desk hears that nobody could be reached, a supervisor that it is stuck: the unit knows nothing yet.
        ([telling(sh(8, 23), MessageKind.UNREACHED), telling(sh(8, 25))], sh(8, 25), True),
        ([telling(sh(8, 24), MessageKind.ESCALATION, FOREST)], None, True),
        ([telling(sh(8, 24), MessageKind.ESCALATION, WATER)], sh(8, 24), False),
        ([telling(sh(8, 24), MessageKind.UNREACHED, WATER)], sh(8, 24), False),  # its leader, in place of others
    ],
)
def test_a_unit_is_told_once_one_of_its_people_or_whoever_is_asked_to_work_is(
    told: list[Telling], first: datetime | None, before: bool
) -> None:
    found = facts(ticket(), told)
    assert (told_at(found), untold(found)) == (first, before)


def test_a_ticket_without_a_limit_is_never_late_before_it_was_told() -> None:
    assert not untold(facts(rows.ticket(sh(8, 23), None), ()))


def test_what_was_told_too_late_says_how_long_it_took_since() -> None:
    [late] = late_tickets([facts(ticket(sh(8, 27)), [telling(sh(8, 25, 9))])], AS_OF, CALENDAR)
    assert (late.lateness, late.told_at, late.since_told) == (
        Lateness(workdays=3, days=3),
        sh(8, 25, 9),
        Lateness(workdays=2, days=2),
    )
    [still] = late_tickets([facts(ticket(), [telling(sh(8, 25, 9))])], sh(8, 26), CALENDAR)
    assert still.since_told == Lateness(workdays=1, days=1)
    [in_time] = late_tickets([facts(ticket())], AS_OF, CALENDAR)
    assert (in_time.told_at, in_time.since_told) == (sh(8, 23), None)


def test_who_is_in_time_is_no_late_ticket() -> None:
    assert late_tickets([facts(ticket(sh(8, 24)))], AS_OF, CALENDAR) == []


def asked(kind: RequestKind, **given: Any) -> Request:
    return Request(id=1, ticket_id=1, kind=kind, asked_by=1, asked_at=sh(8, 24), **given)


TAKEN = {"state": TicketState.ACKNOWLEDGED, "acknowledged_at": sh(8, 24)}


@pytest.mark.parametrize(
    ("one", "requests", "reason"),
    [
        (ticket(), [], LateReason.NOT_TAKEN),
        (ticket(**TAKEN), [], LateReason.NOT_FINISHED),
        (ticket(**{**TAKEN, "acknowledged_at": sh(8, 25)}), [], LateReason.NOT_TAKEN),
        (ticket(sh(8, 26), acknowledged_at=sh(8, 26)), [], LateReason.NOT_TAKEN),
        (ticket(**{**TAKEN, "state": TicketState.RETURNED}), [], LateReason.RETURNED),
        (ticket(**TAKEN), [asked(RequestKind.EXTENSION)], LateReason.EXTENSION),
        (ticket(**TAKEN), [asked(RequestKind.TRANSFER)], LateReason.TRANSFER),
        (ticket(**TAKEN), [asked(RequestKind.EXTENSION), asked(RequestKind.DISPUTE)], LateReason.EXTENSION),
        (ticket(state=TicketState.DISPUTED), [asked(RequestKind.DISPUTE)], LateReason.DISPUTE),
        (ticket(**TAKEN), [asked(RequestKind.DISPUTE, decided_at=sh(8, 25))], LateReason.NOT_FINISHED),
    ],
)
def test_the_reason_is_what_the_record_tells(one: Ticket, requests: list[Request], reason: LateReason) -> None:
    [late] = late_tickets([facts(one, asked=requests)], AS_OF, CALENDAR)
    assert late.reason == reason


def test_before_it_was_told_nothing_else_is_a_reason() -> None:
    [late] = late_tickets([facts(ticket(**TAKEN), (), [asked(RequestKind.DISPUTE)])], AS_OF, CALENDAR)
    assert late.reason == LateReason.UNTOLD
    nobodys = replace(facts(ticket(), ()), ticket=ticket(account_id=None, unit_id=None))
    assert [one.reason for one in late_tickets([nobodys], AS_OF, CALENDAR)] == [LateReason.UNMATCHED]
