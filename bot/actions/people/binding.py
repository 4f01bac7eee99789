"""Binding: a person proves who they are by a one-time code or their verified phone number."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.actions.context import Context
from bot.actions.messages.sealed import sealed_text
from bot.actions.people import bind_codes, reach
from bot.actions.work import Work, begin, read
from bot.rules.people.audit import masked_address
from bot.rules.people.routing import ONE_WAY, desk, reachable
from bot.sealing import PhoneInvalid, Sealer, read_phone, row_of_person
from storage.messages import outbox
from storage.people import addresses
from storage.records import (
    Address,
    AnswerTo,
    ContactNotification,
    Directory,
    JournalDraft,
    JournalKind,
    MessageDraft,
    MessageKind,
    NotificationKind,
    Person,
)
from storage.tickets import journal

CODE_TTL = timedelta(days=3)
OWN_CODE_TTL = timedelta(minutes=10)
CONFIRMATION_TTL = timedelta(days=7)  # so long a member may confirm; nobody is asked again before
MOBILE_DIGITS = 11
CONFIRM = "bind"  # goes before the code in the button that confirms


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    person: Person
    replaced: str | None  # the address on this channel that holds no longer


@dataclass(frozen=True, kw_only=True, slots=True)
class Unbound:
    """Somebody the register knows a mobile number of, but no address on a channel."""

    person: Person
    unit: str
    mobile: str = field(repr=False)  # 11 digits


Asking = Callable[[str], str]  # makes of a code the words that ask_to_confirm whether it is really the person


def new_code(context: Context, person_id: int, by: str = "") -> str:
    """Make a one-time code for a person; it holds for three days."""
    with begin(context) as work:
        return _code(work, person_id, CODE_TTL, "operator", by)


def own_code(work: Work, person_id: int) -> str:
    """Make a one-time code for somebody who is bound already, to be sent from another channel within minutes."""
    return _code(work, person_id, OWN_CODE_TTL, f"person:{person_id}")


def by_code(context: Context, code: str, channel: str, address: str) -> Bound | None:
    """Bind whoever the code belongs to; None for a code that is unknown, used, expired, or asked of another address.

    Whoever brings five wrong ones is locked out for an hour, and no code is good from there meanwhile.
    """
    with begin(context) as work:
        redeemed = bind_codes.redeem(work, code, channel, address)
        return None if redeemed is None else _bind(work, redeemed[0], channel, address, redeemed[1])


def by_phone(context: Context, sealer: Sealer, phone: str, channel: str, address: str) -> Bound | None:
    """Bind whoever is registered with the number the platform has verified; None when nobody is."""
    try:
        number = read_phone(phone)
    except PhoneInvalid:
        return None
    with begin(context) as work:
        person_id = addresses.person_by_phone(work.conn, sealer.index(number))
        return None if person_id is None else _bind(work, person_id, channel, address, "phone")


def unbound(context: Context, sealer: Sealer, channel: str) -> list[Unbound]:
    """Return whom a channel could find by number: nobody who is bound there, shares a number, or was asked lately."""
    with read(context) as work:
        directory = work.directory
        indexes = {
            one: index for one, index in addresses.phone_indexes(work.conn).items() if directory.people[one].active
        }
        shared = Counter(indexes.values())
        alone = [one for one, index in indexes.items() if shared[index] == 1 and not _bound(one, channel, directory)]
        asked = outbox.known_intents(
            work.conn, [_asked(channel, one, day) for one in alone for day in _lately(context)]
        )
        ids = [one for one in alone if not any(_asked(channel, one, day) in asked for day in _lately(context))]
        numbers = {one: _number(work, sealer, directory.people[one]) for one in sorted(ids)}
    mobiles = {directory.people[one]: number.removeprefix("+86") for one, number in numbers.items()}
    return [
        Unbound(person=person, unit=directory.units[person.unit_id].name, mobile=mobile)
        for person, mobile in mobiles.items()
        if len(mobile) == MOBILE_DIGITS and mobile.startswith("1")
    ]


def ask_to_confirm(context: Context, person_id: int, channel: str, address: str, words: Asking, label: str) -> bool:
    """Ask whoever is at an address to confirm that it is this person; False where somebody else is bound there.

    The code in the words binds that address alone.
    """
    now = context.now()
    with begin(context) as work:
        if addresses.person_at(work.conn, channel, address) is not None:
            return False
        code = bind_codes.draw(work, person_id, now + CONFIRMATION_TTL, channel, address)
        line = JournalDraft(
            kind=JournalKind.BIND_ASKED, at=now, actor="operator", data={"person": person_id, "channel": channel}
        )
        journal.write_system(work.conn, [line])
        intent = _asked(channel, person_id, now.date())
        draft = MessageDraft(
            intent=intent,
            person_id=person_id,
            kind=MessageKind.ANSWER,
            not_before=work.working().next_sending(now),
            params=sealed_text(
                context.sealer,
                intent,
                words(code),
                ((label, f"{CONFIRM}:{code}"),),
                AnswerTo(channel=channel, address=address),
            ),
        )
        outbox.put(work.conn, [draft], now)
    return True


def unreachable(context: Context, channel: str, address: str) -> None:
    """A person shut the door: their address is not used again until they are bound anew, and the desk is told."""
    now = context.now()
    with begin(context) as work:
        person_id = addresses.person_at(work.conn, channel, address)
        directory = work.directory
        ways = directory.addresses.get(person_id or 0, ())
        for way in ways:
            if way.channel == channel and way.usable:
                addresses.disable(work.conn, way.id)
                data = {"person": way.person_id, "channel": channel}
                line = JournalDraft(kind=JournalKind.UNREACHABLE, at=now, actor=f"person:{way.person_id}", data=data)
                journal.write_system(work.conn, [line])
                outbox.put(work.conn, contact_lost(way, now.isoformat(), directory), now)
        if ways:
            reach.lost(work, [ways[0].person_id])


def contact_lost(lost: Address, occurrence: str, directory: Directory) -> list[MessageDraft]:
    """Tell the desk that a contact must be put right."""
    return [
        MessageDraft(
            intent=f"contact:{lost.id}:{occurrence}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.NOTIFICATION,
            params=ContactNotification(
                notice=NotificationKind.CONTACT_LOST, person=lost.person_id, channel=lost.channel
            ),
        )
        for person_id in desk(directory)
        if person_id != lost.person_id
    ]


def bind(context: Context, person_id: int, channel: str, address: str, by: str = "") -> str | None:
    """Bind by the operator's own act; returns the address it replaces."""
    with begin(context) as work:
        return _bind(work, person_id, channel, address, "operator", by).replaced


def _number(work: Work, sealer: Sealer, person: Person) -> str:
    return sealer.unseal(addresses.sealed_phone(work.conn, person.id), row_of_person(person.unit_id, person.name))


def _bound(person_id: int, channel: str, directory: Directory) -> bool:
    return any(one.channel == channel and one.usable for one in directory.addresses.get(person_id, ()))


def _asked(channel: str, person_id: int, day: date) -> str:
    return f"bind_asked:{channel}:{day.isoformat()}:p{person_id}"


def _lately(context: Context) -> list[date]:
    return [(context.now() - timedelta(days=days)).date() for days in range(CONFIRMATION_TTL.days)]


def _code(work: Work, person_id: int, stands: timedelta, actor: str, by: str = "") -> str:
    now = work.now
    code = bind_codes.draw(work, person_id, now + stands)
    data: dict[str, object] = {"person": person_id} | ({"by": by} if by else {})
    journal.write_system(work.conn, [JournalDraft(kind=JournalKind.BIND_CODE, at=now, actor=actor, data=data)])
    return code


def _bind(work: Work, person_id: int, channel: str, address: str, proof: str, by: str = "") -> Bound:
    now, before = work.now, work.directory
    heard_before = reachable(person_id, before)
    loser = addresses.person_at(work.conn, channel, address)
    replaced = addresses.bind(work.conn, person_id, channel, address, now)
    person = work.directory.people[person_id]
    data: dict[str, object] = {"person": person_id, "channel": channel, "proof": proof, "to": masked_address(address)}
    data |= {"from": masked_address(replaced) if replaced else "", "replaced": replaced is not None}
    data |= {"by": by} if by else {}
    if loser not in (None, person_id):
        data["taken_from"] = loser
        lost = [way for way in before.addresses.get(loser or 0, ()) if way.channel == channel]
        outbox.put(work.conn, [one for way in lost for one in contact_lost(way, now.isoformat(), before)], now)
    actor = "operator" if by else f"person:{person_id}"
    journal.write_system(work.conn, [JournalDraft(kind=JournalKind.BOUND, at=now, actor=actor, data=data)])
    if replaced is not None:
        outbox.put(work.conn, [farewell(person, channel, replaced, now.isoformat())], now)
    if channel not in ONE_WAY and (replaced is not None or not heard_before):
        # Whoever binds is there; whoever is bound by the operator hears when messages go out.
        waits = work.working(person.unit_id).next_sending(now) if proof == "operator" else None
        reach.again(work, person_id, waits)
    return Bound(person=person, replaced=replaced)


def farewell(person: Person, channel: str, replaced: str, at: str) -> MessageDraft:
    """Tell the address that was replaced, at once and at any hour, in case somebody else did it."""
    return MessageDraft(
        intent=f"rebound:{channel}:p{person.id}:{at}",
        person_id=person.id,
        kind=MessageKind.NOTIFICATION,
        params=ContactNotification(
            notice=NotificationKind.REBOUND, person=person.id, to=AnswerTo(channel=channel, address=replaced)
        ),
    )
