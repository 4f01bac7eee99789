"""What those above should look at: overdue, past the target, taken by nobody, or waiting for their decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from storage.records import Directory, Policy, Request, Role, Ticket, TicketState

FAR_FUTURE = datetime.max.replace(tzinfo=UTC)


class Stuck(IntEnum):
    """Why a ticket is on the list; the worst first."""

    OVERDUE = 0
    TARGET_PASSED = 1
    ASKED = 2  # a request waits for a decision
    NOT_TAKEN = 3  # a rung was climbed because nobody took it


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Whom to ring about a ticket: when they were told of it, and when they took it."""

    person_id: int
    name: str
    role: Role | None  # None: holds the ticket without a duty for its account
    told_at: datetime | None = None
    took_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overseen:
    """A ticket on the list."""

    ticket: Ticket
    why: Stuck
    unit: str  # empty: on the desk's unmatched list
    requests: tuple[Request, ...] = ()
    veto: bool = False  # of the class whose messages go out at any hour


def contacts_of(ticket: Ticket, directory: Directory, told: Mapping[int, datetime]) -> tuple[Contact, ...]:
    """Return A角 and B角, and who holds the ticket without being either; `told` is when each person first heard."""
    duties = {role: directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)}
    found: list[tuple[Role | None, int]] = [(role, who) for role, who in duties.items() if who is not None]
    if ticket.holder_id is not None and ticket.holder_id not in duties.values():
        found.append((None, ticket.holder_id))
    return tuple(
        Contact(
            person_id=person_id,
            name=directory.people[person_id].name,
            role=role,
            told_at=told.get(person_id),
            took_at=ticket.acknowledged_at if ticket.acknowledged_by == person_id else None,
        )
        for role, person_id in found
        if person_id in directory.people
    )


def stuck(ticket: Ticket, policy: Policy, requests: Sequence[Request], now: datetime) -> Stuck | None:
    """Return the worst reason to look at an open ticket; None when it is on its way."""
    if not ticket.state.open:
        return None
    if ticket.overdue(now):
        return Stuck.OVERDUE
    if ticket.target_at is not None and now >= ticket.target_at:
        return Stuck.TARGET_PASSED
    if requests:
        return Stuck.ASKED
    waited = any(step.while_new and step.name in ticket.steps_taken for step in policy.steps)
    return Stuck.NOT_TAKEN if waited and ticket.state == TicketState.NEW else None


def listed(
    tickets: Sequence[Ticket],
    policies: Mapping[str, Policy],
    requests: Mapping[int, Sequence[Request]],
    directory: Directory,
    now: datetime,
) -> list[Overseen]:
    """Return the list by urgency: the veto class first, then what is overdue longest, then what is due soonest."""
    found = []
    for one in tickets:
        asked, policy = tuple(requests.get(one.id, ())), policies[one.policy_key]
        why = stuck(one, policy, asked, now)
        if why is not None:
            unit = directory.units.get(one.unit_id or 0)
            name = unit.name if unit else ""
            found.append(Overseen(ticket=one, why=why, unit=name, requests=asked, veto=policy.any_hour))
    # What has been overdue longest was due first.
    return sorted(found, key=lambda one: (not one.veto, one.ticket.due_at or FAR_FUTURE, one.ticket.id))
