"""Who may see and do what."""

from datetime import datetime
from enum import StrEnum

from bot.rules.people.routing import desk, in_power, stood_in_for, supervised_units
from storage.records import Directory, Role, Ticket


class Right(StrEnum):
    SEE = "see"
    WORK = "work"  # take and answer a ticket
    REVIEW = "review"  # send back, grant, refuse
    ROUTE = "route"  # give a ticket to other people: the desk only


def may(person_id: int, right: Right, ticket: Ticket, directory: Directory, now: datetime) -> bool:
    """Whether the person has the right on this ticket at this moment."""
    person = directory.people.get(person_id)
    if person is None or not person.active:
        return False
    acting = in_power(person_id, directory, now)
    if not acting.isdisjoint(desk(directory)):
        return True
    if right == Right.ROUTE:
        return False
    oversees = any(ticket.unit_id in supervised_units(one, directory) for one in acting)
    if right == Right.REVIEW:
        return oversees
    works = person_id in workers(ticket, directory, now)
    return works or (right == Right.SEE and oversees)


def area(person_id: int, directory: Directory, now: datetime) -> frozenset[int] | None:
    """Return the units a person oversees, for themselves or as a deputy; None for the desk, which sees everything."""
    acting = in_power(person_id, directory, now)
    if not acting.isdisjoint(desk(directory)):
        return None
    return frozenset().union(*(supervised_units(one, directory) for one in acting))


def workers(ticket: Ticket, directory: Directory, now: datetime) -> frozenset[int]:
    """Return those who may answer the ticket: holder, A角, B角, leader, and the deputies of those on leave."""
    found = {ticket.holder_id} | {directory.duties.get((ticket.account_id or 0, role)) for role in Role}
    # Whoever left has no part in it, nor has anybody through them.
    people = {one for one in found if one is not None and directory.people[one].active}
    for person_id in tuple(people):
        for leave in directory.leaves.get(person_id, ()):
            if leave.deputy_id is not None and leave.running(now):
                people.add(leave.deputy_id)
    return frozenset(people)


def serves(person_id: int, ticket: Ticket, directory: Directory, now: datetime) -> bool:
    """Whether the account is this person's to work on: as A角, B角 or holder, or for one of them."""
    work = {directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)}
    acting = {person_id} | stood_in_for(person_id, directory, now)
    return not acting.isdisjoint({*work, ticket.holder_id} - {None})


def in_place_of(person_id: int, ticket: Ticket, directory: Directory, now: datetime) -> int | None:
    """Return for whom a person acts on a ticket, as it stands after the act; None where they act for themselves."""
    absent = sorted(stood_in_for(person_id, directory, now))
    duties = {directory.duties.get((ticket.account_id or 0, role)) for role in Role}
    if not absent or person_id in duties or _above(person_id, ticket, directory):
        return None
    # Whoever took it in another's place holds it by now, so that alone makes it nobody's own.
    worked = (one for one in absent if one in duties or one == ticket.holder_id)
    powers = in_power(person_id, directory, now)
    above = (one for one in absent if one in powers and _above(one, ticket, directory))
    return next(worked, None) or next(above, None)


def _above(person_id: int, ticket: Ticket, directory: Directory) -> bool:
    return person_id in desk(directory) or ticket.unit_id in supervised_units(person_id, directory)
