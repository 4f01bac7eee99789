"""Lets open tickets follow a changed register, in the transaction that changes it."""

from collections.abc import Collection, Iterator, Sequence

from bot.actions.recording import record
from bot.actions.work import Work
from bot.rules.tickets.decision import Scene
from bot.rules.tickets.reassigning import Reassigned, changed_accounts, leavers, reassign, tell_relieved
from storage.messages import outbox
from storage.records import OPEN_STATES, Directory, Message, MessageState, Ticket
from storage.tickets import tickets

CHUNK = 500  # accounts or tickets asked for at once
UNTOLD = frozenset({MessageState.PENDING, MessageState.SUPERSEDED, MessageState.FAILED})


def follow(work: Work, before: Directory, actor: str) -> int:
    """Give open tickets to whom the register names now, and return how many; `before` is the register as it was."""
    after = work.directory
    if after.version == before.version:
        return 0
    scenes: dict[int, Scene] = {}
    done: list[Reassigned] = []
    for ticket in _concerned(work, changed_accounts(before, after), leavers(before, after)):
        scene = work.scene(ticket)
        reassigned = reassign(ticket, before, _told(work, ticket), actor, scene)
        if reassigned is not None:
            scenes[ticket.id] = scene
            done.append(reassigned)
    record(work, [one.decision for one in done])
    relieved = [each for one in done for each in one.relieved]
    outbox.put(work.conn, list(tell_relieved(relieved, scenes)), work.now)
    return len(done)


def _concerned(work: Work, accounts: Collection[int], people: Collection[int]) -> Iterator[Ticket]:
    """The open tickets of these accounts or in these hands, locked, by id."""
    found: set[int] = set()
    for some in _chunks(sorted(accounts)):
        found |= {one.id for one in tickets.of_people(work.conn, some, [], sorted(OPEN_STATES))}
    for some in _chunks(sorted(people)):
        found |= {one.id for one in tickets.of_people(work.conn, [], some, sorted(OPEN_STATES))}
    for some in _chunks(sorted(found)):
        locked = tickets.by_ids(work.conn, some, lock=True)
        # Somebody may have finished one meanwhile.
        yield from (ticket for ticket in locked.values() if ticket.state.open)


def _told(work: Work, ticket: Ticket) -> set[int]:
    """Who may have heard of the ticket: what was not tried yet is taken back unsaid."""
    put = outbox.of_ticket(work.conn, ticket.id)
    digests = outbox.by_ids(work.conn, {one.parent_id for one in put if one.parent_id is not None})
    return {one.person_id for one in put if _tried(digests.get(one.parent_id or 0, one))}


def _tried(message: Message) -> bool:
    untried = message.state == MessageState.LEASED and not message.payload
    return message.state not in UNTOLD and not untried


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
