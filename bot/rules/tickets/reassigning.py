"""A ticket under a changed register: whoever is A角, B角 or leader now gets it, whoever was hears that it is gone."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.rules.people.routing import Recipients, audience
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.rerouting import given, told_above, untaken
from storage.records import (
    REASSIGNED,
    Audience,
    Directory,
    DutyNotification,
    JournalDraft,
    JournalKind,
    MessageDraft,
    MessageKind,
    NotificationKind,
    Role,
    Ticket,
    TicketState,
)

WORKING_ROLES = (Role.PRIMARY, Role.BACKUP)
URGENCY = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyChange:
    """A duty that is somebody else's now; of a ticket given by hand the role is empty."""

    role: Role | None
    left: int | None
    to: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Relieved:
    """Somebody who was told of a ticket and whose duty for it is another's now."""

    person_id: int
    ticket: Ticket
    notice: NotificationKind
    receiver: int | None
    role: Role | None
    now: Role | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reassigned:
    """What a changed register means for one ticket."""

    decision: Decision
    relieved: tuple[Relieved, ...] = ()


def changed_accounts(before: Directory, after: Directory) -> set[int]:
    """Return the accounts with a duty that is somebody else's now; who left the office has none."""
    return {
        place[0]
        for place in before.duties.keys() | after.duties.keys()
        if _on_duty(place, before) != _on_duty(place, after)
    }


def leavers(before: Directory, after: Directory) -> set[int]:
    """Return those who worked here before the change and do not any more."""
    return {one.id for one in before.people.values() if one.active and not _active(one.id, after)}


def reassign(ticket: Ticket, before: Directory, told: Container[int], actor: str, scene: Scene) -> Reassigned | None:
    """Return what becomes of an open ticket; None where nobody of it changed.

    `before` is the register as it was, `told` are those who may have heard of the ticket.
    """
    changes = _changes(ticket, before, scene.directory)
    if not changes:
        return None
    after = _without(ticket, changes, scene.directory)
    gone = tuple(one.left for one in changes if one.left is not None and not _role_of(one.left, after, scene.directory))
    newcomers = _newcomers(after, changes, scene)
    messages = [*given(after, REASSIGNED, newcomers, scene, f"v{ticket.version}")] if newcomers else []
    if any(one.role == Role.LEADER for one in changes):
        known = {one.left for one in changes if one.left} | set(newcomers.people if newcomers else ())
        messages += told_above(after, Audience.LEADER, known, scene)
    decision = Decision(
        ticket=after,
        journal=tuple(_line(one, actor, scene) for one in changes),
        messages=tuple(messages),
        withdraw=gone,
    )
    heard = _Heard(told=told, receivers=newcomers.people if newcomers else ())
    return Reassigned(decision=decision, relieved=tuple(_relieved(ticket, after, changes, heard, scene)))


def tell_relieved(relieved: Iterable[Relieved], scenes: Mapping[int, Scene]) -> Iterator[MessageDraft]:
    """Yield one line for each person and successor, whatever the number of tickets; `scenes` are by ticket id."""
    by_reason = sorted(relieved, key=_reason)
    for _, group in groupby(by_reason, key=_reason):
        many = list(group)
        first, ids = many[0], tuple(one.ticket.id for one in many)
        yield MessageDraft(
            intent=f"{first.notice}:{first.role or ''}:t{first.ticket.id}v{first.ticket.version}:p{first.person_id}",
            person_id=first.person_id,
            kind=MessageKind.NOTIFICATION,
            ticket_id=first.ticket.id if len(ids) == 1 else None,
            step=first.notice,
            urgency=URGENCY,
            not_before=min(scenes[number].opening for number in ids),
            params=DutyNotification(
                notice=first.notice, tickets=ids, receiver=first.receiver, role=first.role or "", now=first.now or ""
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heard:
    told: Container[int]
    receivers: Sequence[int]  # who gets the ticket now


def _changes(ticket: Ticket, before: Directory, after: Directory) -> tuple[DutyChange, ...]:
    account = ticket.account_id
    places = [(account, role) for role in Role] if account is not None else []
    found = [
        DutyChange(role=place[1], left=_on_duty(place, before), to=_on_duty(place, after))
        for place in places
        if _on_duty(place, before) != _on_duty(place, after)
    ]
    held = ticket.holder_id
    lost = held is not None and _active(held, before) and not _active(held, after)
    if lost and held not in {one.left for one in found}:
        found.append(DutyChange(role=None, left=held, to=None))
    return tuple(found)


def _without(ticket: Ticket, changes: Sequence[DutyChange], directory: Directory) -> Ticket:
    """The ticket without the hands it was in, where they have nothing to do with it any more."""
    change = next((one for one in changes if one.left is not None and one.left == ticket.holder_id), None)
    if change is None or (_duty_of(change.left, ticket, directory) and _active(change.left, directory)):
        return ticket
    # The A角 is whose work it is without anybody named.
    holder = change.to if change.role == Role.BACKUP else None
    fresh = untaken(ticket) if ticket.state == TicketState.ACKNOWLEDGED else ticket
    return replace(fresh, holder_id=holder)


def _newcomers(ticket: Ticket, changes: Sequence[DutyChange], scene: Scene) -> Recipients | None:
    """Who gets the whole ticket: the new ones; where there is none to work on it, the other role, else those above."""
    wanted = [Audience(one.role) for one in changes if one.role in WORKING_ROLES and one.to is not None]
    lost = any(one.role in (Role.PRIMARY, None) and one.to is None for one in changes)
    if not wanted and not lost:
        return None
    to = audience(wanted or (Audience.PRIMARY,), ticket, scene.directory, scene.now)
    if to.people:
        return to
    instead = audience((Audience.BACKUP,), ticket, scene.directory, scene.now)
    return Recipients(people=instead.people, notes=tuple(dict.fromkeys((*to.notes, *instead.notes))))


def _relieved(
    before: Ticket, after: Ticket, changes: Sequence[DutyChange], heard: _Heard, scene: Scene
) -> Iterator[Relieved]:
    """Those who were told, still work here and have the duty no more; the first change that concerns them counts."""
    seen = set[int]()
    for change in changes:
        left = change.left
        took = left in (before.acknowledged_by, before.holder_id)
        if left is None or left in seen or not _active(left, scene.directory) or not (took or left in heard.told):
            continue
        seen.add(left)
        now = _duty_of(left, after, scene.directory)
        instead = next((one for one in heard.receivers if one != left), None) if change.role != Role.LEADER else None
        receiver = change.to or instead
        if now is not None:
            notice = NotificationKind.DUTY_CHANGED
        else:
            notice = NotificationKind.RELIEVED if receiver else NotificationKind.RELIEVED_VACANT
        yield Relieved(person_id=left, ticket=before, notice=notice, receiver=receiver, role=change.role, now=now)


def _line(change: DutyChange, actor: str, scene: Scene) -> JournalDraft:
    people = scene.directory.people
    names = {name: people[who].name for name, who in (("left", change.left), ("name", change.to)) if who is not None}
    data: dict[str, object] = {"role": change.role or "holder", **names}
    return JournalDraft(kind=JournalKind.REASSIGNED, at=scene.now, actor=actor, data=data)


def _reason(one: Relieved) -> tuple[int, str, int, str, str]:
    return one.person_id, one.notice, one.receiver or 0, one.role or "", one.now or ""


def _role_of(person_id: int, ticket: Ticket, directory: Directory) -> bool:
    """Whether the person still has a part in the ticket."""
    if not _active(person_id, directory):
        return False
    return person_id == ticket.holder_id or _duty_of(person_id, ticket, directory) is not None


def _duty_of(person_id: int | None, ticket: Ticket, directory: Directory) -> Role | None:
    account = ticket.account_id or 0
    return next((role for role in Role if person_id and directory.duties.get((account, role)) == person_id), None)


def _on_duty(place: tuple[int, Role], directory: Directory) -> int | None:
    person_id = directory.duties.get(place)
    return person_id if person_id is not None and _active(person_id, directory) else None


def _active(person_id: int | None, directory: Directory) -> bool:
    person = directory.people.get(person_id or 0)
    return person is not None and person.active
