"""Checks a register file against itself and the register: what is taken, and why a row is not."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from bot.rules.people.matching import name_key
from bot.rules.people.roster import AccountRow, Checked, PersonKey, PersonRow, Roster, RowNote, UnitRow
from storage.records import Directory, Role

CANCELLED = "cancelled"
TITLES = {Role.PRIMARY: "A角", Role.BACKUP: "B角", Role.LEADER: "分管领导"}
HINTS = 50
UNITS, PEOPLE, ACCOUNTS = "单位", "人员", "账号"
DOUBLES = {
    UNITS: "重名，内容却不同，请只留一行",
    PEOPLE: "同单位同名，内容却不同；若是两个人请加以区别，如 姓名1、姓名2",
    ACCOUNTS: "重名，内容却不同：同一平台不能有两个同名账号，请只留一行",
}
_REFERENCE = re.compile(r"([^()]+)\((.+)\)")

T = TypeVar("T", UnitRow, PersonRow, AccountRow)


def check_roster(roster: Roster, directory: Directory) -> Checked:
    """Check every row against the file and the register; a row with an error is refused, the rest is taken."""
    return _Check(roster, directory).result()


class _Check:
    """Holds what is known so far while the rows are gone through: units, then people, then accounts."""

    def __init__(self, roster: Roster, directory: Directory) -> None:
        self.roster, self.directory = roster, directory
        self.refused: list[RowNote] = list(roster.unread)
        self.warnings: list[RowNote] = []
        self.units = {name_key(unit.name): unit.name for unit in directory.units.values()}
        self.people: dict[PersonKey, PersonKey] = {}  # keys of unit and name -> both as stored
        self.by_name: defaultdict[str, list[PersonKey]] = defaultdict(list)

    def result(self) -> Checked:
        units = self._check_units()
        people = self._check_people()
        self._know(people)
        supervisors = self._find_supervisors(units)
        accounts, duties = self._check_accounts()
        return Checked(
            units=tuple(units),
            people=tuple(people),
            accounts=tuple(accounts),
            duties=duties,
            supervisors=supervisors,
            refused=tuple(sorted(self.refused, key=_place)),
            warnings=tuple(sorted(self.warnings, key=_place)),
        )

    def _check_units(self) -> list[UnitRow]:
        rows = self._once(UNITS, self.roster.units, lambda row: name_key(row.name))
        stored = self.units
        self.units = {name_key(row.name): row.name for row in rows} | stored
        taken = [replace(row, name=self.units[name_key(row.name)]) for row in rows]
        # A refused unit may have been the one above another: look again until all fit.
        while wrong := self._wrong_parents(taken):
            for row in taken:
                self._refuse(UNITS, row.row, row.name, wrong.get(row.row, ""))
            taken = [row for row in taken if row.row not in wrong]
            self.units = {name_key(row.name): row.name for row in taken} | stored
        return [replace(row, parent=self.units[name_key(row.parent)]) if row.parent else row for row in taken]

    def _wrong_parents(self, rows: Iterable[UnitRow]) -> dict[int, str]:
        units = self.directory.units.values()
        above = {unit.name: self.directory.units[unit.parent_id].name for unit in units if unit.parent_id is not None}
        for row in rows:
            if row.parent is not None:
                above[row.name] = self.units.get(name_key(row.parent), "")
        return {row.row: why for row in rows if (why := self._wrong_parent(row, above))}

    def _wrong_parent(self, row: UnitRow, above: Mapping[str, str]) -> str:
        if not row.parent:
            return ""
        if name_key(row.parent) not in self.units:
            return f"上级单位“{row.parent}”{self._why_unknown(row.parent)}"
        seen, name = {row.name}, above.get(row.name, "")
        while name and name not in seen:
            seen.add(name)
            name = above.get(name, "")
        return f"上级单位“{row.parent}”又归“{row.name}”管，成了循环，请改正" if name == row.name else ""

    def _check_people(self) -> list[PersonRow]:
        taken = []
        for row in self.roster.people:
            unit = self.units.get(name_key(row.unit))
            if unit is None:
                self._refuse(PEOPLE, row.row, row.name, self._unknown_unit(row.unit))
            else:
                taken.append(replace(row, unit=unit))
        taken = self._once(PEOPLE, taken, lambda row: (row.unit, name_key(row.name)))
        stored = {_key(*self._key_of(person)): self.directory.people[person].name for person in self.directory.people}
        taken = [replace(row, name=stored.get(_key(row.unit, row.name), row.name)) for row in taken]
        return self._without_shared_addresses(taken)

    def _without_shared_addresses(self, rows: list[PersonRow]) -> list[PersonRow]:
        holders: defaultdict[tuple[str, str], dict[PersonKey, None]] = defaultdict(dict)
        gone = {(row.unit, row.name) for row in rows if row.active is False}
        for person_id, addresses in self.directory.addresses.items():
            person = self._key_of(person_id)
            # Who left gives the address back.
            if person not in gone and self.directory.people[person_id].active:
                for address in addresses:
                    holders[address.channel, address.address][person] = None
        for row in rows:
            for place in row.addresses.items():
                holders[place][row.unit, row.name] = None
        taken = []
        for row in rows:
            shared = [other for place in row.addresses.items() for other in holders[place]]
            others = [name for unit, name in shared if (unit, name) != (row.unit, row.name)]
            if others:
                self._refuse(PEOPLE, row.row, row.name, f"有一个渠道账号与“{others[0]}”的相同，请核对")
            else:
                taken.append(row)
        return taken

    def _know(self, rows: Iterable[PersonRow]) -> None:
        """Note who can be given a duty: the active people, by the file where it says so."""
        active = {self._key_of(one): self.directory.people[one].active for one in self.directory.people}
        for row in rows:
            active[row.unit, row.name] = active.get((row.unit, row.name), True) if row.active is None else row.active
        for person in (person for person, present in active.items() if present):
            self.people[_key(*person)] = person
            self.by_name[name_key(person[1])].append(person)

    def _find_supervisors(self, units: Iterable[UnitRow]) -> dict[str, tuple[PersonKey, ...]]:
        found: dict[str, tuple[PersonKey, ...]] = {}
        for row in units:
            people = [self._find(supervisor, row.name) for supervisor in row.supervisors or ()]
            wrong = [person for person in people if isinstance(person, str)]
            if wrong:
                self._refuse(UNITS, row.row, row.name, f"监督人员{wrong[0]}。单位已导入，监督人员没有改动")
            elif row.supervisors is not None:
                found[row.name] = tuple(person for person in people if not isinstance(person, str))
        return found

    def _check_accounts(self) -> tuple[list[AccountRow], dict[tuple[int, Role], PersonKey | None]]:
        taken: list[AccountRow] = []
        duties: dict[tuple[int, Role], PersonKey | None] = {}
        for row in self._once(ACCOUNTS, self.roster.accounts, lambda row: (row.platform, name_key(row.name))):
            unit = self.units.get(name_key(row.unit))
            if unit is None:
                self._refuse(ACCOUNTS, row.row, row.name, self._unknown_unit(row.unit))
                continue
            people = {role: self._find(who, unit) if who else None for role, who in row.duties.items()}
            wrong = self._wrong_duties(row, people)
            if wrong:
                self._refuse(ACCOUNTS, row.row, row.name, wrong)
                continue
            taken.append(replace(row, unit=unit))
            duties |= {(row.row, role): who for role, who in people.items() if not isinstance(who, str)}
        return taken, duties

    def _wrong_duties(self, row: AccountRow, people: Mapping[Role, PersonKey | str | None]) -> str:
        wrong = [f"{TITLES[role]}{who}" for role, who in people.items() if isinstance(who, str)]
        if wrong:
            return "；".join(wrong)
        after = self._stored_duties(row) | dict(people)
        primary, backup = after.get(Role.PRIMARY), after.get(Role.BACKUP)
        if row.state == CANCELLED:
            return ""
        if primary is None:
            return "没有A角，请补上"
        if primary == backup:
            return "A角和B角是同一个人，请改成两个人"
        if backup is None:
            self._warn(ACCOUNTS, row.row, row.name, "没有B角，A角不在时没有人接，请尽快补上")
        return ""

    def _stored_duties(self, row: AccountRow) -> dict[Role, PersonKey | str | None]:
        account = self.directory.account_keys.get((row.platform, name_key(row.name)), 0)
        held = {role: self.directory.duties.get((account, role)) for role in Role}
        return {role: self._key_of(who) for role, who in held.items() if who is not None}

    def _find(self, written: str, unit: str) -> PersonKey | str:
        """Return the person meant by “姓名” or “姓名（单位）”, those of the unit first; else what is wrong."""
        plain = unicodedata.normalize("NFKC", written).strip()
        named = _REFERENCE.fullmatch(plain)
        name, where = (named[1], named[2]) if named else (plain, unit)
        own = self.people.get(_key(where, name))
        if own or named:
            return own or f"“{written}”不在登记簿里，或那一行有错没有读进来"
        everywhere = self.by_name.get(name_key(name), [])
        if len(everywhere) == 1:
            return everywhere[0]
        if everywhere:
            return f"“{written}”有{len(everywhere)}位（{'、'.join(one for one, _ in everywhere)}），请写成 姓名（单位）"
        return f"“{written}”不在登记簿里，或那一行有错没有读进来"

    def _key_of(self, person_id: int) -> PersonKey:
        person = self.directory.people[person_id]
        return self.directory.units[person.unit_id].name, person.name

    def _unknown_unit(self, name: str) -> str:
        return f"单位“{name}”{self._why_unknown(name)}" if name else "没有写单位，请补上"

    def _why_unknown(self, name: str) -> str:
        if any(one.sheet == UNITS and name_key(one.name) == name_key(name) for one in self.refused[:HINTS]):
            return "自己的那一行有错，没有导入，请先改正那一行"
        return f"不在登记簿里{self._near_unit(name)}"

    def _near_unit(self, name: str) -> str:
        # Comparing with every unit takes milliseconds; a file full of unknown units needs no hint for each.
        near = difflib.get_close_matches(name_key(name), self.units, 1) if len(self.refused) < HINTS else []
        return f"，是不是“{self.units[near[0]]}”？" if near else ""

    def _once(self, sheet: str, rows: Iterable[T], key: Callable[[T], Hashable]) -> list[T]:
        """Leave each key once: equal rows count once, rows that contradict each other are all refused."""
        groups: defaultdict[Hashable, list[T]] = defaultdict(list)
        for row in rows:
            groups[key(row)].append(row)
        taken: list[T] = []
        for first, *others in groups.values():
            alike = all(replace(one, row=first.row) == first for one in others)
            taken += [first] if alike else []
            for one in others if alike else (first, *others):
                if alike:
                    self._warn(sheet, one.row, one.name, f"与第{first.row}行完全相同，只取一次")
                else:
                    where = "、".join(str(other.row) for other in (first, *others) if other is not one)
                    self._refuse(sheet, one.row, one.name, f"与第{where}行{DOUBLES[sheet]}")
        return taken

    def _refuse(self, sheet: str, row: int, name: str, reason: str) -> None:
        if reason:
            self.refused.append(RowNote(sheet=sheet, row=row, name=name, reason=reason))

    def _warn(self, sheet: str, row: int, name: str, reason: str) -> None:
        self.warnings.append(RowNote(sheet=sheet, row=row, name=name, reason=reason))


def _key(unit: str, name: str) -> PersonKey:
    return name_key(unit), name_key(name)


def _place(note: RowNote) -> tuple[int, int]:
    return (UNITS, PEOPLE, ACCOUNTS).index(note.sheet), note.row
