"""Takes a register file in: units, people, accounts, duties, supervisors, in one transaction; twice changes nothing."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from bot.actions.context import Context
from bot.actions.people import reach
from bot.actions.people.binding import farewell
from bot.actions.tickets.reassigning import follow
from bot.actions.work import Work, begin
from bot.rules.people.audit import register_changes
from bot.rules.people.matching import name_key
from bot.rules.people.roster import AccountRow, Checked, PersonKey, PersonRow, Roster, RowNote, UnitRow
from bot.rules.people.roster_check import check_roster
from bot.rules.people.routing import INBOX
from bot.sealing import Sealer, row_of_person
from storage.messages import outbox
from storage.people import addresses, register
from storage.records import (
    AccountDraft,
    AddressDraft,
    Directory,
    JournalDraft,
    JournalKind,
    MessageDraft,
    PersonDraft,
    SealedPhone,
    UnitDraft,
)
from storage.tickets import journal

OPERATOR = "operator"
# Lower is tried first: the chat people live in, then what may lie unread, last the list they must open themselves.
PREFERENCES = {"wecom": 10, "wechat": 20, "telegram": 30, "mail": 50, INBOX: 100}
OTHER_PREFERENCE = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many rows of one kind were new, different from what was stored, or the same."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterReport:
    """What became of a register file."""

    units: Count
    people: Count
    accounts: Count
    refused: tuple[RowNote, ...]
    warnings: tuple[RowNote, ...]
    reassigned: int = 0  # open tickets that are other people's now


def import_register(context: Context, sealer: Sealer, roster: Roster, by: str = "") -> RegisterReport:
    """Write what is in order and report every row; a second time changes nothing. `by` is the operator's account."""
    now = context.now()
    with begin(context) as work:
        before, numbers = work.directory, addresses.phone_indexes(work.conn)
        report = _Import(work, sealer).take(roster)
        reach.moved(work, before)
        counts = {name: asdict(getattr(report, name)) for name in ("units", "people", "accounts")}
        if any(count["new"] or count["changed"] for count in counts.values()):
            data = {**counts, "refused": len(report.refused)} | ({"by": by} if by else {})
            whole = JournalDraft(kind=JournalKind.REGISTER_IMPORTED, at=now, actor=OPERATOR, data=data)
            journal.write_system(work.conn, [whole, *_audited(work, before, numbers, by)])
            outbox.put(work.conn, _farewells(work, before), now)
    return report


def preview_register(context: Context, sealer: Sealer, roster: Roster) -> RegisterReport:
    """Say what `import_register` would do, and leave no trace."""
    with begin(context) as work:
        report = _Import(work, sealer).take(roster)
        work.conn.rollback()
        return report


def _audited(work: Work, before: Directory, numbers: Mapping[int, str], by: str) -> Iterator[JournalDraft]:
    """A line for each unit, person and account that changed: who changed what, from what to what."""
    fresh = addresses.phone_indexes(work.conn)
    rephoned = {person for person in {*numbers, *fresh} if numbers.get(person) != fresh.get(person)}
    for change in register_changes(before, work.directory, rephoned):
        data = {change.subject: change.id, "name": change.name, "by": by}
        changed = {key: list(pair) for key, pair in change.changed.items()}
        data["changed"] = changed
        yield JournalDraft(kind=JournalKind.REGISTER_CHANGED, at=work.now, actor="operator", data=data)


def _farewells(work: Work, before: Directory) -> list[MessageDraft]:
    """Tell every address that was replaced, at once and at any hour."""
    after = work.directory
    return [
        farewell(after.people[person], old.channel, old.address, work.now.isoformat())
        for person, ways in before.addresses.items()
        for old in ways
        for new in after.addresses.get(person, ())
        if old.usable and old.channel == new.channel != INBOX and old.address != new.address
    ]


class _Import:
    """One transaction: everything is compared with the register first, and only differences are written."""

    def __init__(self, work: Work, sealer: Sealer) -> None:
        self.work, self.conn, self.sealer, self.now = work, work.conn, sealer, work.now
        self.directory: Directory = register.load(work.conn)
        self.unit_ids = {unit.name: unit.id for unit in self.directory.units.values()}
        self.person_ids: dict[PersonKey, int] = {
            (self.directory.units[person.unit_id].name, person.name): person.id
            for person in self.directory.people.values()
        }

    def take(self, roster: Roster) -> RegisterReport:
        checked = check_roster(roster, self.directory)
        # 1. units, 2. people in them, 3. who supervises the units, 4. accounts of the units with their duties,
        # 5. the open tickets of those duties
        changed_units = self._write_units(checked.units)
        people = self._write_people(checked.people)
        changed_units |= self._write_supervisors(checked.supervisors)
        accounts = self._write_accounts(checked)
        known = {unit.name for unit in self.directory.units.values()}
        return RegisterReport(
            units=_count(known, (row.name for row in checked.units), changed_units),
            people=people,
            accounts=accounts,
            refused=checked.refused,
            warnings=checked.warnings,
            reassigned=follow(self.work, self.directory, OPERATOR),
        )

    def _write_units(self, rows: Iterable[UnitRow]) -> set[str]:
        new = [UnitDraft(name=row.name) for row in rows if row.name not in self.unit_ids]
        self.unit_ids |= register.save_units(self.conn, new) if new else {}
        changed = [draft for row in rows if (draft := self._unit_draft(row)) != self._stored_unit(row.name)]
        if changed:
            register.save_units(self.conn, changed)
        return {draft.name for draft in changed}

    def _unit_draft(self, row: UnitRow) -> UnitDraft:
        stored = self._stored_unit(row.name)
        return UnitDraft(
            name=row.name,
            parent_id=stored.parent_id if row.parent is None else self.unit_ids.get(row.parent),
            desk=stored.desk if row.desk is None else row.desk,
            jurisdiction=stored.jurisdiction if row.jurisdiction is None else row.jurisdiction,
        )

    def _stored_unit(self, name: str) -> UnitDraft:
        unit = self.directory.units.get(self.unit_ids[name])
        if unit is None:
            return UnitDraft(name=name)
        return UnitDraft(name=name, parent_id=unit.parent_id, desk=unit.desk, jurisdiction=unit.jurisdiction)

    def _write_people(self, rows: Iterable[PersonRow]) -> Count:
        known = set(self.person_ids)
        hashes = addresses.phone_indexes(self.conn)
        drafts = {(row.unit, row.name): self._person_draft(row, hashes) for row in rows}
        wanted = {key: draft for key, draft in drafts.items() if draft is not None}
        written = register.save_people(self.conn, wanted.values()) if wanted else {}
        units = {number: name for name, number in self.unit_ids.items()}
        self.person_ids |= {(units[unit], name): number for (unit, name), number in written.items()}
        bound = self._bind(rows)
        return _count(known, drafts, {*wanted, *bound})

    def _person_draft(self, row: PersonRow, hashes: Mapping[int, str]) -> PersonDraft | None:
        """Return what is to be written of a person; None when it is there already."""
        number = self.person_ids.get((row.unit, row.name), 0)
        stored = self.directory.people.get(number)
        active = row.active if row.active is not None else stored is None or stored.active
        phone: SealedPhone | None = None
        # Whoever left keeps no number: it was erased when their work was handed over.
        if row.phone and active and self.sealer.index(row.phone) != hashes.get(number):
            phone = self.sealer.sealed_phone(row.phone, row_of_person(self.unit_ids[row.unit], row.name))
        if stored is not None and stored.active == active and phone is None:
            return None
        return PersonDraft(name=row.name, unit_id=self.unit_ids[row.unit], active=active, phone=phone)

    def _bind(self, rows: Iterable[PersonRow]) -> set[PersonKey]:
        drafts, bound = [], set()
        for row in rows:
            number = self.person_ids[row.unit, row.name]
            stored = {one.channel: one.address for one in self.directory.addresses.get(number, ())}
            wanted = {**row.addresses} if INBOX in stored else {**row.addresses, INBOX: str(number)}
            for channel, address in wanted.items():
                if stored.get(channel) != address:
                    bound.add((row.unit, row.name))
                    drafts.append(self._address(number, channel, address))
        addresses.bind_all(self.conn, drafts)
        return bound

    def _address(self, person_id: int, channel: str, address: str) -> AddressDraft:
        preference = PREFERENCES.get(channel, OTHER_PREFERENCE)
        return AddressDraft(
            person_id=person_id, channel=channel, address=address, bound_at=self.now, preference=preference
        )

    def _write_supervisors(self, wanted: Mapping[str, tuple[PersonKey, ...]]) -> set[str]:
        changed = {}
        for name, people in wanted.items():
            unit, ids = self.unit_ids[name], sorted({self.person_ids[person] for person in people})
            if tuple(ids) != self.directory.supervisors.get(unit, ()):
                changed[name] = (unit, ids)
        register.set_supervisors(self.conn, dict(changed.values()))
        return set(changed)

    def _write_accounts(self, checked: Checked) -> Count:
        stored = {key: self.directory.accounts[number] for key, number in self.directory.account_keys.items()}
        ids = dict(self.directory.account_keys)
        keys = {row.row: (row.platform, name_key(row.name)) for row in checked.accounts}
        drafts = {keys[row.row]: self._account_draft(row) for row in checked.accounts}
        wanted = {key: draft for key, draft in drafts.items() if draft is not None}
        ids |= register.save_accounts(self.conn, wanted.values()) if wanted else {}
        duties = {}
        for (row, role), who in checked.duties.items():
            place, person = (ids[keys[row]], role), self.person_ids[who] if who else None
            if self.directory.duties.get(place) != person:
                duties[place] = person
        if duties:
            register.set_duties(self.conn, duties)
        touched = {account for account, _ in duties}
        return _count(stored, drafts, {*wanted, *(key for key in drafts if ids[key] in touched)})

    def _account_draft(self, row: AccountRow) -> AccountDraft | None:
        """Return what is to be written of an account; None when it is there already."""
        key = name_key(row.name)
        stored = self.directory.accounts.get(self.directory.account_keys.get((row.platform, key), 0))
        draft = AccountDraft(
            platform=row.platform,
            name=row.name,
            name_key=key,
            unit_id=self.unit_ids[row.unit],
            state=row.state or (stored.state if stored else "active"),
            verified_entity=row.verified_entity or (stored.verified_entity if stored else ""),
        )
        if stored is None:
            return draft
        there = (stored.name, stored.unit_id, stored.state, stored.verified_entity)
        return None if there == (draft.name, draft.unit_id, draft.state, draft.verified_entity) else draft


def _count(known: Iterable[object], rows: Iterable[object], changed: Container[object]) -> Count:
    before, now = set(known), list(rows)
    new = sum(row not in before for row in now)
    different = sum(row in before and row in changed for row in now)
    return Count(new=new, changed=different, unchanged=len(now) - new - different)
