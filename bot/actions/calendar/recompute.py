"""Moves open tickets to a changed calendar, in the transaction of the change; closed ones keep their judgement."""

from dataclasses import dataclass, field

from bot.actions.recording import record
from bot.actions.work import Work
from bot.rules.calendar.calendars import Calendars
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.moving import CalendarChange, MovedDeadline, earlier_look, move, same_lines, set_by_hand
from storage.records import Ticket
from storage.tickets import tickets

BATCH = 500


@dataclass(kw_only=True)
class Recomputed:
    """What a change did to the open tickets, or would do."""

    revision: str  # the calendar's new name, for what concerns all
    looked_at: int = 0
    moved: list[MovedDeadline] = field(default_factory=list)
    kept: list[Ticket] = field(default_factory=list)  # their day was given by a person, and stays

    @property
    def settled(self) -> int:
        """How many waited for an unpublished year and have their date now."""
        return sum(one.settled for one in self.moved)

    @property
    def late_at_once(self) -> int:
        """How many are past their new line already."""
        return sum(one.late_at_once for one in self.moved)

    @property
    def people(self) -> set[int]:
        """Who is told."""
        return {person for one in self.moved for person in one.told}


def recompute(work: Work, before: Calendars, after: Calendars, cause: CalendarChange, *, trial: bool) -> Recomputed:
    """Look at every open ticket whose calendar changed, batch by batch; a trial writes nothing."""
    done = Recomputed(revision=after.of(None).calendar.revision)
    last = 0
    while batch := tickets.open_after(work.conn, last, BATCH, lock=not trial):
        last = batch[-1].id
        decisions = [
            decision for ticket in batch if (decision := _decided(work, ticket, before, after, cause, done)) is not None
        ]
        if not trial:
            record(work, decisions)
    return done


def _decided(
    work: Work,
    ticket: Ticket,
    before: Calendars,
    after: Calendars,
    cause: CalendarChange,
    done: Recomputed,
) -> Decision | None:
    then, working = before.of(ticket.unit_id), after.of(ticket.unit_id)
    if then.calendar.revision == working.calendar.revision:
        return None
    done.looked_at += 1
    policy, now = work.policy(ticket.policy_key), work.now
    moved = move(ticket, policy, work.directory, working, now, cause)
    if moved is None:
        sooner = earlier_look(ticket, policy, working, now)
        return Decision(ticket=sooner) if sooner is not None else None
    if set_by_hand(ticket, policy, then):
        if not same_lines(ticket, policy, then, working):
            done.kept.append(ticket)
        return None
    done.moved.append(moved)
    return moved.decision
