"""Who may see and do what."""

from datetime import datetime
from enum import StrEnum

from bot.rules.people.routing import desk, supervised_units
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
    acting = {person_id} | _stood_in_for(person_id, directory, now)
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
    acting = {person_id} | _stood_in_for(person_id, directory, now)
    if not acting.isdisjoint(desk(directory)):
        return None
    return frozenset().union(*(supervised_units(one, directory) for one in acting))


def workers(ticket: Ticket, directory: Directory, now: datetime) -> frozenset[int]:
    """Return those who may answer the ticket: holder, A角, B角, leader, and the deputies of those on leave."""
    found = {ticket.holder_id} | {directory.duties.get((ticket.account_id or 0, role)) for role in Role}
    people = {one for one in found if one is not None}
    for person_id in tuple(people):
        for leave in directory.leaves.get(person_id, ()):
            if leave.deputy_id is not None and leave.running(now):
                people.add(leave.deputy_id)
    return frozenset(people)


def _stood_in_for(person_id: int, directory: Directory, now: datetime) -> set[int]:
    """Those on leave who named this person."""
    return {
        leave.person_id
        for leaves in directory.leaves.values()
        for leave in leaves
        if leave.deputy_id == person_id and leave.running(now)
    }
