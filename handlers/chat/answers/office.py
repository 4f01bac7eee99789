"""督办列表, 周报, 日历, 绑定, 看板: what concerns no single ticket."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

from bot.actions.messages import numbering
from bot.actions.people import binding, signin
from bot.actions.reports.weekly import latest
from bot.actions.tickets import oversight
from bot.rules.calendar.workdays import CalendarNotPublished, DayInfo, DayKind, GovChina
from bot.rules.calendar.zone import shanghai, shanghai_day
from bot.rules.tickets.oversight import Overseen
from handlers.chat.answers.tickets import BUTTONS_IN_A_LIST, LISTED, asked_line, still_waiting
from handlers.chat.turn import Reply, Turn, Wish

DAY = timedelta(days=1)
DAYS_AHEAD = 5  # working days that are named
LONGEST_LOOK = 366  # days ahead in which a holiday is looked for
OFF = (DayKind.HOLIDAY, DayKind.CLOSURE)


def oversee(turn: Turn, _wish: Wish) -> Reply:
    """List what is stuck or overdue in the person's area, by unit, with numbers."""
    found = oversight.overseen(turn.work, turn.person_id)
    if not found:
        return Reply(text=turn.wording("chat.oversight_none"))
    listed = found[:LISTED]
    ids = [ticket.ticket.id for ticket in listed]
    numbers = numbering.numbered(turn.work, turn.numbering.ticket_ids, ids)
    lines = [turn.wording("chat.oversight", count=len(found)), *_by_unit(turn, listed, numbers)]
    if len(found) > len(listed):
        lines.append(turn.wording("chat.more", count=len(found) - len(listed)))
    waiting = still_waiting(turn, numbers)
    buttons = tuple((str(numbers.index(one) + 1), f"ticket:{one}") for one in ids)
    lines += [turn.wording("chat.oversight_hint"), *waiting]
    # Nobody's tickets are held up to a group.
    return Reply(text="\n".join(lines), buttons=buttons[:BUTTONS_IN_A_LIST], private=True)


def bind(turn: Turn, wish: Wish) -> Reply:
    """Give somebody the bot knows a code for another channel; a code itself is for the channel to be bound."""
    if wish.text.strip():
        return Reply(text=turn.wording("chat.bind_elsewhere"), reason="bind_elsewhere", private=True)
    code = binding.own_code(turn.work, turn.person_id)
    minutes = binding.OWN_CODE_TTL.seconds // 60
    return Reply(text=turn.wording("chat.bind_code", code=code, minutes=minutes), private=True, secret=True)


def board(turn: Turn, _wish: Wish) -> Reply:
    """Give a one-time link to the board, where there is one."""
    if not turn.board_url:
        return Reply(text=turn.wording("chat.board_off"), reason="board_off")
    token = signin.new_token(turn.work, turn.person_id)
    minutes = signin.SIGNIN_TTL.seconds // 60
    link = f"{turn.board_url}?token={token}"
    return Reply(text=turn.wording("chat.board", link=link, minutes=minutes), private=True, secret=True)


def weekly(turn: Turn, _wish: Wish) -> Reply:
    """Show the last weekly summary once more, to who reads it."""
    text = latest(turn.work, turn.person_id)
    if text is None:
        return Reply(text=turn.wording("chat.weekly_not_yours"), reason="not_above", private=True)
    return Reply(text=text or turn.wording("chat.weekly_none"), private=True)


def calendar(turn: Turn, _wish: Wish) -> Reply:
    """Say whether today is worked and when, the next working days, and the next days off."""
    return Reply(text="\n".join(_calendar(turn)))


def _calendar(turn: Turn) -> Iterator[str]:
    working, today = turn.work.working(turn.directory.people[turn.person_id].unit_id), shanghai_day(turn.now)
    days = working.calendar
    named = turn.wording.day(today), turn.wording(f"format.weekday_{today.weekday()}")
    try:
        if days.is_working_day(today):
            hours = turn.wording("format.between_names").join(
                f"{shanghai(opens):%H:%M}–{shanghai(closes):%H:%M}" for opens, closes in working.sessions(today)
            )
            yield turn.wording("chat.calendar_worked", day=named[0], weekday=named[1], hours=hours)
        else:
            yield turn.wording("chat.calendar_off", day=named[0], weekday=named[1], name=days.day(today).name)
        yield turn.wording("chat.calendar_next", days=_days(turn, _working_days(days, today)))
        yield from _next_holiday(turn, days, today)
    except CalendarNotPublished as missing:
        yield turn.wording("chat.calendar_unpublished", year=missing.year)


def _working_days(calendar: GovChina, after: date) -> list[date]:
    days = [after]
    while len(days) <= DAYS_AHEAD:
        days.append(calendar.next_working_day(days[-1]))
    return days[1:]


def _next_holiday(turn: Turn, calendar: GovChina, today: date) -> Iterator[str]:
    """The next days off by the schedule, and the weekends worked for them."""
    ahead = [calendar.day(today + DAY * place) for place in range(1, _days_known(calendar, today))]
    first = next((place for place, day in enumerate(ahead) if day.kind in OFF), None)
    if first is None:
        return
    span = [day for day in ahead[first:] if day.name == ahead[first].name and day.kind in OFF]
    yield turn.wording("chat.calendar_holiday", name=span[0].name, first=_day(turn, span[0]), last=_day(turn, span[-1]))
    worked = [day.date for day in ahead if day.kind is DayKind.MAKEUP and abs((day.date - span[0].date).days) <= 14]
    if worked:
        yield turn.wording("chat.calendar_makeup", days=_days(turn, worked))


def _days_known(calendar: GovChina, today: date) -> int:
    last = calendar.run(today).last
    return min(LONGEST_LOOK, (last - today).days + 1)


def _day(turn: Turn, day: DayInfo) -> str:
    return turn.wording.day(day.date)


def _days(turn: Turn, days: Sequence[date]) -> str:
    named = (f"{turn.wording.day(day)}{turn.wording(f'format.weekday_{day.weekday()}')}" for day in days)
    return turn.wording("format.between_names").join(named)


def _by_unit(turn: Turn, listed: Sequence[Overseen], numbers: Sequence[int]) -> list[str]:
    lines = []
    for unit, group in groupby(listed, key=lambda one: one.unit):
        lines.append(turn.wording("chat.oversight_unit", unit=unit or turn.wording("weekly.unmatched")))
        for one in group:
            lines.append(_line(turn, numbers.index(one.ticket.id) + 1, one))
            lines += [turn.wording("chat.oversight_asked", asked=asked_line(turn, each)) for each in one.requests]
    return lines


def _line(turn: Turn, place: int, overseen: Overseen) -> str:
    ticket = overseen.ticket
    why = turn.wording(f"chat.stuck_{overseen.why.name.lower()}")
    about = {"number": ticket.number, "account": ticket.account_name, "due": turn.wording.due(ticket)}
    return turn.wording("chat.oversight_line", place=place, why=why, state=turn.wording.state(ticket.state), **about)
