"""Leave and return: noted by the person, told to whoever stands in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.actions.tickets import visible
from bot.actions.work import Work
from bot.rules.people.leave import Cover, check, cover, may_note, tell, tell_ended
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Answer, line
from storage.messages import outbox
from storage.people import leaves
from storage.records import (
    Directory,
    JournalKind,
    LastAct,
    Leave,
    MessageDraft,
    MessageKind,
    TextParams,
)
from storage.tickets import journal, last_acts


@dataclass(frozen=True, kw_only=True, slots=True)
class NotedLeave:
    """A leave as it was noted, and who gets the tickets."""

    leave: Leave
    cover: Cover
    directory: Directory


def take(work: Work, leave: Leave, given: Answer, words: str = "") -> NotedLeave:
    """Note a leave in place of the person's present one; MoveRefused says what is wrong with it or the deputy.

    Only the desk or a leader notes somebody else's: `words` are what that person is told of it.
    """
    now, before = work.now, work.directory
    if leave.person_id != given.person_id and not may_note(given.person_id, leave.person_id, before, now):
        raise MoveRefused("leave_not_yours", name=before.people[leave.person_id].name)
    check(leave, before, now)
    own = [one for one in visible.tickets_of(work, leave.person_id) if one.state.open]
    known = before.leaves.get(leave.person_id, ())
    leave_id = leaves.take(work.conn, leave)
    directory = work.directory
    shared = cover(leave, own, directory)
    facts = {"since": leave.starts_at.isoformat(), "until": leave.ends_at.isoformat(), "deputy": leave.deputy_id}
    whose = {"person": leave.person_id} if leave.person_id != given.person_id else {}
    journal.write_system(work.conn, [line(JournalKind.LEAVE, given, **facts, **whose)])
    opening = work.working().next_sending(now)
    outbox.put(work.conn, tell(leave, leave_id, shared, opening), now)
    if whose:
        outbox.put(work.conn, [_told(leave, leave_id, words, opening)], now)
    deputies = sorted({*shared.lists, leave.deputy_id or 0} - {0})
    act = {"leaves": [_plain(one) for one in known], "deputies": deputies, **whose}
    last_acts.keep(work.conn, LastAct(person_id=given.person_id, verb="leave", at=now, before=act))
    return NotedLeave(leave=leave, cover=shared, directory=directory)


def come_back(work: Work, given: Answer) -> Leave:
    """End the person's leave now and tell the deputy; MoveRefused where there is none."""
    now = work.now
    own = [one for one in work.directory.leaves.get(given.person_id, ()) if one.ends_at > now]
    if not own:
        raise MoveRefused("not_on_leave")
    leaves.end(work.conn, given.person_id, now)
    journal.write_system(work.conn, [line(JournalKind.BACK, given)])
    _tell_deputies(work, given.person_id, [one.deputy_id for one in own if one.deputy_id])
    last_acts.forget(work.conn, given.person_id)
    return own[0]


def put_back(work: Work, act: LastAct, given: Answer) -> None:
    """Bring a person's leaves to what they were before the last one was noted."""
    kept: Any = act.before
    whose = kept.get("person", act.person_id)
    leaves.restore(work.conn, whose, [_leave(whose, one) for one in kept["leaves"]])
    more = {"person": whose} if whose != act.person_id else {}
    journal.write_system(work.conn, [line(JournalKind.UNDO, given, verb=act.verb, **more)])
    _tell_deputies(work, whose, kept["deputies"])


def _told(leave: Leave, leave_id: int, words: str, opening: datetime) -> MessageDraft:
    """To the person whose leave somebody else noted."""
    return MessageDraft(
        intent=f"leave:{leave_id}:told:p{leave.person_id}",
        person_id=leave.person_id,
        kind=MessageKind.ANSWER,
        not_before=opening,
        params=TextParams(text=words),
    )


def _tell_deputies(work: Work, person_id: int, deputies: list[int]) -> None:
    now = work.now
    drafts = tell_ended(person_id, deputies, now.isoformat(), work.working().next_sending(now))
    outbox.put(work.conn, drafts, now)


def _plain(leave: Leave) -> dict[str, object]:
    moments = {"starts_at": leave.starts_at.isoformat(), "ends_at": leave.ends_at.isoformat()}
    return {**moments, "deputy_id": leave.deputy_id}


def _leave(person_id: int, kept: dict[str, Any]) -> Leave:
    starts, ends = (datetime.fromisoformat(kept[name]) for name in ("starts_at", "ends_at"))
    return Leave(person_id=person_id, deputy_id=kept["deputy_id"], starts_at=starts, ends_at=ends)
