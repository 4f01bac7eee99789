"""Whom people name: the account, unit or person a ticket is to go to, and who stands in for somebody."""

import re
from dataclasses import dataclass

from bot.rules.people.matching import name_key
from storage.records import Account, Directory, Person, Ticket, Unit

FRONT = re.compile(r"^(?:派|转)?(?:给|到|至|由|请|往)+")
BACK = re.compile(r"(?:处理|办理|负责|承办|接手)$")
BREAK = re.compile(r"[\s,\uff0c;\uff1b。.!\uff01:\uff1a、]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a ticket can go: an account with its people, or one person of a unit."""

    name: str  # as it is shown
    unit_id: int
    account: Account | None = None
    person: Person | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What a text names."""

    targets: tuple[Target, ...] = ()  # one: certain; several: the person has to say which; none: nobody of that name
    word: str = ""  # what was taken for the name
    rest: str = ""  # what else was said


def find_target(text: str, ticket: Ticket, directory: Directory) -> Named:
    """Return what a text such as "给市林业局，不是我单位的" names; the longest beginning that names anything counts."""
    said = FRONT.sub("", text.strip())
    for end in _ends(said):
        word = BACK.sub("", said[:end].strip())
        if word and (found := _named(name_key(word), ticket, directory)):
            return Named(targets=found, word=word, rest=BREAK.sub("", said[end : end + 1]) + said[end + 1 :].strip())
    return Named(word=BREAK.split(said)[0] if said else "")


def find_people(name: str, directory: Directory) -> list[Person]:
    """Return the active people of that name, or of that name and unit: "张三（市水利局）"."""
    wanted = name_key(name)
    active = (person for person in directory.people.values() if person.active)
    return [one for one in active if wanted in (name_key(one.name), name_key(full_name(one, directory)))]


def full_name(person: Person, directory: Directory) -> str:
    """Return a person's name with the unit, to tell people of one name apart."""
    return f"{person.name}（{directory.units[person.unit_id].name}）"


def _ends(said: str) -> list[int]:
    """Where the name can end, the whole text first."""
    return [len(said), *reversed([one.start() for one in BREAK.finditer(said)])]


def _named(key: str, ticket: Ticket, directory: Directory) -> tuple[Target, ...]:
    accounts = [
        account for account in directory.accounts.values() if account.state != "cancelled" and key in _keys_of(account)
    ]
    people = [_person(one, directory) for one in find_people(key, directory)]
    found = [*(_account(account, directory) for account in accounts), *people]
    return tuple(found) or _of_units(key, ticket, directory)


def _of_units(key: str, ticket: Ticket, directory: Directory) -> tuple[Target, ...]:
    """A unit means its account: the only one, or the only one on the ticket's platform; else every one it has."""
    exact = [one for one in directory.units.values() if name_key(one.name) == key]
    units = exact or [one for one in directory.units.values() if len(key) > 1 and name_key(one.name).endswith(key)]
    accounts = [one for unit in units for one in _accounts_of(unit, directory)]
    same = [account for account in accounts if account.platform == ticket.platform]
    chosen = same if len(same) == 1 else accounts
    if chosen:
        return tuple(_account(one, directory) for one in chosen)
    members = [
        person
        for person in directory.people.values()
        if person.active and person.unit_id in {unit.id for unit in units}
    ]
    return tuple(_person(member, directory) for member in members)


def _accounts_of(unit: Unit, directory: Directory) -> list[Account]:
    return [
        account for account in directory.accounts.values() if account.unit_id == unit.id and account.state == "active"
    ]


def _keys_of(account: Account) -> tuple[str, str]:
    return name_key(account.name), name_key(f"{account.name}（{account.platform}）")


def _account(account: Account, directory: Directory) -> Target:
    return Target(name=f"{account.name}（{account.platform}）", unit_id=account.unit_id, account=account)


def _person(person: Person, directory: Directory) -> Target:
    return Target(name=full_name(person, directory), unit_id=person.unit_id, person=person)
