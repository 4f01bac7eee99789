"""What follows for open tickets when people cannot be reached any more, and when they can again."""

from collections.abc import Iterable
from datetime import datetime

from bot.actions.context import Context
from bot.actions.recording import record
from bot.actions.tickets.visible import tickets_of
from bot.actions.work import Work, begin, read
from bot.rules.messages.retry import MAX_ATTEMPTS, missed
from bot.rules.people.routing import ONE_WAY, reachable
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import given_again, holder_lost
from storage.messages import outbox
from storage.people import addresses
from storage.records import Address, Directory, JournalDraft, JournalKind, Role, Ticket
from storage.tickets import journal, tickets

GIVEN_ANEW = "本人已能联系上，改发现状"


def lost(work: Work, people: Iterable[int]) -> None:
    """Let the next in line hear now of the open tickets of people nobody can reach any more."""
    for person_id in sorted(set(people)):
        if not reachable(person_id, work.directory):
            found = tickets.by_ids(work.conn, [one.id for one in tickets_of(work, person_id)], lock=True)
            decided = [_passed_on(work, ticket, person_id) for ticket in found.values()]
            record(work, [one for one in decided if one.messages and not _known(work, one)])


def again(work: Work, person_id: int, not_before: datetime | None = None) -> None:
    """Give somebody who can be reached again all their open tickets, as they stand now."""
    _give(work, person_id, _own(work, person_id), not_before)


def heard_from(context: Context, channel: str, address: str) -> None:
    """Whoever says or does anything at an address can be reached there: what did not reach them comes at once."""
    with read(context) as work:
        way = _way(work, channel, address)
        if way is None or (way.usable and not _missed(work, way.person_id) and not _waits(work, way.person_id)):
            return
    with begin(context) as work:
        way = _way(work, channel, address)
        if way is None:
            return
        if way.usable:
            _give(work, way.person_id, _missed(work, way.person_id))
        else:
            _open_again(work, way)
        outbox.release(work.conn, way.person_id, MAX_ATTEMPTS, work.now)


def moved(work: Work, before: Directory) -> None:
    """Follow a register that was changed at many places: who left, and who can be reached at last."""
    after = work.directory
    lost(work, (one for one, was in before.people.items() if was.active and not after.people[one].active))
    for one in before.people:
        if reachable(one, after) and not reachable(one, before):
            again(work, one, work.working(after.people[one].unit_id).next_sending(work.now))


def _passed_on(work: Work, ticket: Ticket, person_id: int) -> Decision:
    scene = work.scene(ticket)
    return holder_lost(ticket, person_id, scene.policy, scene.directory, scene.working, scene.now)


def _known(work: Work, decision: Decision) -> bool:
    """Whether everybody in it was told before that the people of the ticket cannot be reached."""
    intents = {one.intent for one in decision.messages}
    return outbox.known_intents(work.conn, intents) == intents


def _open_again(work: Work, way: Address) -> None:
    if not addresses.enable(work.conn, way.id):
        return
    data = {"person": way.person_id, "channel": way.channel}
    line = JournalDraft(kind=JournalKind.REACHABLE, at=work.now, actor=f"person:{way.person_id}", data=data)
    journal.write_system(work.conn, [line])
    if way.channel not in ONE_WAY:
        again(work, way.person_id)


def _give(work: Work, person_id: int, mine: Iterable[Ticket], not_before: datetime | None = None) -> None:
    """One card a ticket, in place of what still waits to be said of it; several become one digest on their way."""
    cards = [given_again(one, person_id, work.policy(one.policy_key), work.now, not_before) for one in mine]
    about = [card.ticket_id for card in cards if card.ticket_id is not None]
    outbox.supersede_told(work.conn, person_id, about, GIVEN_ANEW)
    outbox.put(work.conn, cards, work.now)


def _own(work: Work, person_id: int) -> list[Ticket]:
    """The open tickets a person is to work on, not those they only lead."""
    duties = work.directory.duties
    return [
        one
        for one in tickets_of(work, person_id)
        if one.state.open
        and person_id
        in {one.holder_id, *(duties.get((one.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP))}
    ]


def _missed(work: Work, person_id: int) -> list[Ticket]:
    """Those of the own tickets whose last message did not reach the person, and which they did not take by then."""
    mine = [one for one in _own(work, person_id) if one.acknowledged_by != person_id]
    last = outbox.last_told(work.conn, person_id, [one.id for one in mine])
    return [one for one in mine if one.id in last and missed(last[one.id].state, last[one.id].attempts)]


def _waits(work: Work, person_id: int) -> bool:
    return outbox.waits_in_rounds(work.conn, person_id, MAX_ATTEMPTS, work.now)


def _way(work: Work, channel: str, address: str) -> Address | None:
    """The address in the register of an active person, in use or not."""
    person_id = addresses.person_at(work.conn, channel, address) or 0
    person, known = work.directory.people.get(person_id), work.directory.addresses.get(person_id, ())
    return next((one for one in known if one.channel == channel), None) if person and person.active else None
