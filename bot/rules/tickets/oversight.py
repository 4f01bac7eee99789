"""What those above should look at: overdue, past the target, taken by nobody, or waiting for their decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from storage.records import Directory, Policy, Request, Ticket, TicketState

FAR_FUTURE = datetime.max.replace(tzinfo=UTC)


class Stuck(IntEnum):
    """Why a ticket is on the list; the worst first."""

    OVERDUE = 0
    TARGET_PASSED = 1
    ASKED = 2  # a request waits for a decision
    NOT_TAKEN = 3  # a rung was climbed because nobody took it


@dataclass(frozen=True, kw_only=True, slots=True)
class Overseen:
    """A ticket on the list."""

    ticket: Ticket
    why: Stuck
    unit: str  # empty: on the desk's unmatched list
    requests: tuple[Request, ...] = ()


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
    """Return the list: by unit, those without one first, in each the worst first."""
    found = []
    for one in tickets:
        asked = tuple(requests.get(one.id, ()))
        why = stuck(one, policies[one.policy_key], asked, now)
        if why is not None:
            unit = directory.units.get(one.unit_id or 0)
            found.append(Overseen(ticket=one, why=why, unit=unit.name if unit else "", requests=asked))
    return sorted(found, key=lambda one: (one.unit, one.why, one.ticket.due_at or FAR_FUTURE, one.ticket.id))
