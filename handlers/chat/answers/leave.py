"""请假 and 返岗: from when to when, and who stands in."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.actions.messages.numbering import NO_TICKET
from bot.actions.people import leave
from bot.actions.people.leave import NotedLeave
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import at, shanghai_day
from bot.rules.refused import MoveRefused
from bot.rules.tickets.extension import Until
from bot.rules.tickets.targets import find_people, full_name
from handlers.chat.answers.moves import on_behalf
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.until import read_period
from storage.records import Leave, Person

DAY = timedelta(days=1)
STAND_IN = re.compile(
    r"(?:由|请|让|托|交给|交由)\s*(?P<name>[^\s,\uff0c。;\uff1b、]+?)\s*(?:代|替|顶|接|负责|$|[\s,\uff0c。;\uff1b、])"
)
STANDS_IN = re.compile(
    r"(?:^|[\s,\uff0c。;\uff1b、])(?P<name>[^\s,\uff0c。;\uff1b、由请让]+?)\s*(?:代|替|顶)(?:班|办|管|理|岗)?"
)
# Of these the person wants another deputy, or none: the words so far are kept without the name.
OTHER_DEPUTY = frozenset({"deputy_self", "deputy_on_leave", "deputy_unreachable"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """The deputy a text names."""

    person: Person | None = None
    question: str = ""  # the text to ask with where that is not certain
    facts: tuple[tuple[str, str], ...] = ()


def take(turn: Turn, wish: Wish) -> Reply:
    """Note a leave: its end must be said, a deputy may be."""
    period = read_period(wish.text, shanghai_day(turn.now))
    if period is None:
        return _ask(turn, wish.text, "leave_until")
    named = _deputy(turn, period.rest)
    if named.question:
        return _ask(turn, period.said, named.question, **dict(named.facts))
    try:
        wanted = _leave(turn, period.since, period.until, named.person)
        taken = leave.take(turn.work, wanted, turn.answer(wish.text))
    except MoveRefused as refused:
        reply = turn.refuse(refused)
        if refused.key not in OTHER_DEPUTY:
            return reply
        asked = _ask(turn, period.said, "another_deputy")
        return Reply(text=f"{reply.text}\n{asked.text}", reason=refused.key)
    _answered(turn)
    return Reply(text="\n".join([*_noted(turn, taken), *on_behalf(turn)]))


def come_back(turn: Turn, _wish: Wish) -> Reply:
    """End the leave now."""
    try:
        ended = leave.come_back(turn.work, turn.answer(""))
    except MoveRefused as refused:
        return turn.refuse(refused)
    _answered(turn)
    text = turn.wording("chat.back", at=turn.wording.moment_short(min(turn.now, ended.ends_at)))
    return Reply(text="\n".join([text, *on_behalf(turn)]))


def _ask(turn: Turn, text: str, question: str, **facts: str) -> Reply:
    """Ask for what is missing; there is no ticket to it."""
    turn.remember(command="leave", text=text, about=NO_TICKET)
    return Reply(text=turn.wording(f"ask.{question}", **facts), reason="asked_words", keeps_card=True)


def _answered(turn: Turn) -> None:
    """Wait for nothing more; the last list keeps its numbers."""
    if turn.numbering.waiting and not turn.numbering.about:
        turn.remember()


def _leave(turn: Turn, since: Until | None, until: Until, deputy: Person | None) -> Leave:
    first = since.day if since is not None and since.day is not None else None
    starts = (
        turn.now if first is None or first <= shanghai_day(turn.now) else _moment(first, since.clock if since else None)
    )
    return Leave(
        person_id=turn.person_id,
        starts_at=starts,
        ends_at=_ends(turn, until, shanghai_day(starts)),
        deputy_id=deputy.id if deputy else None,
    )


def _ends(turn: Turn, until: Until, first: date) -> datetime:
    """The end of the last day; a span counts from the first day on, which it takes in."""
    day = until.day or first + DAY * (until.days - 1)
    if until.working_days:
        calendar = turn.work.working().calendar
        try:
            day = calendar.add_working_days(first - DAY, until.working_days)
        except CalendarNotPublished:
            raise MoveRefused("leave_unpublished") from None
    return _moment(day, until.clock) if until.clock else at(day + DAY, time(0))


def _moment(day: date, clock: time | None) -> datetime:
    return at(day, clock or time(0))


def _deputy(turn: Turn, text: str) -> _Named:
    said = STAND_IN.search(text) or STANDS_IN.search(text)
    name = said["name"] if said else text.strip()
    people = find_people(name, turn.directory) if name else []
    if not people:
        return _Named(question="deputy_unknown", facts=(("word", name),)) if said else _Named()
    unit = turn.directory.people[turn.person_id].unit_id
    near = [person for person in people if person.unit_id == unit] if len(people) > 1 else people
    if len(near) == 1:
        return _Named(person=near[0])
    names = turn.wording("format.between_names").join(full_name(person, turn.directory) for person in people)
    return _Named(question="deputy_which", facts=(("names", names),))


def _noted(turn: Turn, taken: NotedLeave) -> list[str]:
    wording, noted = turn.wording, taken.leave
    lines = [wording("chat.leave", since=wording.moment_short(noted.starts_at), until=wording.end(noted.ends_at))]
    for who, ids in taken.cover.lists.items():
        lines.append(wording("chat.leave_deputy", who=turn.name(who), count=len(ids)))
    if noted.deputy_id is not None and noted.deputy_id not in taken.cover.lists:
        lines.append(wording("chat.leave_deputy_none", who=turn.name(noted.deputy_id)))
    if taken.cover.uncovered:
        numbers = wording("format.between_names").join(one.number for one in taken.cover.uncovered)
        lines.append(wording("chat.leave_uncovered", numbers=numbers))
    lines.append(wording("chat.leave_hint"))
    return lines
