"""Taking back what one did last, within minutes, as long as nobody built on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.rules.refused import MoveRefused
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.escalation import deadline_of, replan
from bot.rules.tickets.ladder import plan
from bot.rules.tickets.lifecycle import Answer, Verb, line
from bot.rules.tickets.notifications import notify
from storage.records import (
    DeadlineStatus,
    Directory,
    JournalKind,
    JournalLine,
    LastAct,
    NotificationKind,
    Request,
    RequestKind,
    Ruling,
    Ticket,
    TicketState,
)

UNDO_WITHIN = timedelta(minutes=5)
FIELDS = (
    *("state", "holder_id", "acknowledged_at", "acknowledged_by"),
    *("completed_at", "completed_by", "completion_text", "closed_at"),
)
LINES = ("deadline_status", "calendar_revision", "due_day", "target_at", "due_at", "earliest_day")
READERS: Mapping[str, Callable[[Any], object]] = {
    "state": TicketState,
    "deadline_status": DeadlineStatus,
    **dict.fromkeys(("acknowledged_at", "completed_at", "closed_at", "target_at", "due_at"), datetime.fromisoformat),
    **dict.fromkeys(("due_day", "earliest_day"), date.fromisoformat),
}
# What hangs on nothing and lets nothing hang on it.
APART = frozenset({JournalKind.FILE, JournalKind.DENIED, JournalKind.NOTE})
ASKED = {
    Verb.DISPUTE: RequestKind.DISPUTE,
    Verb.EXTEND: RequestKind.EXTENSION,
    Verb.TRANSFER: RequestKind.TRANSFER,
}
TOLD_OF_UNDO = {
    Verb.HAND_OVER: NotificationKind.HANDED_BACK,
    Verb.ACKNOWLEDGE: NotificationKind.ANSWER_UNDONE,
    Verb.COMPLETE: NotificationKind.ANSWER_UNDONE,
}
RULED = frozenset({Verb.APPROVE, Verb.REFUSE})
UNDOABLE = frozenset({Verb.ACKNOWLEDGE, Verb.COMPLETE, Verb.HAND_OVER, *ASKED, *RULED})
# What a ruling is called in the journal; a granted transfer went to other people and is undone by another one.
RULINGS: Mapping[tuple[RequestKind, bool], JournalKind] = {
    (RequestKind.EXTENSION, True): JournalKind.GRANT_EXTENSION,
    (RequestKind.EXTENSION, False): JournalKind.REFUSE_EXTENSION,
    (RequestKind.DISPUTE, True): JournalKind.APPROVE,
    (RequestKind.DISPUTE, False): JournalKind.REFUSE,
    (RequestKind.TRANSFER, False): JournalKind.REFUSE_TRANSFER,
}


def as_it_was(before: Ticket, after: Ticket) -> Mapping[str, object]:
    """Return what a person's act changed in a ticket, as it was, in a form that can be kept."""
    changed = (name for name in (*FIELDS, *LINES) if getattr(before, name) != getattr(after, name))
    return {name: _plain(getattr(before, name)) for name in changed}


def undo(
    ticket: Ticket,
    act: LastAct,
    story: Sequence[JournalLine],
    pending: Sequence[Request],
    told: Sequence[int],
    answer: Answer,
    scene: Scene,
) -> Decision:
    """Take back a person's last act on a ticket; MoveRefused says what came in between.

    `story` is the ticket's journal, `pending` what waits for a decision on it, `told` who heard of the act meanwhile.
    """
    in_time(act, scene.now)
    _not_overtaken(ticket, act, story, scene)
    if any(one.seq > act.seq and one.kind == JournalKind.REASSIGNED for one in story):
        raise MoveRefused("undo_reassigned", number=ticket.number)
    verb = Verb(act.verb)
    own = [request for request in pending if request.kind == ASKED.get(verb) and request.asked_by == act.person_id]
    if verb in ASKED and not own:
        raise MoveRefused("cannot_undo")  # the desk gave the ticket to others
    after = replace(ticket, **_as_it_was(act.before))
    if verb == Verb.COMPLETE:
        # What was explained afterwards goes with it.
        after = replace(after, completion_text=str(act.before.get("completion_text") or ""))
    what = TOLD_OF_UNDO.get(verb, NotificationKind.WITHDRAWN)
    return Decision(
        ticket=_looked_at_again(after, ticket, act, scene),
        journal=(line(JournalKind.UNDO, answer, verb=verb),),
        messages=notify(after, what, told, answer, scene, verb=verb),
        rulings=tuple(Ruling(request_id=one.id, granted=None, by=act.person_id, at=answer.at) for one in own),
    )


def undo_ruling(
    ticket: Ticket,
    act: LastAct,
    request: Request,
    lapsed: Sequence[int],
    story: Sequence[JournalLine],
    told: Sequence[int],
    answer: Answer,
    scene: Scene,
) -> Decision:
    """Take back what a person decided last: the request waits again, with those that lapsed by it.

    MoveRefused where somebody built on it, where the deadline moved since, or the ticket went to other people.
    """
    in_time(act, scene.now)
    _not_overtaken(ticket, act, story, scene)
    ruled = RULINGS.get((request.kind, bool(request.granted)))
    if ruled is None:
        raise MoveRefused("cannot_undo")
    if any(one.seq > act.seq and one.kind == JournalKind.DEADLINE_MOVED for one in story):
        raise MoveRefused("undo_ruling_moved", number=ticket.number)
    after = replace(ticket, **_as_it_was(act.before))
    if after.due_at != ticket.due_at:
        after = replan(replace(after, moves=ticket.moves + 1), scene.policy, scene.working, scene.now)
    verb = next(verb for verb, kind in ASKED.items() if kind == request.kind)
    return Decision(
        ticket=_looked_at_again(after, ticket, act, scene),
        journal=(line(JournalKind.UNDO, answer, verb=ruled),),
        messages=notify(after, NotificationKind.RULING_UNDONE, told, answer, scene, verb=verb),
        reopened=(request.id, *lapsed),
    )


def told_of(request: Request) -> NotificationKind:
    """Return what people were told when a request was decided."""
    return NotificationKind(f"{request.kind}_{'granted' if request.granted else 'refused'}")


def in_time(act: LastAct, now: datetime) -> None:
    """Refuse what is too old, or cannot be undone at all."""
    if now > act.at + UNDO_WITHIN:
        raise MoveRefused("undo_too_late", minutes=UNDO_WITHIN // timedelta(minutes=1))


def _looked_at_again(after: Ticket, before: Ticket, act: LastAct, scene: Scene) -> Ticket:
    """Rungs left out only because of the act are climbed after all; the next tick looks."""
    if after.state == before.state:
        return after
    skipped: set[str] = set()
    if after.state == TicketState.NEW:
        planned = plan(scene.policy, deadline_of(after), scene.working)
        skipped = {
            planned_step.step.name
            for planned_step in planned
            if planned_step.step.while_new and planned_step.at > act.at
        }
    taken = tuple(one for one in after.steps_taken if one not in skipped)
    return replace(after, steps_taken=taken, next_step_at=scene.now)


def _not_overtaken(ticket: Ticket, act: LastAct, story: Sequence[JournalLine], scene: Scene) -> None:
    later = [one for one in story if one.seq > act.seq and one.kind not in APART and one.actor.startswith("person:")]
    if later:
        raise _overtaken(ticket, later[0], scene.directory)


def _overtaken(ticket: Ticket, later: JournalLine, directory: Directory) -> MoveRefused:
    person = directory.people.get(int(later.actor.removeprefix("person:").split()[0]))
    who = person.name if person else "?"
    return MoveRefused("undo_overtaken", number=ticket.number, who=who, at=later.at, state=ticket.state)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value  # a moment is a date as well


def _as_it_was(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(name, value) for name, value in kept.items()}


def _read(name: str, value: Any) -> Any:
    return READERS[name](value) if name in READERS and value else value
