"""Leave: from when to when, who stands in, and which tickets they get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rules.people.routing import desk, holder, in_power, stand_in, usable_addresses
from bot.rules.refused import MoveRefused
from storage.records import (
    Directory,
    Leave,
    LeaveNotification,
    MessageDraft,
    MessageKind,
    NotificationKind,
    Role,
    Ticket,
)

MAX_LEAVE = timedelta(days=366)  # what lies further ahead is mistyped


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """Who gets which of the tickets, and which nobody gets."""

    lists: Mapping[int, tuple[int, ...]]  # deputy -> ticket ids
    uncovered: tuple[Ticket, ...] = ()


def check(leave: Leave, directory: Directory, now: datetime) -> None:
    """Refuse a leave that is over, and a deputy who is the person, away meanwhile or cannot be reached."""
    if leave.ends_at <= max(leave.starts_at, now):
        raise MoveRefused("leave_over", end=leave.ends_at)
    if leave.ends_at > now + MAX_LEAVE:
        raise MoveRefused("leave_too_long")
    if leave.deputy_id is None:
        return
    deputy = directory.people[leave.deputy_id]
    if deputy.id == leave.person_id:
        raise MoveRefused("deputy_self")
    if away := overlapping(deputy.id, leave, directory):
        raise MoveRefused("deputy_on_leave", name=deputy.name, end=away.ends_at)
    if not usable_addresses(deputy.id, directory):
        raise MoveRefused("deputy_unreachable", name=deputy.name)


def may_note(noter: int, whose: int, directory: Directory, now: datetime) -> bool:
    """Whether somebody may note another's leave: the desk, and the leader of an account they work on."""
    acting = in_power(noter, directory, now)
    if not acting.isdisjoint(desk(directory)):
        return True
    led = {account for (account, role), person in directory.duties.items() if role == Role.LEADER and person in acting}
    return any(person == whose and account in led for (account, _role), person in directory.duties.items())


def overlapping(person_id: int, leave: Leave, directory: Directory) -> Leave | None:
    """Return the person's own leave that overlaps this one, if any."""
    own = directory.leaves.get(person_id, ())
    return next((one for one in own if one.starts_at < leave.ends_at and leave.starts_at < one.ends_at), None)


def cover(leave: Leave, tickets: Sequence[Ticket], directory: Directory) -> Cover:
    """Share out the tickets a person works on; without a deputy each goes to its other role.

    `directory` is the register with the leave in it; a B角 of a ticket that an A角 works on leaves no gap.
    """
    lists: dict[int, list[int]] = {}
    uncovered: list[Ticket] = []
    for ticket in tickets:
        duties = {directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)}
        works = holder(ticket, directory) == leave.person_id
        if not (works or (leave.deputy_id is not None and leave.person_id in duties)):
            continue
        who = stand_in(leave.person_id, ticket, directory, leave.starts_at)
        if who is not None and usable_addresses(who, directory):
            lists.setdefault(who, []).append(ticket.id)
        else:
            uncovered.append(ticket)
    return Cover(lists={who: tuple(ids) for who, ids in lists.items()}, uncovered=tuple(uncovered))


def tell(leave: Leave, leave_id: int, cover: Cover, not_before: datetime) -> tuple[MessageDraft, ...]:
    """Tell each deputy once, with the list."""
    lists = dict(cover.lists)
    if leave.deputy_id is not None:
        lists.setdefault(leave.deputy_id, ())
    return tuple(
        MessageDraft(
            intent=f"leave:{leave_id}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.NOTIFICATION,
            urgency=3,
            not_before=not_before,
            params=LeaveNotification(
                notice=NotificationKind.DEPUTY if ids else NotificationKind.DEPUTY_EMPTY,
                who=leave.person_id,
                since=leave.starts_at,
                until=leave.ends_at,
                tickets=ids,
            ),
        )
        for person_id, ids in lists.items()
    )


def tell_ended(person_id: int, deputies: Sequence[int], occurrence: str, now: datetime) -> tuple[MessageDraft, ...]:
    """Tell those who stood in that it is over."""
    return tuple(
        MessageDraft(
            intent=f"back:{person_id}:{occurrence}:p{one}",
            person_id=one,
            kind=MessageKind.NOTIFICATION,
            not_before=now,
            params=LeaveNotification(notice=NotificationKind.BACK, who=person_id),
        )
        for one in dict.fromkeys(deputies)
    )
