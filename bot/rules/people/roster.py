"""The words of a register file: its rows, what is wrong with them, and what is to be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.records import Role

PersonKey = tuple[str, str]  # unit and name, both as stored


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitRow:
    """A unit as written; None where the file has no such column, which leaves what is stored."""

    row: int
    name: str
    parent: str | None = None  # empty: none above
    jurisdiction: str | None = None
    desk: bool | None = None
    supervisors: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRow:
    """A person as written; a phone number is never shown."""

    row: int
    name: str
    unit: str
    phone: str = field(default="", repr=False)  # E.164; empty leaves what is stored
    active: bool | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)  # channel -> address


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountRow:
    """An account as written."""

    row: int
    platform: str
    name: str
    unit: str
    state: str | None = None
    verified_entity: str | None = None
    duties: Mapping[Role, str] = field(default_factory=dict)  # role -> person; empty: vacant; absent: as stored


@dataclass(frozen=True, kw_only=True, slots=True)
class RowNote:
    """What is wrong with a row, in Chinese."""

    sheet: str
    row: int
    name: str
    reason: str

    def __str__(self) -> str:
        """Say it in one line, as it is shown to whoever keeps the file."""
        who = f"“{self.name}”" if self.name else ""
        return f"“{self.sheet}”表第{self.row}行{who}：{self.reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """The rows of a register file, and those that could not be read."""

    units: tuple[UnitRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    unread: tuple[RowNote, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The rows that are taken, names as stored and references found; and what is told about the others."""

    units: tuple[UnitRow, ...]
    people: tuple[PersonRow, ...]
    accounts: tuple[AccountRow, ...]
    duties: Mapping[tuple[int, Role], PersonKey | None]  # row of the account, role; None: vacant
    supervisors: Mapping[str, tuple[PersonKey, ...]]  # by unit
    refused: tuple[RowNote, ...]
    warnings: tuple[RowNote, ...]
