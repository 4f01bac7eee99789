"""A ticket under a changed register: whoever is A角, B角 or leader now gets it, whoever was hears that it is gone."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.rules.people.routing import Recipients, audience
from bot.rules.tickets.access import workers
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


def reassign(ticket: Ticket, before: Directory, told: Iterable[int], actor: str, scene: Scene) -> Reassigned | None:
    """Return what becomes of an open ticket; None where nobody of it changed.

    `before` is the register as it was, `told` are those who may have heard of the ticket.
    """
    changes = _changes(ticket, before, scene.directory)
    if not changes:
        return None
    after = _without(ticket, changes, before, scene)
    gone = workers(ticket, before, scene.now) - workers(after, scene.directory, scene.now)
    gone |= {one.left for one in changes if one.left is not None and not _active(one.left, scene.directory)}
    newcomers = _newcomers(after, changes, scene)
    messages = [*given(after, REASSIGNED, newcomers, scene, f"v{ticket.version}")] if newcomers else []
    if any(one.role == Role.LEADER for one in changes):
        known = {one.left for one in changes if one.left} | set(newcomers.people if newcomers else ())
        # The ticket as it was: that nobody took it is said only where that was so before.
        messages += told_above(ticket, Audience.LEADER, known, scene)
    decision = Decision(
        ticket=after,
        journal=tuple(_line(one, actor, scene) for one in changes),
        messages=tuple(messages),
        withdraw=tuple(sorted(gone)),
    )
    known_to = {one for one in (ticket.holder_id, ticket.acknowledged_by, *told) if one is not None}
    heard = _Heard(told=known_to, gone=gone, receivers=newcomers.people if newcomers else ())
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
    gone: Container[int]  # who has no part in the ticket any more
    receivers: Sequence[int]  # who gets it now


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


def _without(ticket: Ticket, changes: Sequence[DutyChange], before: Directory, scene: Scene) -> Ticket:
    """The ticket without the hands it was in, where a duty or a deputyship for it gave it to them and does no more."""
    held, bare = ticket.holder_id, replace(ticket, holder_id=None)
    if held is None:
        return ticket
    lost = held in workers(bare, before, scene.now) and held not in workers(bare, scene.directory, scene.now)
    if not lost and _active(held, scene.directory):
        return ticket
    # The A角 is whose work it is without anybody named.
    backup = next((one for one in changes if one.role == Role.BACKUP), None)
    theirs = backup is not None and held in (backup.left, *_deputies(backup.left, scene))
    fresh = untaken(ticket) if ticket.state == TicketState.ACKNOWLEDGED else ticket
    return replace(fresh, holder_id=backup.to if backup is not None and theirs else None)


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
        instead = () if change.role == Role.LEADER else heard.receivers
        for person_id in _concerned(change, scene):
            now = _duty_of(person_id, after, scene.directory)
            unconcerned = now is None and person_id not in heard.gone
            if person_id in seen or person_id not in heard.told or unconcerned:
                continue
            seen.add(person_id)
            receiver = change.to or next((one for one in instead if one != person_id), None)
            notice = NotificationKind.DUTY_CHANGED if now else _gone_to(receiver)
            yield Relieved(
                person_id=person_id, ticket=before, notice=notice, receiver=receiver, role=change.role, now=now
            )


def _concerned(change: DutyChange, scene: Scene) -> Iterator[int]:
    """Whoever had the duty, and the deputies they named for a leave that runs; who left the office hears nothing."""
    people = (change.left, *_deputies(change.left, scene))
    yield from (one for one in people if one is not None and _active(one, scene.directory))


def _deputies(person_id: int | None, scene: Scene) -> list[int]:
    leaves = scene.directory.leaves.get(person_id or 0, ())
    return [leave.deputy_id for leave in leaves if leave.deputy_id is not None and leave.running(scene.now)]


def _gone_to(receiver: int | None) -> NotificationKind:
    return NotificationKind.RELIEVED_VACANT if receiver is None else NotificationKind.RELIEVED


def _line(change: DutyChange, actor: str, scene: Scene) -> JournalDraft:
    people = scene.directory.people
    names = {name: people[who].name for name, who in (("left", change.left), ("name", change.to)) if who is not None}
    data: dict[str, object] = {"role": change.role or "holder", **names}
    return JournalDraft(kind=JournalKind.REASSIGNED, at=scene.now, actor=actor, data=data)


def _reason(one: Relieved) -> tuple[int, str, int, str, str]:
    return one.person_id, one.notice, one.receiver or 0, one.role or "", one.now or ""


def _duty_of(person_id: int | None, ticket: Ticket, directory: Directory) -> Role | None:
    account = ticket.account_id or 0
    return next((role for role in Role if person_id and directory.duties.get((account, role)) == person_id), None)


def _on_duty(place: tuple[int, Role], directory: Directory) -> int | None:
    person_id = directory.duties.get(place)
    return person_id if person_id is not None and _active(person_id, directory) else None


def _active(person_id: int | None, directory: Directory) -> bool:
    person = directory.people.get(person_id or 0)
    return person is not None and person.active
