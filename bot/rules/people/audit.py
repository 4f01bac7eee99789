"""What changed in the register, subject by subject, from what to what; numbers and addresses masked."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from storage.records import Directory

OWN = "inbox"  # an address the bot gives by itself
SHOWN = 2  # characters at each end of an address
Values = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterChange:
    """One unit, person or account, and each of its entries that changed: name -> (before, after)."""

    subject: str  # unit | person | account
    id: int
    name: str
    changed: Mapping[str, tuple[str, str]]


def register_changes(before: Directory, after: Directory, rephoned: Collection[int]) -> Iterator[RegisterChange]:
    """Compare two states of the register; `rephoned` are the people whose number changed, be the mask the same."""
    for subject, told in (("unit", _units), ("person", _people), ("account", _accounts)):
        was, now = told(before), told(after)
        for number, (name, values) in now.items():
            old = was[number][1] if number in was else {}
            changed = {
                key: (old.get(key, ""), values.get(key, ""))
                for key in sorted({*old, *values})
                if old.get(key, "") != values.get(key, "")
                or (subject == "person" and key == "phone" and number in rephoned)
            }
            if changed:
                yield RegisterChange(subject=subject, id=number, name=name, changed=changed)


def masked_address(address: str) -> str:
    """Hide the middle of an address on a channel: "zh****01"; what is short is hidden but for its first character."""
    return f"{address[:SHOWN]}****{address[-SHOWN:]}" if len(address) > 3 * SHOWN else f"{address[:1]}****"


def _units(register: Directory) -> dict[int, tuple[str, Values]]:
    return {
        unit.id: (
            unit.name,
            {
                "parent": _unit(unit.parent_id, register),
                "desk": "是" if unit.desk else "",
                "jurisdiction": unit.jurisdiction,
                "supervisors": "、".join(_person(one, register) for one in register.supervisors.get(unit.id, ())),
            },
        )
        for unit in register.units.values()
    }


def _people(register: Directory) -> dict[int, tuple[str, Values]]:
    found: dict[int, tuple[str, Values]] = {}
    for person in register.people.values():
        values = {"unit": _unit(person.unit_id, register), "active": "是" if person.active else "否"}
        values["phone"] = person.phone_mask
        for way in register.addresses.get(person.id, ()):
            if way.channel != OWN:
                values[f"address.{way.channel}"] = masked_address(way.address)
        found[person.id] = (person.name, values)
    return found


def _accounts(register: Directory) -> dict[int, tuple[str, Values]]:
    found: dict[int, tuple[str, Values]] = {}
    duties: dict[int, dict[str, str]] = {}
    for (number, role), person in register.duties.items():
        duties.setdefault(number, {})[str(role)] = _person(person, register)
    for account in register.accounts.values():
        values = {"unit": _unit(account.unit_id, register), "state": account.state, "name": account.name}
        found[account.id] = (account.name, {**values, **duties.get(account.id, {})})
    return found


def _unit(number: int | None, register: Directory) -> str:
    unit = register.units.get(number or 0)
    return unit.name if unit is not None else ""


def _person(number: int, register: Directory) -> str:
    person = register.people.get(number)
    return f"{person.name}（{_unit(person.unit_id, register)}）" if person is not None else ""
