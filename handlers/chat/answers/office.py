"""督办列表, 周报, 日历, 绑定, 看板: what concerns no single ticket."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from bot.actions.messages import numbering
from bot.actions.people import binding, signin
from bot.actions.reports.weekly import latest
from bot.actions.tickets import oversight
from bot.delivery.contacts import ToldAt, contacts_briefly
from bot.reports.ledger import late_so_far
from bot.rules.calendar.deadline import lateness
from bot.rules.calendar.workdays import CalendarNotPublished, DayInfo, DayKind, GovChina
from bot.rules.calendar.zone import shanghai, shanghai_day
from bot.rules.tickets.oversight import Overseen, Stuck, contacts_of
from handlers.chat.answers.tickets import BUTTONS_IN_A_LIST, LISTED, asked_line, still_waiting
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.numbers import is_place

DAY = timedelta(days=1)
LIST_BYTES = 1_600  # of the list; the platform that takes least takes 2,048 with what stands around it
DAYS_AHEAD = 5  # working days that are named
LONGEST_LOOK = 366  # days ahead in which a holiday is looked for
OFF = (DayKind.HOLIDAY, DayKind.CLOSURE)


def oversee(turn: Turn, wish: Wish) -> Reply:
    """List what is stuck or overdue in the person's area by urgency, with numbers; "督办列表 2" is the second page."""
    found = oversight.overseen(turn.work, turn.person_id)
    if not found:
        return Reply(text=turn.wording("chat.oversight_none"))
    page, listed, lines = _page(turn, found, wish.text.strip())
    before = found.index(listed[0])
    ids = [one.ticket.id for one in listed]
    numbers = numbering.numbered(turn.work, turn.numbering.ticket_ids, ids)
    left = len(found) - before - len(listed)
    more = [turn.wording("chat.oversight_more", count=left, page=page + 1)] if left else []
    waiting = still_waiting(turn, numbers)
    buttons = tuple((str(numbers.index(one) + 1), f"ticket:{one}") for one in ids)
    head = turn.wording("chat.oversight", count=len(found))
    text = "\n".join([head, *lines, *more, turn.wording("chat.oversight_hint"), *waiting])
    # Nobody's tickets are held up to a group.
    return Reply(text=text, buttons=buttons[:BUTTONS_IN_A_LIST], private=True)


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


def _page(turn: Turn, found: Sequence[Overseen], asked: str) -> tuple[int, Sequence[Overseen], list[str]]:
    """The page asked for, or the last there is: its number, its tickets, their lines."""
    wanted = int(asked) if is_place(asked) else 1
    page, start = 1, 0
    listed, lines = _fitting(turn, found)
    while page < wanted and start + len(listed) < len(found):
        page, start = page + 1, start + len(listed)
        listed, lines = _fitting(turn, found[start:])
    return page, listed, lines


def _fitting(turn: Turn, found: Sequence[Overseen]) -> tuple[Sequence[Overseen], list[str]]:
    """The first of them, as many as every platform shows whole, and their lines."""
    told = oversight.first_told(turn.work, [one.ticket.id for one in found[:LISTED]])
    lines: list[str] = []
    for shown in range(min(LISTED, len(found)), 0, -1):
        ids = [one.ticket.id for one in found[:shown]]
        numbers = numbering.numbered(turn.work, turn.numbering.ticket_ids, ids)
        places = {one: numbers.index(one) + 1 for one in ids}
        lines = [
            line
            for one in found[:shown]
            for line in _lines(turn, places[one.ticket.id], one, told.get(one.ticket.id, {}))
        ]
        if shown == 1 or len("\n".join(lines).encode()) <= LIST_BYTES:
            return found[:shown], lines
    return (), lines


def _lines(turn: Turn, place: int, overseen: Overseen, told: ToldAt) -> list[str]:
    """One ticket: where it is, how it stands, whom to ring, what waits for a decision."""
    ticket, wording = overseen.ticket, turn.wording
    line = wording(
        "chat.oversight_line",
        place=place,
        number=ticket.number,
        unit=overseen.unit or wording("weekly.unmatched"),
        account=ticket.account_name,
        why=_why(turn, overseen),
        state=wording.state(ticket.state),
        due=wording.due(ticket),
    )
    people = contacts_briefly(contacts_of(ticket, turn.directory, told), ticket, wording)
    asked = [asked_line(turn, each) for each in overseen.requests]
    return [line, *(wording("chat.oversight_fact", fact=fact) for fact in (people, *asked))]


def _why(turn: Turn, overseen: Overseen) -> str:
    ticket = overseen.ticket
    if overseen.why is Stuck.OVERDUE and ticket.due_day is not None:
        return late_so_far(lateness(ticket.due_day, turn.now, turn.working(ticket).calendar), turn.wording)
    return turn.wording(f"chat.stuck_{overseen.why.name.lower()}")
