"""Small made-up weeks of 2021 for the tests of the weekly summary."""

from datetime import date, datetime
from typing import Any

from bot.rules.calendar.weeks import Week
from bot.rules.reports.counting import weekly
from bot.rules.reports.figures import WeeklyFigures
from storage.records import MessageKind, Telling, Ticket, TicketFacts
from tests.cast.rows import FOREST, sh, ticket
from tests.rules.calendar.oracle import WORKING

W34, W35 = Week.parse("2021-W34"), Week.parse("2021-W35")
AFTER = sh(12, 1)
ISSUER = "三明市人民政府办公室"


def telling(person_id: int, person: str, step: str, moment: datetime, kind: MessageKind) -> Telling:
    return Telling(ticket_id=1, person_id=person_id, person=person, kind=kind, step=step, at=moment)


TOLD = (
    telling(1, "甲", "receipt", sh(8, 23, 10, 1), MessageKind.ASSIGNED),
    telling(2, "乙", "take_over", sh(8, 23, 15), MessageKind.ESCALATION),
    telling(1, "甲", "last_call", sh(8, 24, 16), MessageKind.REMINDER),
    telling(3, "丁", "overdue", sh(8, 25, 8), MessageKind.UNREACHED),
    telling(3, "丁", "made_up", sh(8, 26, 8), MessageKind.SLIP),
)


def facts(one: Ticket, unit: str = "市水利局", told: tuple[Telling, ...] = TOLD, **given: Any) -> TicketFacts:
    """A ticket of an account with A角 and B角, told at receipt."""
    return TicketFacts(ticket=one, unit=unit, told=told, **{"primary": "甲", "backup": "乙", **given})


def water(told: tuple[Telling, ...] = TOLD, **given: Any) -> TicketFacts:
    """The case of 2021."""
    values = {"number": "FJ-20210823-01", "problem_class": "内容监测", **given}
    return facts(ticket(sh(8, 23), date(2021, 8, 24), sh(9, 2, 16), **values), told=told)


def told_late() -> TicketFacts:
    """A ticket that was entered when it was late already."""
    received, entered = sh(8, 23), sh(8, 25, 9)
    one = ticket(received, date(2021, 8, 24), number="FJ-9", created_at=entered, problem_class="错敏词")
    return facts(one, told=(telling(1, "甲", "receipt", entered, MessageKind.ASSIGNED),))


def small_week(*more: TicketFacts, **given: Any) -> WeeklyFigures:
    """The case beside one answered in time, one due next week and one without a schedule."""
    forest = {"problem_class": "错别字", "unit_id": FOREST}
    others = [
        facts(ticket(sh(8, 26), date(2021, 8, 27), sh(8, 27), **forest), "市林业局", ()),
        facts(ticket(sh(8, 27), date(2021, 8, 30), number="FJ-2", **forest), "市林业局", (), backup=""),
        facts(
            ticket(sh(8, 27), None, number="FJ-3", earliest_day=date(2022, 1, 4), account_id=None, unit_id=None), "", ()
        ),
    ]
    return weekly([water(), *others, *more], W34, AFTER, WORKING, issuer=ISSUER, **given)


def many(on_time: int, late: int, week: int) -> list[TicketFacts]:
    """Tickets of one Monday, so many answered in time, so many two days too late."""
    received = sh(8, 23 + 7 * week)
    days = [24 + 7 * week] * on_time + [26 + 7 * week] * late
    due = date(2021, 8, 24 + 7 * week)
    answered = [sh(8, day) if day <= 31 else sh(9, day - 31) for day in days]
    told = (telling(1, "甲", "receipt", received, MessageKind.ASSIGNED),)
    return [facts(ticket(received, due, moment), told=told) for moment in answered]
