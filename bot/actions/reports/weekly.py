"""The weekly summary: one message a reader for each week, enqueued once for ever."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.actions.context import Context
from bot.actions.work import Work, read, take_up
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.weeks import Week
from bot.rules.reports.counting import first_moment, weekly, within
from bot.rules.reports.figures import WeeklyFigures
from bot.rules.reports.summary import readers, weeks_owed
from storage import views
from storage.messages import files, outbox
from storage.records import Directory, MessageDraft, MessageKind, MessageState, TextParams, TicketFacts

log = logging.getLogger(__name__)

LOOKED_BACK = 8  # weeks: in a quieter area nothing is put
URGENCY = 7  # whatever is about one ticket goes first

WriteText = Callable[[WeeklyFigures], str]
WriteTable = Callable[[WeeklyFigures], bytes]
Area = frozenset[int] | None  # unit ids; None: all


def plan(context: Context, text: WriteText, table: WriteTable) -> int:
    """Enqueue the summaries that are owed now and were never put; returns how many.

    Each area is committed by itself: what an interruption leaves out is put at the next beat, nothing twice.
    """
    now, put = context.now(), 0
    with read(context) as work:
        directory, working = work.directory, work.working()
        owed = {week: _areas(work, week, directory) for week in _weeks(work, now, working)}
        known = {week: _facts(work, week) for week, areas in owed.items() if areas}
    for week, facts in known.items():
        for area, people in owed[week].items():
            try:
                made = _figures(facts, week, now, working, area, directory)
                put += _put(context, made, people, text, table, working.next_sending(now))
            except Exception:
                log.exception("summary not made; it is tried again", extra={"action": "weekly", "week": week.label})
    return put


def figures(context: Context, week: Week, area: Area = None) -> WeeklyFigures:
    """Return the figures of any week that has begun; ValueError, in Chinese, for a later one."""
    with read(context) as work:
        facts = _facts(work, week)
        return _figures(facts, week, context.now(), work.working(), area, work.directory)


def latest(work: Work, person_id: int) -> str | None:
    """Return the text of the last summary a reader was sent; "" where there is none yet, None for who reads none."""
    if person_id not in readers(work.directory):
        return None
    week = Week.of(work.now)
    for _ in range(LOOKED_BACK):
        week = week.previous()
        if outbox.known_intents(work.conn, [_intent(week, person_id)]):
            params = outbox.by_intent(work.conn, _intent(week, person_id)).params
            if isinstance(params, TextParams) and params.text:
                return params.text
    return ""


def file_name(week: Week) -> str:
    """Name the table of a week."""
    return f"督办周报-{week.year}年第{week.number}周.xlsx"


def _weeks(work: Work, now: datetime, working: WorkingTime) -> list[Week]:
    """The weeks owed now, without those that ended before the first ticket was taken in."""
    since = views.in_use_since(work.conn)
    return [week for week in weeks_owed(now, working) if since is not None and since < week.ends_at]


def _areas(work: Work, week: Week, directory: Directory) -> dict[Area, list[int]]:
    """Who still waits for the week's summary, by the units they see."""
    area_of = readers(directory)
    told = outbox.known_intents(work.conn, [_intent(week, person) for person in area_of])
    areas: dict[Area, list[int]] = {}
    for person, area in area_of.items():
        if _intent(week, person) not in told:
            areas.setdefault(area, []).append(person)
    return areas


def _facts(work: Work, week: Week) -> list[TicketFacts]:
    return views.weekly_facts(work.conn, first_moment(week), week.ends_at)


def _figures(
    facts: Iterable[TicketFacts], week: Week, now: datetime, working: WorkingTime, area: Area, directory: Directory
) -> WeeklyFigures:
    issuer = next((unit.name for _, unit in sorted(directory.units.items()) if unit.desk), "")
    if area is None:
        return weekly(facts, week, now, working, issuer=issuer)
    names = tuple(directory.units[unit].name for unit in sorted(area) if unit in directory.units)
    return weekly(within(facts, area), week, now, working, scope=names, issuer=issuer)


def _put(
    context: Context,
    made: WeeklyFigures,
    people: Sequence[int],
    text: WriteText,
    table: WriteTable,
    not_before: datetime,
) -> int:
    if made.nothing_to_tell and made.scope:
        return _spare(context, made.week, people)
    params = TextParams(text=text(made))
    body = table(made)
    now = context.now()
    with take_up(context) as work:
        # Another node may have put them while this one was wording.
        told = outbox.known_intents(work.conn, [_intent(made.week, person) for person in people])
        waiting = [person for person in people if _intent(made.week, person) not in told]
        if not waiting:
            return 0
        file_id = files.keep(work.conn, file_name(made.week), files.XLSX, body, now)
        drafts = [
            MessageDraft(
                intent=_intent(made.week, person),
                person_id=person,
                kind=MessageKind.SUMMARY,
                urgency=URGENCY,
                not_before=not_before,
                params=params,
                file_id=file_id,
            )
            for person in waiting
        ]
        outbox.put(work.conn, drafts, now)
    return len(drafts)


def _spare(context: Context, week: Week, people: Sequence[int]) -> int:
    """A supervisor in whose area nothing happened hears nothing; that they were owed nothing is kept."""
    drafts = [
        MessageDraft(intent=_intent(week, person), person_id=person, kind=MessageKind.SUMMARY, params=TextParams())
        for person in people
    ]
    with take_up(context) as work:
        outbox.put(work.conn, drafts, context.now(), MessageState.SUPERSEDED, "辖区本周无事项")
    return 0


def _intent(week: Week, person_id: int) -> str:
    return f"weekly:{week.label}:p{person_id}"
