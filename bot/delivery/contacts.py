"""Whom to ring: unit, A角 and B角 of a ticket, who was told when, and what they did."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.delivery.wording import Wording
from bot.rules.tickets.oversight import Contact, contacts_of
from storage.records import Directory, Ticket, TicketState

ToldAt = Mapping[int, datetime]  # person id -> when they first heard of the ticket
Hearing = frozenset[int]  # ids of those who are told at this very moment


def contacts(
    ticket: Ticket, directory: Directory, told: ToldAt, wording: Wording, hearing: Hearing = frozenset()
) -> list[str]:
    """Say which unit it is and what its people know and did, a line each; for those above."""
    unit = directory.units.get(ticket.unit_id or 0)
    lines = [wording("message.unit", unit=unit.name)] if unit is not None else []
    people = contacts_of(ticket, directory, told)
    return [*lines, *(_line(one, ticket, wording, hearing) for one in people)]


def contacts_briefly(found: Sequence[Contact], ticket: Ticket, wording: Wording, hearing: Hearing = frozenset()) -> str:
    """Say the same of the people in one line of a list; a duty nobody has is said to be vacant."""
    if ticket.account_id is None and not found:
        return wording("morning.unmatched")
    named = {one.role: _briefly(one, ticket, wording, hearing) for one in found}
    vacant = {
        role: wording(f"message.vacant_{role}")
        for role in ("primary", "backup")
        if ticket.account_id is not None and role not in named
    }
    return wording("format.between_names").join([*named.values(), *vacant.values()])


def _line(one: Contact, ticket: Ticket, wording: Wording, hearing: Hearing) -> str:
    return wording(f"message.contact_{one.role or 'holder'}", name=one.name, did=_did(one, ticket, wording, hearing))


def _briefly(one: Contact, ticket: Ticket, wording: Wording, hearing: Hearing) -> str:
    who = wording(f"message.name_{one.role or 'holder'}", name=one.name)
    return wording("message.name_did", who=who, did=_did(one, ticket, wording, hearing))


def _did(one: Contact, ticket: Ticket, wording: Wording, hearing: Hearing) -> str:
    told = one.told_at
    untold = "did_hear_now" if one.person_id in hearing else "did_not_hear"
    facts = [wording("message.did_told", at=wording.moment_short(told)) if told else wording(f"message.{untold}")]
    if one.took_at is not None:
        facts.append(wording("message.did_take", at=wording.moment_short(one.took_at)))
    elif told and ticket.state == TicketState.NEW:
        facts.append(wording("message.did_nothing"))
    return wording("format.comma").join(facts)
