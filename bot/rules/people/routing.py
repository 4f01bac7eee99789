"""Who hears: audiences become people, by duty, leave, the tree of units, and whether anybody can be reached."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from storage.records import Address, Audience, Directory, Role, Ticket

ABOVE = (Audience.LEADER, Audience.SUPERVISOR, Audience.DESK)  # in turn, who hears when those below cannot be reached
INBOX = "inbox"
ONE_WAY = frozenset({INBOX, "mail", "robot"})  # what these take has told nobody: bot.channels says so of each
WORKERS = (Audience.HOLDER, Audience.PRIMARY, Audience.BACKUP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipients:
    """The people a step addresses, and why others are not among them."""

    people: tuple[int, ...]
    notes: tuple[str, ...] = ()  # keys of texts: "on_leave:12", "unreachable:7", "no_chat:7", "vacant:backup"


def audience(to: Iterable[Audience], ticket: Ticket, directory: Directory, now: datetime) -> Recipients:
    """Resolve audiences to reachable people, each once, in the order asked."""
    people: dict[int, None] = {}
    notes: dict[str, None] = {}
    for one in to:
        wanted = _RESOLVERS[one](ticket, directory)
        if not wanted:
            notes[f"vacant:{one}"] = None
        for person_id in wanted:
            present = _present(person_id, ticket, directory, now, notes)
            if present is not None:
                people[present] = None
    return Recipients(people=tuple(people), notes=tuple(notes))


def holder(ticket: Ticket, directory: Directory) -> int | None:
    """Return whoever works on the ticket: the one who took it, else the A角."""
    return ticket.holder_id or _duty(ticket, directory, Role.PRIMARY)


def desk(directory: Directory) -> tuple[int, ...]:
    """Return the active people of the municipal desk."""
    units = {unit.id for unit in directory.units.values() if unit.desk}
    return tuple(sorted(p.id for p in directory.people.values() if p.active and p.unit_id in units))


def supervisors(unit_id: int | None, directory: Directory) -> tuple[int, ...]:
    """Return who supervises the unit: its own, else those of the units above, else the desk."""
    return named_supervisors(unit_id, directory) or desk(directory)


def named_supervisors(unit_id: int | None, directory: Directory) -> tuple[int, ...]:
    """Return who is registered to supervise the unit or the nearest unit above that has somebody; empty: nobody."""
    seen: set[int] = set()
    while unit_id is not None and unit_id not in seen:
        seen.add(unit_id)
        active = tuple(p for p in directory.supervisors.get(unit_id, ()) if directory.people[p].active)
        if active:
            return active
        unit = directory.units.get(unit_id)
        unit_id = unit.parent_id if unit else None
    return ()


def supervised_units(person_id: int, directory: Directory) -> frozenset[int]:
    """Return the units whose tickets a person oversees, with everything below them."""
    roots = {unit for unit, people in directory.supervisors.items() if person_id in people}
    found: set[int] = set()
    while roots:
        found |= roots
        roots = {u.id for u in directory.units.values() if u.parent_id in roots} - found
    return frozenset(found)


def stood_in_for(person_id: int, directory: Directory, now: datetime) -> frozenset[int]:
    """Return those on leave who named this person and are still in office: their duties are this person's for now."""
    return frozenset(
        leave.person_id
        for leaves in directory.leaves.values()
        for leave in leaves
        if leave.deputy_id == person_id and leave.running(now) and directory.people[leave.person_id].active
    )


def in_power(person_id: int, directory: Directory, now: datetime) -> frozenset[int]:
    """Return whose powers a person has: their own, and those of absent colleagues of their unit or of one below it.

    A clerk who stands in for somebody above has their duties and not their powers.
    """
    person = directory.people.get(person_id)
    if person is None or not person.active:
        return frozenset()
    absent = stood_in_for(person_id, directory, now)
    return frozenset((person_id, *(one for one in absent if person.unit_id in _upwards(one, directory))))


def _upwards(person_id: int, directory: Directory) -> set[int]:
    """A person's unit and all above it."""
    seen: set[int] = set()
    unit_id: int | None = directory.people[person_id].unit_id
    while unit_id is not None and unit_id not in seen:
        seen.add(unit_id)
        unit = directory.units.get(unit_id)
        unit_id = unit.parent_id if unit else None
    return seen


def usable_addresses(person_id: int, directory: Directory) -> tuple[Address, ...]:
    """Return the usable addresses of an active person, the preferred first."""
    person = directory.people.get(person_id)
    if person is None or not person.active:
        return ()
    return tuple(address for address in directory.addresses.get(person_id, ()) if address.usable)


def reachable(person_id: int, directory: Directory) -> bool:
    """Whether an active person has a usable address where they count as told."""
    return any(address.channel not in ONE_WAY for address in usable_addresses(person_id, directory))


def why_unreachable(person_id: int, directory: Directory) -> str:
    """Return the note for somebody who is not told: who never had a chat has at most what tells nobody."""
    ways = directory.addresses.get(person_id, ())
    silent = ways and all(address.channel in ONE_WAY for address in ways)
    return f"no_chat:{person_id}" if silent else f"unreachable:{person_id}"


def on_leave(person_id: int, directory: Directory, now: datetime) -> bool:
    """Whether the person is on leave at this moment."""
    return any(leave.running(now) for leave in directory.leaves.get(person_id, ()))


def stand_in(person_id: int, ticket: Ticket, directory: Directory, now: datetime) -> int | None:
    """Return who does the work of a person on leave: the deputy named, else the other role, unless away as well."""
    person = directory.people.get(person_id)
    for leave in directory.leaves.get(person_id, ()):
        named = leave.deputy_id if leave.running(now) and person is not None and person.active else None
        if named is not None and not on_leave(named, directory, now):
            return named
    primary, backup = _duty(ticket, directory, Role.PRIMARY), _duty(ticket, directory, Role.BACKUP)
    other = {primary: backup, backup: primary}.get(person_id)
    return other if other is not None and not on_leave(other, directory, now) else None


def _present(person_id: int, ticket: Ticket, directory: Directory, now: datetime, notes: dict[str, None]) -> int | None:
    """The person, or who stands in for them on leave; None when nobody of them can be reached."""
    candidate: int | None = person_id
    if on_leave(person_id, directory, now):
        notes[f"on_leave:{person_id}"] = None
        candidate = stand_in(person_id, ticket, directory, now)
    if candidate is not None and usable_addresses(candidate, directory):
        if not reachable(candidate, directory):
            notes[why_unreachable(candidate, directory)] = None
        return candidate
    if candidate is not None:
        notes[why_unreachable(candidate, directory)] = None
    return None


def _duty(ticket: Ticket, directory: Directory, role: Role) -> int | None:
    if ticket.account_id is None:
        # A ticket of no account that was given to somebody is theirs alone.
        return ticket.holder_id if role == Role.PRIMARY else None
    return directory.duties.get((ticket.account_id, role))


def _one(role: Role) -> "Resolver":
    def resolve(ticket: Ticket, directory: Directory) -> tuple[int, ...]:
        found = _duty(ticket, directory, role)
        return () if found is None else (found,)

    return resolve


def _holder(ticket: Ticket, directory: Directory) -> tuple[int, ...]:
    found = holder(ticket, directory)
    return () if found is None else (found,)


def _other(ticket: Ticket, directory: Directory) -> tuple[int, ...]:
    both = (_duty(ticket, directory, Role.PRIMARY), _duty(ticket, directory, Role.BACKUP))
    return tuple(one for one in both if one is not None and one != holder(ticket, directory))


Resolver = Callable[[Ticket, Directory], tuple[int, ...]]

_RESOLVERS: dict[Audience, Resolver] = {
    Audience.PRIMARY: _one(Role.PRIMARY),
    Audience.BACKUP: _one(Role.BACKUP),
    Audience.LEADER: _one(Role.LEADER),
    Audience.SUPERVISOR: lambda ticket, directory: supervisors(ticket.unit_id, directory),
    Audience.DESK: lambda _ticket, directory: desk(directory),
    Audience.HOLDER: _holder,
    Audience.OTHER: _other,
}
