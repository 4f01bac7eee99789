"""Taking back what one did last, within minutes, as long as nobody built on it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.rules.refused import MoveRefused
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.escalation import deadline_of
from bot.rules.tickets.ladder import plan
from bot.rules.tickets.lifecycle import Answer, Verb, line
from bot.rules.tickets.notifications import notify
from storage.records import (
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
MOMENTS = frozenset({"acknowledged_at", "completed_at", "closed_at"})
# What hangs on nothing and lets nothing hang on it.
APART = frozenset({JournalKind.FILE, JournalKind.DENIED})
ASKED = {
    Verb.DISPUTE: RequestKind.DISPUTE,
    Verb.EXTEND: RequestKind.EXTENSION,
    Verb.TRANSFER: RequestKind.TRANSFER,
}
UNDOABLE = frozenset({Verb.ACKNOWLEDGE, Verb.COMPLETE, Verb.HAND_OVER, *ASKED})


def as_it_was(before: Ticket, after: Ticket) -> Mapping[str, object]:
    """Return what a person's act changed in a ticket, as it was, in a form that can be kept."""
    changed = (name for name in FIELDS if getattr(before, name) != getattr(after, name))
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
    later = [one for one in story if one.seq > act.seq and one.kind not in APART and one.actor.startswith("person:")]
    if later:
        raise _overtaken(ticket, later[0], scene.directory)
    verb = Verb(act.verb)
    own = [request for request in pending if request.kind == ASKED.get(verb) and request.asked_by == act.person_id]
    after = replace(ticket, **_as_it_was(act.before))
    what = NotificationKind.HANDED_BACK if verb == Verb.HAND_OVER else NotificationKind.WITHDRAWN
    return Decision(
        ticket=_looked_at_again(after, ticket, act, scene),
        journal=(line(JournalKind.UNDO, answer, verb=verb),),
        messages=notify(after, what, told, answer, scene, verb=verb),
        rulings=tuple(Ruling(request_id=one.id, granted=None, by=act.person_id, at=answer.at) for one in own),
    )


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


def _overtaken(ticket: Ticket, later: JournalLine, directory: Directory) -> MoveRefused:
    person = directory.people.get(int(later.actor.removeprefix("person:").split()[0]))
    who = person.name if person else "?"
    return MoveRefused("undo_overtaken", number=ticket.number, who=who, at=later.at, state=ticket.state)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _as_it_was(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(name, value) for name, value in kept.items()}


def _read(name: str, value: Any) -> Any:
    if name == "state":
        return TicketState(value)
    return datetime.fromisoformat(value) if name in MOMENTS and value else value
