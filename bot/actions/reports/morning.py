"""The morning brief: one message a reader for each working day, enqueued once for ever, or not at all."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from bot.actions.context import Context
from bot.actions.tickets import oversight
from bot.actions.work import Work, read, take_up
from bot.rules.calendar.zone import at, shanghai_day
from bot.rules.messages.pacing import BRIEF_ENDS
from bot.rules.reports.morning import Brief, OpenWork, brief, owed
from storage.messages import outbox
from storage.records import MessageDraft, MessageKind, MessageState, TextParams
from storage.tickets import requests, tickets

log = logging.getLogger(__name__)

URGENCY = 6  # behind what is about one ticket, before the weekly summary

WriteBrief = Callable[[Brief], str]


def plan(context: Context, write: WriteBrief) -> int:
    """Enqueue the briefs that are owed now and were never put; returns how many.

    Whoever has nothing to hear this morning hears nothing; that they were owed nothing is kept.
    """
    with read(context) as work:
        opens = _waiting(work)
        if not opens:
            return 0
        briefs = _briefs(work, opens)
    drafts = list(_drafts(briefs, write, opens))
    spared = [_draft(made.day, person) for person, made in briefs.items() if not made.worth_telling]
    return _put(context, drafts, spared)


def _waiting(work: Work) -> dict[int, datetime]:
    """Those to whom a brief is owed and none was ever put today, with the moment it may go out."""
    day = shanghai_day(work.now)
    people = owed(work.directory, work.calendars(), work.now)
    known = outbox.known_intents(work.conn, [_intent(day, person) for person in people])
    new = [person for person in people if _intent(day, person) not in known]
    opens = {person: work.working(work.directory.people[person].unit_id).next_sending(work.now) for person in new}
    return {person: moment for person, moment in opens.items() if moment < at(day, BRIEF_ENDS)}


def _briefs(work: Work, people: Iterable[int]) -> dict[int, Brief]:
    found = tickets.matching(work.conn, tickets.is_open())
    open_work = OpenWork(
        directory=work.directory,
        calendars=work.calendars(),
        now=work.now,
        tickets=found,
        policies={key: work.policy(key) for key in {ticket.policy_key for ticket in found}},
        requests=requests.pending(work.conn),
        told=oversight.first_told(work, [ticket.id for ticket in found]),
    )
    return {person: brief(person, open_work) for person in people}


def _drafts(briefs: Mapping[int, Brief], write: WriteBrief, opens: Mapping[int, datetime]) -> Iterator[MessageDraft]:
    for person, made in briefs.items():
        if made.worth_telling:
            try:
                yield _draft(made.day, person, write(made), opens[person])
            except Exception:
                log.exception("brief not made; it is tried again", extra={"action": "brief", "person_id": person})


def _put(context: Context, drafts: Sequence[MessageDraft], spared: Sequence[MessageDraft]) -> int:
    with take_up(context) as work:
        # Another node may have put them while this one was wording.
        known = outbox.known_intents(work.conn, [draft.intent for draft in drafts])
        outbox.put(work.conn, drafts, work.now)
        outbox.put(work.conn, spared, work.now, MessageState.SUPERSEDED, "今天无事项")
    return len(drafts) - len(known)


def _draft(day: date, person_id: int, text: str = "", not_before: datetime | None = None) -> MessageDraft:
    return MessageDraft(
        intent=_intent(day, person_id),
        person_id=person_id,
        kind=MessageKind.BRIEF,
        urgency=URGENCY,
        not_before=not_before,
        params=TextParams(text=text),
    )


def _intent(day: date, person_id: int) -> str:
    return f"brief:{day.isoformat()}:p{person_id}"
