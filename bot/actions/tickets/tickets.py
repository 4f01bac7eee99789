"""What people do to tickets: load, decide, record, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.actions.recording import record
from bot.actions.tickets.corrections import tell_others
from bot.actions.work import Work
from bot.rules.refused import MoveRefused
from bot.rules.tickets.corrections import Change
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.lifecycle import Answer, Verb, check_time, line, move
from bot.rules.tickets.rerouting import hand_over, send_back
from bot.rules.tickets.undo import as_it_was
from storage.records import JournalKind, JournalLine, LastAct, Ticket
from storage.tickets import journal, last_acts, tickets


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A ticket in a person's hand: nobody else changes it until the transaction ends."""

    ticket: Ticket
    given: Answer
    scene: Scene

    def record(self, work: Work, verb: str, decision: Decision) -> Ticket:
        """Write what was decided, keep it as what the person did last, and return the ticket after."""
        record(work, [decision])
        tell_others(work, Change(before=self.ticket, after=decision.ticket), self.given, self.scene)
        act = LastAct(
            person_id=self.given.person_id,
            verb=verb,
            at=work.now,
            ticket_id=self.ticket.id,
            seq=self.ticket.journal_seq + 1,  # the person's own line is the first of the decision
            before=as_it_was(self.ticket, decision.ticket),
        )
        last_acts.keep(work.conn, act)
        return decision.ticket


def opened(work: Work, ticket_id: int, given: Answer) -> Opened:
    """Take a ticket in hand for a person's answer; MoveRefused where there is none, or it was not there yet."""
    ticket = tickets.by_ids(work.conn, [ticket_id], lock=True).get(ticket_id)
    if ticket is None:
        raise MoveRefused("unknown_ticket", number=str(ticket_id))
    check_time(ticket, given)
    return Opened(ticket=ticket, given=given, scene=work.scene(ticket))


def answer(work: Work, ticket_id: int, verb: Verb, given: Answer) -> Ticket:
    """Carry out a person's answer on a ticket and return the ticket after; MoveRefused says why not."""
    if verb == Verb.RETURN:
        # A deadline may be stamped: the calendar stands still first, as for whoever changes it.
        work.calendars(steady=True)
    hand = opened(work, ticket_id, given)
    ticket, scene = hand.ticket, hand.scene
    decide = _DECIDERS.get(verb)
    decision = decide(ticket, given, scene) if decide else move(ticket, verb, given, scene.directory, scene.policy)
    return hand.record(work, verb, decision)


def deny(work: Work, ticket_id: int, verb: str, given: Answer) -> None:
    """Put into the ticket's story that somebody without the right to it pressed its button; each once for each verb."""
    ticket = tickets.by_ids(work.conn, [ticket_id], lock=True).get(ticket_id)
    if ticket is None:
        return
    refused = line(JournalKind.DENIED, given, verb=verb)
    known = ((one.kind, one.actor, one.data.get("verb")) for one in journal.read(work.conn, ticket_id))
    if (JournalKind.DENIED, refused.actor, verb) not in known:
        record(work, [Decision(ticket=ticket, journal=(refused,))])


def history(work: Work, ticket_id: int) -> list[JournalLine]:
    """Return the ticket's journal, oldest first."""
    return journal.read(work.conn, ticket_id)


def last_move(work: Work, ticket_id: int) -> JournalLine | None:
    """Return what a person did to a ticket last."""
    told = (one for one in reversed(journal.read(work.conn, ticket_id)) if one.actor.startswith("person:"))
    return next((one for one in told if one.kind not in (JournalKind.DENIED, JournalKind.FILE, JournalKind.NOTE)), None)


_DECIDERS: Mapping[Verb, Callable[[Ticket, Answer, Scene], Decision]] = {
    Verb.RETURN: send_back,
    Verb.HAND_OVER: hand_over,
}
