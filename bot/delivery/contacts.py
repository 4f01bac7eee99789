"""Whom to ring: unit, A角 and B角 of a ticket, who was told when, and what they did."""

from bot.actions.messages.dispatch import ClaimedBatch
from bot.delivery.wording import Wording
from storage.records import Person, Role, Ticket

ROLES = (Role.PRIMARY, Role.BACKUP)


def contacts(ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> list[str]:
    """Say which unit it is and what its people know and did, a line each; for those above."""
    unit = batch.directory.units.get(ticket.unit_id or 0)
    lines = [wording("message.unit", unit=unit.name)] if unit is not None else []
    for role in ROLES:
        person = batch.directory.people.get(batch.directory.duties.get((ticket.account_id or 0, role), 0))
        if person is not None:
            lines.append(_line(role, person, ticket, batch, wording))
    holder = batch.directory.people.get(ticket.holder_id or 0)
    if holder is not None and holder.id not in {
        batch.directory.duties.get((ticket.account_id or 0, one)) for one in ROLES
    }:
        lines.append(wording("message.contact_holder", name=holder.name, did=_did(holder, ticket, batch, wording)))
    return lines


def names(ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> str:
    """Name unit, A角 and B角 in a few words, for a line of a list."""
    unit = batch.directory.units.get(ticket.unit_id or 0)
    people = [
        wording(f"message.name_{role}", name=person.name)
        for role in ROLES
        if (person := batch.directory.people.get(batch.directory.duties.get((ticket.account_id or 0, role), 0)))
    ]
    return wording("format.between_names").join([*([unit.name] if unit else []), *people])


def _line(role: Role, person: Person, ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> str:
    return wording(f"message.contact_{role}", name=person.name, did=_did(person, ticket, batch, wording))


def _did(person: Person, ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> str:
    told = batch.first_told.get(ticket.id, {}).get(person.id)
    facts = [
        wording("message.did_told", at=wording.moment_short(told)) if told else _untold(person, ticket, batch, wording)
    ]
    if ticket.acknowledged_by == person.id and ticket.acknowledged_at is not None:
        facts.append(wording("message.did_take", at=wording.moment_short(ticket.acknowledged_at)))
    elif told and ticket.acknowledged_at is None:
        facts.append(wording("message.did_nothing"))
    return wording("format.comma").join(facts)


def _untold(person: Person, ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> str:
    """Not told before: perhaps in the very batch this message is of."""
    going = (message for some in (batch.messages, *batch.bundled.values()) for message in some)
    hears = any((message.person_id, message.ticket_id) == (person.id, ticket.id) for message in going)
    return wording("message.did_hear_now" if hears else "message.did_not_hear")
