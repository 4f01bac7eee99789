"""请假 and 返岗: from when to when, and who stands in."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.actions.messages.numbering import NO_TICKET
from bot.actions.people import leave
from bot.actions.people.leave import NotedLeave
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import at, shanghai_day
from bot.rules.people.leave import may_note
from bot.rules.refused import MoveRefused
from bot.rules.tickets.extension import Until
from bot.rules.tickets.targets import find_people, full_name
from handlers.chat.answers.moves import on_behalf
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.lexicon import lexicon
from handlers.chat.words.slots import Slot
from handlers.chat.words.until import Period, read_period
from storage.records import Leave, Person, Role

DAY = timedelta(days=1)
STAND_IN = re.compile(
    r"(?:由|请|让|托|交给|交由)\s*(?P<name>[^\s,\uff0c。;\uff1b、]+?)\s*(?:代|替|顶|接|负责|$|[\s,\uff0c。;\uff1b、])"
)
STANDS_IN = re.compile(
    r"(?:^|[\s,\uff0c。;\uff1b、])(?P<name>[^\s,\uff0c。;\uff1b、由请让]+?)\s*(?:代|替|顶)(?:班|办|管|理|岗)?"
)
# Of these the person wants another deputy, or none: the words so far are kept without the name.
OTHER_DEPUTY = frozenset({"deputy_self", "deputy_on_leave", "deputy_unreachable"})


# Where somebody's leave is spoken of; what stands before it may name whose it is.
LEAVE_WORD = re.compile(r"(?:休年假|请年假|请病假|请事假|请产假|请个假|请假|休假)了?")
HELPING = re.compile(
    r"^(?:请|麻烦|想|要|我要|我想|给|帮|替|代|为|我|登记|一下|\s)+|(?:同志|科长|主任|局长|老师|要|想|需要|的|\s)+$"
)
SHORT_NAME = (2, 3)  # characters a name has
REASON = re.compile("[因有事病]")  # "因病", "有事": no names
# The hundred most frequent: two or three characters that begin so are a name, be it of nobody in the register.
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
LONGEST_NAME = 200  # so far into the text a name is looked for
SELF = frozenset({"我", "本人", "自己", "我要", "我想", "我们"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Whose:
    """Whose leave it is: the speaker's where no other person is named."""

    person: Person | None = None
    said: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """The deputy a text names."""

    person: Person | None = None
    question: str = ""  # the text to ask with where that is not certain
    facts: tuple[tuple[str, str], ...] = ()


def take(turn: Turn, wish: Wish) -> Reply:
    """Note a leave: its end must be said, a deputy may be; somebody else's by the desk or a leader."""
    whose = _whose(turn, wish.text)
    if isinstance(whose, Reply):
        return whose
    period = _period(wish.text, shanghai_day(turn.now))
    if period is None:
        return _ask(turn, wish.text, "leave_until")
    # What is said so far, in case more is asked: with whose leave it is.
    so_far = period.said if whose.person is None else f"{whose.person.name}请假 {period.said}"
    named = _deputy(turn, _without(period.rest, whose.said))
    if named.question:
        return _ask(turn, so_far, named.question, **dict(named.facts))
    try:
        wanted = _leave(turn, whose.person, period.since, period.until, named.person)
        taken = leave.take(turn.work, wanted, turn.answer(wish.text), _told(turn, wanted))
    except MoveRefused as refused:
        reply = turn.refuse(refused)
        if refused.key not in OTHER_DEPUTY:
            return reply
        asked = _ask(turn, so_far, "another_deputy")
        return Reply(text=f"{reply.text}\n{asked.text}", reason=refused.key)
    _answered(turn)
    return Reply(text="\n".join([*_noted(turn, taken), *on_behalf(turn)]))


def _whose(turn: Turn, text: str) -> "_Whose | Reply":
    """Whose leave it is: the name before 请假 ("张三请假到周五"), or right behind it with a deputy named as well."""
    text = text[:LONGEST_NAME]
    before = LEAVE_WORD.split(text, maxsplit=1)[0] if LEAVE_WORD.search(text) else ""
    said = HELPING.sub("", _untimed(before, turn)).strip()
    if not said or said in SELF:
        return _behind(turn, text) if not before else _Whose()
    people = [one for one in _people_in(said, turn) if one.id != turn.person_id]
    if len(people) == 1:
        return _Whose(person=people[0], said=people[0].name)
    own = turn.directory.people[turn.person_id].name
    if own in said or not _names_somebody(said):
        return _Whose()
    return Reply(text=turn.wording("chat.leave_unknown", word=said), reason="deputy_unknown")


def _behind(turn: Turn, text: str) -> "_Whose | Reply":
    """ "请假 张三 到周五 由李四代": with two people named the first is away; with one alone it is asked."""
    first = text.strip().split(" ")[0] if " " in text.strip() else ""
    named = [one for one in find_people(first, turn.directory) if one.id != turn.person_id] if first else []
    if not named and _like_a_name(first) and _notes_others(turn):
        return Reply(text=turn.wording("chat.leave_unknown", word=first), reason="deputy_unknown")
    if len(named) != 1 or not may_note(turn.person_id, named[0].id, turn.directory, turn.now):
        return _Whose()
    if STAND_IN.search(text) or STANDS_IN.search(text.partition(" ")[2]):
        return _Whose(person=named[0], said=first)
    return Reply(text=turn.wording("ask.leave_whose", name=named[0].name), reason="asked_whose")


def _people_in(said: str, turn: Turn) -> list[Person]:
    """The people whose name stands in a text, the own unit first; a name of one character only where it is all."""
    found = [
        one
        for one in turn.directory.people.values()
        if one.active and (one.name == said or (len(one.name) > 1 and one.name in said))
    ]
    unit = turn.directory.people[turn.person_id].unit_id
    near = [one for one in found if one.unit_id == unit]
    return near if len(found) > 1 and len(near) == 1 else found


def _names_somebody(said: str) -> bool:
    """Whether something is left that may be a name nobody knows."""
    short = len(said) in SHORT_NAME and REASON.search(said) is None  # "小陈"
    names = (Slot.UNKNOWN, Slot.DETAIL) if short else (Slot.UNKNOWN,)
    left = any(token.slot in names and (short or len(token.word) > 1) for token in lexicon().tokens(said))
    return left or _like_a_name(said)


def _like_a_name(said: str) -> bool:
    return len(said) in SHORT_NAME and said[0] in SURNAMES


def _notes_others(turn: Turn) -> bool:
    """Whether the person may note leaves of others: the desk, leaders; who oversees units is taken for one of them."""
    leads = any(role == Role.LEADER and who == turn.person_id for (_, role), who in turn.directory.duties.items())
    return leads or turn.oversees


def _untimed(text: str, turn: Turn) -> str:
    period = read_period(text, shanghai_day(turn.now), lasting=True)
    return period.rest if period is not None else text


def _without(text: str, said: str) -> str:
    """The text without 请假 and whose it is, so that only a deputy is looked for."""
    plain = LEAVE_WORD.sub(" ", text.replace(said, " ", 1) if said else text)
    return HELPING.sub("", plain).strip()


def _period(text: str, today: date) -> Period | None:
    """From when until when; a day before 请假 is the day itself: "我明天请假"."""
    period = read_period(text, today, lasting=True)
    word = LEAVE_WORD.search(text)
    if period is None or period.since is not None or period.until.day is None or word is None:
        return period
    before = read_period(text[: word.start()], today)
    alone = before is not None and before.until == period.until
    return replace(period, since=period.until) if alone else period


def _told(turn: Turn, wanted: Leave) -> str:
    moments = {"since": turn.wording.moment_short(wanted.starts_at), "until": turn.wording.end(wanted.ends_at)}
    return turn.wording("chat.leave_noted", who=turn.name(turn.person_id), **moments)


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


def _leave(turn: Turn, whose: Person | None, since: Until | None, until: Until, deputy: Person | None) -> Leave:
    first = since.day if since is not None and since.day is not None else None
    starts = (
        turn.now if first is None or first <= shanghai_day(turn.now) else _moment(first, since.clock if since else None)
    )
    return Leave(
        person_id=whose.id if whose else turn.person_id,
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
    moments = {"since": wording.moment_short(noted.starts_at), "until": wording.end(noted.ends_at)}
    lines = [wording("chat.leave", **moments)]
    if noted.person_id != turn.person_id:
        lines = [wording("chat.leave_other", name=turn.name(noted.person_id), **moments)]
    for who, ids in taken.cover.lists.items():
        lines.append(wording("chat.leave_deputy", who=turn.name(who), count=len(ids)))
    if noted.deputy_id is not None and noted.deputy_id not in taken.cover.lists:
        lines.append(wording("chat.leave_deputy_none", who=turn.name(noted.deputy_id)))
    if taken.cover.uncovered:
        numbers = wording("format.between_names").join(one.number for one in taken.cover.uncovered)
        lines.append(wording("chat.leave_uncovered", numbers=numbers))
    lines.append(wording("chat.leave_hint"))
    return lines
