"""The ledger line of a ticket, and who was told about it: the words every report shares."""

from collections.abc import Sequence
from datetime import date

from bot.delivery.wording import Language, Wording
from bot.rules.calendar.deadline import Lateness
from bot.rules.calendar.zone import shanghai_day
from bot.rules.messages.showing import masked
from bot.rules.reports.late import LateTicket
from storage.records import (
    MessageKind,
    Request,
    RequestKind,
    Telling,
    Ticket,
    TicketFacts,
    TicketState,
    Transfer,
    step_of,
)

QUOTED = 48  # characters of what a source wrote


def ledger_line(ticket: Ticket, lateness: Lateness | None, language: Language = "zh") -> str:
    """Say when a ticket was due, when it was answered and how late; `lateness` is None where it is not late."""
    wording = Wording(language)
    days = [day for day in (ticket.due_day, shanghai_day(ticket.completed_at) if ticket.completed_at else None) if day]
    # Days of one year go without it; across New Year it must be said.
    with_year = len({day.year for day in days}) > 1
    parts = [
        _due(ticket, wording, with_year),
        _answered(ticket, wording, with_year),
        _judged(ticket, lateness, wording),
    ]
    return wording("format.comma").join(part for part in parts if part)


def late_by(lateness: Lateness | None, wording: Wording) -> str:
    """Tell lateness both ways, as far as it is known."""
    if lateness is None or lateness.days == 0:
        return wording("ledger.late_hours")
    if lateness.workdays is None:
        return wording("ledger.late_days", days=lateness.days)
    if lateness.workdays == 0:
        return wording("ledger.late_off", days=lateness.days)
    return wording("ledger.late", workdays=lateness.workdays, days=lateness.days)


def late_so_far(lateness: Lateness | None, wording: Wording) -> str:
    """Say that something open is overdue, and by how much where that is a day at least."""
    if lateness is None or not lateness.days:
        return wording("chat.stuck_overdue")
    return wording("ledger.late_open", late=late_by(lateness, wording))


def whom_to_ring(facts: TicketFacts, wording: Wording) -> str:
    """Name unit, account, platform and number of a ticket, and who is responsible for it."""
    ticket = facts.ticket
    unit = facts.unit or wording("weekly.unmatched")
    who = wording("weekly.who", unit=unit, account=ticket.account_name, platform=ticket.platform, number=ticket.number)
    duties = duty(facts.primary, facts.backup, wording) if ticket.account_id is not None else ""
    parts = (who, duties, moved(facts.transfers, wording))
    return wording("format.comma").join(part for part in parts if part)


def moved(transfers: Sequence[Transfer], wording: Wording) -> str:
    """Say whose account a ticket was and who gave it to whom; empty where it is with that account again, or still."""
    if not transfers or not transfers[0].left or transfers[0].left == transfers[-1].target:
        return ""
    first, last = transfers[0], transfers[-1]
    return wording("ledger.moved", left=first.left, target=last.target, who=last.by)


def duty(primary: str, backup: str, wording: Wording) -> str:
    """Name whom to ring: "A角甲、B角乙"; a role nobody holds is said to be vacant."""
    names = (("primary", primary), ("backup", backup))
    told = (wording(f"ledger.{role}", name=name) if name else wording(f"message.vacant_{role}") for role, name in names)
    return wording("format.between_names").join(told)


def told_briefly(told: Sequence[Telling], wording: Wording) -> str:
    """Say who was told since when and how often, in one clause."""
    if not told:
        return wording("weekly.told_none")
    times: dict[tuple[int, str], list[Telling]] = {}
    for one in told:
        times.setdefault((one.person_id, one.person), []).append(one)
    people = [_person(person, each, wording) for (_, person), each in times.items()]
    return wording("weekly.told", people=wording("format.between_names").join(people))


def told_last(told: Sequence[Telling], wording: Wording) -> str:
    """Say who was told last and when, and how often anybody was: "丁 8月26日08:00（共5次）"."""
    if not told:
        return wording("weekly.told_none")
    last = wording("weekly.told_who", person=told[-1].person, at=wording.moment_short(told[-1].at))
    return last + (wording("weekly.told_times", count=len(told)) if len(told) > 1 else "")


def reason(late: LateTicket, wording: Wording) -> str:
    """Say why a ticket is late, as far as the record tells."""
    return wording(f"weekly.reason_{late.reason}")


def untold_line(late: LateTicket, wording: Wording) -> str:
    """Say since when the unit knows of a ticket that was late before that, and what became of it then."""
    if late.told_at is None:
        return wording("weekly.untold_unmatched" if late.facts.ticket.account_id is None else "weekly.untold_never")
    at, since = wording.moment_short(late.told_at), late.since_told
    if since is None or since.days == 0:
        return wording("weekly.untold_since", at=at)
    key = "weekly.untold_workdays" if since.workdays else "weekly.untold_days"
    return wording(key, at=at, workdays=since.workdays, days=since.days)


def extension(requests: Sequence[Request], wording: Wording) -> str:
    """Say what became of the last request for more time; empty where there was none."""
    last = next((one for one in reversed(requests) if one.kind == RequestKind.EXTENSION), None)
    if last is None or last.until is None:
        return ""
    if last.pending or last.granted is None:
        key = "pending" if last.pending else "lapsed"
    else:
        key = "granted" if last.granted else "refused"
    return wording(f"weekly.extension_{key}", until=wording.end(last.until).removesuffix("24:00").rstrip())


def problem(ticket: Ticket, wording: Wording) -> str:
    """Say what is wrong and what it should be: "错敏词：… → …", shortened, phone numbers masked."""
    wrong, right = (_cut(masked(text)) for text in (ticket.problem, ticket.suggestion))
    what = wording("weekly.problem_right", wrong=wrong, right=right) if right else wrong
    named = [part for part in (ticket.problem_class, what) if part]
    return wording("weekly.problem_colon").join(named)


def step_word(telling: Telling, wording: Wording) -> str:
    """Name the step of a ladder as digests do; one nobody named in the texts goes by its kind."""
    key = f"message.short_{step_of(telling.step)}"
    if telling.kind == MessageKind.UNREACHED or not wording.has(key):
        key = f"message.short_{telling.kind}"
    return wording(key)


def _person(person: str, each: Sequence[Telling], wording: Wording) -> str:
    key = "weekly.told_person" if len(each) > 1 else "weekly.told_once"
    return wording(key, person=person, first=wording.moment_short(each[0].at), count=len(each))


def _due(ticket: Ticket, wording: Wording, with_year: bool) -> str:
    if ticket.due_day is None:
        return wording("ledger.due_unpublished")
    key = "ledger.due_anew" if ticket.limit_from else "ledger.due"
    return wording(key, due=_day(ticket.due_day, wording, with_year))


def _answered(ticket: Ticket, wording: Wording, with_year: bool) -> str:
    if ticket.state == TicketState.VOID:
        return wording("ledger.void")
    if ticket.completed_at is None:
        return wording("ledger.open")
    return wording("ledger.finished", done=_day(shanghai_day(ticket.completed_at), wording, with_year))


def _judged(ticket: Ticket, lateness: Lateness | None, wording: Wording) -> str:
    if ticket.due_at is None or ticket.state == TicketState.VOID:
        return ""
    if ticket.completed_at is not None:
        return late_by(lateness, wording) if ticket.completed_at >= ticket.due_at else wording("ledger.on_time")
    late = lateness is not None and lateness.days > 0
    return wording("ledger.late_open", late=late_by(lateness, wording)) if late else ""


def _day(day: date, wording: Wording, with_year: bool) -> str:
    return wording.day_with_year(day) if with_year else wording.day(day)


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= QUOTED else plain[: QUOTED - 1] + "…"
